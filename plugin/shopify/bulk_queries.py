"""Bulk queries: starting one, finding it again, and reading its JSONL file from any place on and never as a whole.

How an operation stands is plugin.shopify.bulk_operations' business.
Reference: https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import msgspec

from plugin.shopify import bulk_operations, errors
from plugin.shopify.admin_api import AdminClient, document

Node = dict[str, Any]
Grouped = Iterable[tuple[Node, list[Node]]]

CHILD = b'"__parentId"'
# What storage answers for an address that has expired or was never right.
NOT_THERE = {400, 401, 403, 404, 410}


class ResultGone(errors.ShopUnavailable):
    """The file cannot be had at this address (any more)."""


def start(client: AdminClient, query: str) -> str:
    """Start a bulk query and return the operation's global id. Not repeated after a lost answer: `find` finds it.

    OperationInProgress when all of the shop's places are taken, UserErrors for any other refusal.
    """
    data = client.execute(document("bulk_operation_run_query"), {"query": query}, again=False)
    return bulk_operations.started(data["bulkOperationRunQuery"])


def find(client: AdminClient, query: str, since: datetime) -> str | None:
    """The operation that was started with this text since an instant, if there is one."""
    made = bulk_operations.newest(client, "query", since)
    return next((str(each["id"]) for each in made if each["query"].split() == query.split()), None)


def blocks(http: httpx.Client, url: str, offset: int, size: int) -> Iterator[tuple[bytes, int]]:
    """A file made with groupObjects, block by block: lines of whole objects with their children, and the offset behind.

    Begins at `offset`, which must be 0 or one that was yielded before; a block has at least `size` bytes of the file.
    Raises ShopUnavailable when the download breaks off.
    """
    waiting: list[bytes] = []
    length = 0
    for piece in _pieces(http, url, offset, size):
        waiting.append(piece)
        length += len(piece)
        if length < size:
            continue
        whole = b"".join(waiting)
        end = _end_of_whole_objects(whole)
        if end:
            offset += end
            yield whole[:end], offset
        waiting, length = [whole[end:]], len(whole) - end
    if length:
        yield b"".join(waiting), offset + length


def objects(block: bytes) -> Grouped:
    """The objects of a block, each with its children; they can be read once."""
    read = msgspec.json.Decoder(Node).decode
    parent, children = None, list[Node]()
    # One after the other: all of them at once would keep the garbage collector busy for longer than the reading takes.
    for line in io.BytesIO(block):
        if line == b"\n":
            continue
        try:
            node = read(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise errors.ShopUnavailable("A bulk result holds a line that is no object") from error
        above = node.get("__parentId")
        if above is None:
            if parent is not None:
                yield parent, children
            parent, children = node, []
        elif parent is not None and above == parent["id"]:
            children.append(node)
        else:
            # groupObjects promises children right behind their parent; others would be counted for the wrong one.
            raise errors.QueryRefused("A bulk result is not grouped by object")
    if parent is not None:
        yield parent, children


def _end_of_whole_objects(block: bytes) -> int:
    """Where the last top-level object begins, whose children may not all have come; 0 if it is the only one."""
    end = block.rfind(b"\n") + 1
    while end > 0:
        start = block.rfind(b"\n", 0, end - 1) + 1
        if block.find(CHILD, start, end) < 0:
            return start
        end = start
    return 0


def _pieces(http: httpx.Client, url: str, offset: int, size: int) -> Iterator[bytes]:
    with _download(http, url, offset) as response:
        if response.status_code == 416:  # nothing lies behind the offset
            return
        # A server may send the whole file all the same.
        behind = offset if response.status_code == 200 else 0
        for piece in response.iter_bytes():
            for start in range(behind, len(piece), size):
                yield piece[start : start + size]
            behind = max(0, behind - len(piece))


@contextmanager
def _download(http: httpx.Client, url: str, offset: int) -> Iterator[httpx.Response]:
    # Places in a packed file would not be places in the file.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    try:
        with http.stream("GET", url, headers=headers) as response:
            if response.status_code in NOT_THERE:
                raise ResultGone(f"A bulk result is not there: {response.status_code}")
            if response.status_code not in {200, 206, 416}:
                raise errors.ShopUnavailable(f"A bulk result could not be fetched: {response.status_code}")
            yield response
    except httpx.HTTPError as error:
        raise errors.ShopUnavailable(f"A bulk result broke off: {type(error).__name__}") from error
