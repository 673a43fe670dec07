"""What is reached under the storage host: results of bulk operations, in ranges too, and uploads of variables.

`server` mounts it. Needs no token: whoever has the signed address or the signed fields is let in, as at Google.
"""

import hashlib
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

from flask import Blueprint, Response, abort, current_app, request, send_from_directory
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from dev_store import faulty, files
from dev_store.files import NotReadable, Upload, UploadRefused
from dev_store.store import DevStore

_CHUNK = 64 * 1024

blueprint = Blueprint("files", __name__)


@blueprint.get("/bulk/<name>")
def bulk_result(name: str) -> Response:
    """A bulk operation's result; ranges of it too, so that a broken download can go on."""
    store = _store()

    def answer() -> Response:
        try:
            store.files.check_readable(name, request.args.get("Signature", ""))
        except NotReadable as refused:
            return _refusal(refused.status)
        return send_from_directory(store.files.directory, name, mimetype="application/jsonl", conditional=True)

    return faulty.answered(store, "files", None, lambda _: answer())


@blueprint.post("/")
def upload() -> Response:
    """A file and, before it, every field its target was given with."""
    store = _store()
    # What the fault hits is the answer: the form is read before, or the connection could not go on.
    taken = _take_in(store)
    return faulty.answered(store, "uploads", None, lambda _: taken())


def _store() -> DevStore:
    store: DevStore = current_app.extensions["dev_store"]
    if request.host.partition(":")[0] != files.HOST:
        abort(404)
    return store


def _take_in(store: DevStore) -> Callable[[], Response]:
    fields: dict[str, str] = {}
    name, target, digest = "", None, hashlib.md5(usedforsecurity=False)
    out = None
    for event in _events():
        match event:
            case Field():
                name, fields[event.name] = event.name, ""
            case File() if event.name == "file" and target is None:
                # Fields behind the file are not looked at, as at Google.
                try:
                    target = store.files.accept(fields)
                except UploadRefused:
                    return lambda: _refusal(403)
                out = target.path.open("wb")
            case File():
                name = ""
            case Data() if out is not None:
                digest.update(event.data)
                out.write(event.data)
                if not event.more_data:
                    out.close()
                    break
            case Data() if name:
                fields[name] += event.data.decode()
    if target is None:
        return lambda: _refusal(400)
    return lambda: _created(target, digest.hexdigest())


def _events() -> Iterator[Event]:
    boundary = request.mimetype_params.get("boundary", "")
    if request.mimetype != "multipart/form-data" or not boundary:
        return
    decoder = MultipartDecoder(boundary.encode())
    while chunk := request.stream.read(_CHUNK):
        decoder.receive_data(chunk)
        yield from _ready(decoder)
    decoder.receive_data(None)
    yield from _ready(decoder)


def _ready(decoder: MultipartDecoder) -> Iterator[Event]:
    while not isinstance(event := decoder.next_event(), NeedData):
        yield event
        if isinstance(event, Epilogue):
            return


def _created(target: Upload, etag: str) -> Response:
    target.arrived = True
    key = escape(target.key)
    body = (
        "<?xml version='1.0' encoding='UTF-8'?><PostResponse>"
        f"<Location>https://storage.googleapis.com/shopify-staged-uploads/{key}</Location>"
        f'<Bucket>shopify-staged-uploads</Bucket><Key>{key}</Key><ETag>"{etag}"</ETag></PostResponse>'
    )
    return Response(body, 201, mimetype="application/xml")


def _refusal(status: int) -> Response:
    code = {400: "InvalidArgument", 403: "AccessDenied", 404: "NoSuchKey"}[status]
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return Response(body, status, mimetype="application/xml")
