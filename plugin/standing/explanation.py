"""Why a customer carries a tag, or does not: the segments' own sentences with the numbers found. For CLI and page."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin import money
from plugin.db.models import Customer
from plugin.segments import needs, words
from plugin.segments.rules import Segment
from plugin.segments.words import Explanation
from plugin.shop import shops
from plugin.standing import baselines, loading, segment_store


class UnknownCustomer(Exception):
    """The shop has no such customer, as far as we know; the message says what became of them, if anything did."""


def explain(session: Session, shop_id: int, customer_id: int, as_of: datetime) -> list[tuple[Segment, Explanation]]:
    """Each of the shop's segments with the reason why this customer is in it or not, in the shop's own time."""
    shop = shops.get(session, shop_id)
    customer = _customer(session, shop_id, customer_id)
    segments = segment_store.active(session, shop_id)
    store = baselines.store(session, shop_id)
    ((customers, _),) = loading.some(session, shop_id, [customer.customer_id], needs.of(segments)).pieces
    local = as_of.astimezone(ZoneInfo(shop.timezone or "UTC"))

    def say(minor: int) -> str:
        return money.say(minor, shop.currency or "USD")

    return [(segment, words.explain(customers, 0, segment, local, say, store)) for segment in segments]


def lines(explained: list[tuple[Segment, Explanation]]) -> Iterator[str]:
    """The explanation as a person reads it, a line at a time."""
    for segment, why in explained:
        yield f"{'IN ' if why.inside else 'out'}  {segment.name} (tag: {segment.tag}): {why.sentence}"
        for condition in why.conditions:
            yield f"       {'yes' if condition.holds else 'no '}: {condition.found}"
        if why.changes_at:
            verb = "leaves" if why.inside else "enters"
            yield f"       {verb} on {why.changes_at:%-d %B %Y at %H:%M} if nothing happens until then"


def _customer(session: Session, shop_id: int, customer_id: int) -> Customer:
    customer = session.get(Customer, (shop_id, customer_id))
    if customer is None:
        raise UnknownCustomer(f"Customer {customer_id} has not placed an order here and has not signed up")
    if customer.merged_into is not None:
        return _customer(session, shop_id, customer.merged_into)
    if customer.deleted_at is not None:
        raise UnknownCustomer(f"Customer {customer_id} was deleted on {customer.deleted_at:%-d %B %Y}")
    return customer
