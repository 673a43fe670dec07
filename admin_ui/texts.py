"""The texts of the page's scripts in the merchant's language, as one script that may be kept for ever.

The layout loads it before the others when the language is not the one they are written in; static/texts.js reads it.
"""

import hashlib
import json
from functools import cache

from babel.messages import pofile
from flask import Blueprint, Response, abort, url_for

from admin_ui import language
from plugin.language import LANGUAGES, catalogue

YEAR_SECONDS = 365 * 86_400
# Where the texts that scripts say were found: the catalogue names the files.
SCRIPTS = "admin_ui/static/"

blueprint = Blueprint("admin_texts", __name__, url_prefix="/app/static")


def address() -> str | None:
    """Where the current language's texts are; None for the one the scripts are written in."""
    code = language.current().code
    if code == LANGUAGES[0]:
        return None
    return url_for("admin_texts.texts", version=_version(code), code=code)


@blueprint.get("/<version>/texts.<code>.js")
def texts(version: str, code: str) -> Response:
    """What scripts say, by what they would say in English; its address changes with its content."""
    if code not in LANGUAGES[1:]:
        abort(404)
    answer = Response(_script(code), mimetype="text/javascript")
    # During a deployment an old page may ask a new server: it gets the new file, and must not keep it as the old one.
    kept = f"public, max-age={YEAR_SECONDS}, immutable" if version == _version(code) else "no-cache"
    answer.headers["Cache-Control"] = kept
    return answer


@cache
def _version(code: str) -> str:
    return hashlib.sha256(_script(code).encode()).hexdigest()[:12]


@cache
def _script(code: str) -> str:
    with catalogue(code).open("rb") as written:
        found = pofile.read_po(written, locale=code)
    said = {}
    for message in found:
        if message.id and any(path.startswith(SCRIPTS) for path, _ in message.locations):
            # Of several forms the first one is looked up, as the catalogue itself does.
            said[message.id if isinstance(message.id, str) else message.id[0]] = message.string
    return f"window.regularsTexts = {json.dumps(said, ensure_ascii=False, separators=(',', ':'))};\n"
