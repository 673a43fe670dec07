"""What orders the payloads of one order or product: newest wins. Versions are texts, which both databases compare."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, func

from plugin.db.models import Order

DIGITS = 20
# Where the second part begins, the instant of the message: behind the first one and a bar, counted from 1 as SQL does.
SEEN_AT_STARTS = DIGITS + 2


def of(updated_at: datetime, seen_at: datetime, message_id: str) -> str:
    """The version of a payload: of the same second the one that Shopify sent later is newer.

    `updated_at` has whole seconds, and a paid order is often updated twice in one; `message_id` only breaks what is
    left of ties, so that every order of arrival ends the same.
    """
    return f"{_digits(updated_at)}|{_digits(seen_at)}|{message_id}"[:320]


def ending(seen_at: datetime, message_id: str) -> str:
    """What all versions of a list have behind the instant of each object."""
    return f"|{_digits(seen_at)}|{message_id}"


def updated_at(version: str) -> str:
    """The first part: equal for payloads of the same second."""
    return version[:DIGITS]


def seen_before(instant: datetime) -> ColumnElement[bool]:
    """Orders whose newest payload was sent before an instant."""
    seen_at = func.substr(Order.version, SEEN_AT_STARTS, DIGITS)
    return and_(Order.version != "", seen_at < _digits(instant))


def was_seen_before(version: str, instant: datetime) -> bool:
    """Whether a payload was sent before an instant."""
    return version[SEEN_AT_STARTS - 1 :][:DIGITS] < _digits(instant)


def _digits(instant: datetime) -> str:
    """An instant as text that sorts like it."""
    return f"{instant.astimezone(UTC):%Y%m%d%H%M%S%f}"
