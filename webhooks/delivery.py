"""What the headers of a delivery say. Shopify's webhooks use X-Shopify-*, its newer events the same names unprefixed.

Reference: https://shopify.dev/docs/apps/build/webhooks/delivery-structure
"""

from datetime import UTC, datetime

from werkzeug.datastructures import Headers

from plugin.deliveries.inbox import Delivery

LONGEST_ID = 255


class MissingHeader(Exception):
    """A header that every delivery has is not there, or not fit to be stored; the message names it."""


def signature(headers: Headers) -> str | None:
    """The signature Shopify sent, if any."""
    return _header(headers, "Hmac-Sha256")


def shop_domain(headers: Headers) -> str:
    """Which shop the delivery is about; MissingHeader if it does not say."""
    return _required(headers, "Shop-Domain").lower()


def read(headers: Headers, body: bytes, received_at: datetime) -> Delivery:
    """The delivery as the inbox keeps it; MissingHeader if it lacks what identifies it."""
    return Delivery(
        webhook_id=_required(headers, "Webhook-Id"),
        topic=_required(headers, "Topic"),
        event_id=(_header(headers, "Event-Id") or "")[:LONGEST_ID] or None,
        triggered_at=_instant(_header(headers, "Triggered-At")) or received_at,
        body=body,
    )


def _header(headers: Headers, name: str) -> str | None:
    value = headers.get(f"X-Shopify-{name}") or headers.get(f"Shopify-{name}") or ""
    # Whatever else a header can hold, a NUL above all, is nothing that PostgreSQL would store.
    return value if value.isascii() and value.isprintable() else None


def _required(headers: Headers, name: str) -> str:
    value = (_header(headers, name) or "").strip()
    if not value or len(value) > LONGEST_ID:
        raise MissingHeader(f"X-Shopify-{name}")
    return value


def _instant(text: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text or "")
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
