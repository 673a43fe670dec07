"""Pages of a connection: first/last, after/before, reverse, cursors. `resolvers` uses it for every connection."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

LARGEST_PAGE = 250


@dataclass(frozen=True, slots=True)
class Page:
    """One page of nodes, in order, with what lies beyond it."""

    nodes: Sequence[Any]
    key: Callable[[Any], tuple[Any, int]]
    has_next: bool
    has_previous: bool

    def cursor(self, node: Any) -> str:
        """The cursor of one of the page's nodes."""
        value, number = self.key(node)
        text = json.dumps({"last_id": number, "last_value": value}, default=str)
        return base64.b64encode(text.encode()).decode()


def page(
    nodes: Sequence[Any],
    key: Callable[[Any], tuple[Any, int]],
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    reverse: bool = False,
    largest: int = LARGEST_PAGE,
) -> Page:
    """Cut a page out of `nodes`; `key` sorts them and makes their cursors."""
    size = _size(first, last, largest)
    ordered = sorted(nodes, key=key, reverse=reverse)
    start = _position(ordered, after, key) + 1 if after else 0
    end = _position(ordered, before, key) if before else len(ordered)
    if first is None:
        start = max(start, end - size)
    else:
        end = min(end, start + size)
    return Page(ordered[start:end], key, has_next=end < len(ordered), has_previous=start > 0)


def _size(first: int | None, last: int | None, largest: int) -> int:
    if (first is None) == (last is None):
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    size = first if first is not None else (last or 0)
    if not 0 <= size <= largest:
        raise GraphQLError(
            f"A page holds at most {largest} nodes, {size} were asked for",
            extensions={"code": "BAD_REQUEST"},
        )
    return size


def _position(ordered: Sequence[Any], cursor: str, key: Callable[[Any], tuple[Any, int]]) -> int:
    try:
        number = json.loads(base64.b64decode(cursor, validate=True))["last_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.") from error
    for position, node in enumerate(ordered):
        if key(node)[1] == number:
            return position
    raise GraphQLError("Invalid cursor for current pagination sort.")
