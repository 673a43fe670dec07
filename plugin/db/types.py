"""Column types and identifiers that mean the same on SQLite and PostgreSQL."""

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime kept as whole microseconds since 1970: exact, ordered, what the engine computes in.

    SQLite has no time type and forgets time zones; an integer cannot lose either.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else from_microseconds(value)


class Day(TypeDecorator[date]):
    """A date of a shop's own calendar, kept as whole days since 1970."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - EPOCH.date()).days

    def process_result_value(self, value: Any | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        return None if value is None else EPOCH.date() + timedelta(days=value)


def to_microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970; a naive datetime is a programming error."""
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone")
    return (instant - EPOCH) // MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The UTC datetime `microseconds` after 1970."""
    return EPOCH + microseconds * MICROSECOND


def new_id() -> int:
    """A row id that needs no sequence: keys start with shop_id, and SQLite counts up only single-column keys."""
    return secrets.randbits(62) + 1


def new_ids(count: int) -> list[int]:
    """Many of them at once, one behind the other: rows that are written together stand together in an index."""
    first = new_id()
    return list(range(first, first + count))
