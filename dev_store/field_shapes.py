"""How fields of the Admin API are shown whose values are there already: ids, instants, attributes, pages, counts.

`fields` says which field is which.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from dev_store import connections, ids, resolvers
from dev_store.resolvers import Asked

Resolver = Callable[..., Any]

COUNT_LIMIT = 10_000


def instant(at: datetime | None) -> str | None:
    """An instant as the API writes it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z" if at else None


def same(source: Any, _: Asked) -> Any:
    """The record itself, shown by the fields of its own type."""
    return source


def item(name: str) -> Resolver:
    """What stands under this name."""
    return lambda source, _: source[name]


def attribute(name: str) -> Resolver:
    """An attribute of the record."""
    return lambda source, _: getattr(source, name)


def gid(kind: str) -> Resolver:
    """The global id of a record."""
    return lambda source, _: ids.gid(kind, source.id)


def edges(page: connections.Page, _: Asked) -> list[tuple[connections.Page, Any]]:
    """The nodes of a page, each with the page that makes its cursor."""
    return [(page, node) for node in page.nodes]


def first_cursor(page: connections.Page, _: Asked) -> str | None:
    """The cursor of the first node."""
    return page.cursor(page.nodes[0]) if page.nodes else None


def last_cursor(page: connections.Page, _: Asked) -> str | None:
    """The cursor of the last node."""
    return page.cursor(page.nodes[-1]) if page.nodes else None


def count(list_all: Resolver) -> Resolver:
    """How many nodes there are, counted up to a limit."""

    def resolve(
        source: Any, asked: Asked, limit: int | None = COUNT_LIMIT, query: str | None = None, **_: Any
    ) -> tuple[int, str]:
        total = len(list_all(source, asked, query=query))
        return (limit, "AT_LEAST") if limit is not None and total > limit else (total, "EXACT")

    return resolve


def found(kind: str) -> Resolver:
    """The record of one kind with an id."""

    def resolve(source: Any, asked: Asked, id: str) -> Any:  # noqa: A002 - the argument's name in the API
        parsed = ids.parse(id)
        if parsed is None or parsed[0] != kind:
            raise GraphQLError("invalid id", extensions={"code": "RESOURCE_NOT_FOUND"})
        return resolvers.find_node(source, asked, id)

    return resolve


def find_all(source: Any, asked: Asked, ids: list[str]) -> list[Any]:
    """The records with these ids, None for those that are not there."""
    return [resolvers.find_node(source, asked, each) for each in ids]
