"""Shopify's own groups of customers by recency, frequency and spend: taken over from the list that tags are compared
with (tagging.tag_comparison), every week and when a segment first asks for them. No message tells of a change.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db import arrays
from plugin.db.models import Customer
from plugin.segments import needs
from plugin.shop import shops
from plugin.standing import mirrors, refresh, segment_store

# What is asked of each customer beside the tags, and how many points it costs more.
FILLS = (("tags\n", "tags\nstatistics { rfmGroup }\n"),)
POINTS_A_CUSTOMER = 1
KEYS_A_QUERY = 5_000


def are_asked_for(session: Session, shop_id: int) -> bool:
    """Whether a segment of the shop goes by them."""
    return mirrors.RFM in needs.of(segment_store.active(session, shop_id)).facts


def of_node(node: Mapping[str, Any]) -> str | None:
    """A listed customer's group as it is stored; None if Shopify has put them into none."""
    group = node["statistics"]["rfmGroup"]
    return str(group).lower() if group else None


def take_in(session: Session, shop_id: int, shown: Mapping[int, str | None], now: datetime) -> None:
    """Record what differs and judge whom it is about. The caller holds the shop."""
    numbers, changed = list(shown), dict[int, str | None]()
    for start in range(0, len(numbers), KEYS_A_QUERY):
        some = (Customer.shop_id == shop_id, Customer.customer_id.in_(numbers[start : start + KEYS_A_QUERY]))
        known = session.execute(select(Customer.customer_id, Customer.shopify_rfm).where(*some))
        changed |= {number: shown[number] for number, group in known if group != shown[number]}
    if not changed:
        return
    new: dict[str, list[Any]] = {"customer_id": list(changed), "shopify_rfm": list(changed.values())}
    arrays.update(session, Customer, shop_id, "customer_id", new)
    if shops.get(session, shop_id).shopify_rfm_at is not None:  # before all are read nobody is judged by them
        refresh.refresh_customers(session, shop_id, sorted(changed), now, "event")


def forget_some(session: Session, shop_id: int, most: int) -> int:
    """Drop what nobody asks for any more, at most so much at a time; returns how much. The caller holds the shop."""
    if are_asked_for(session, shop_id):
        return 0
    stored = select(Customer.customer_id).where(Customer.shop_id == shop_id, Customer.shopify_rfm.is_not(None))
    some = list(session.scalars(stored.limit(most)))
    arrays.update(session, Customer, shop_id, "customer_id", {"customer_id": some, "shopify_rfm": [None] * len(some)})
    return len(some)


def all_read(session: Session, shop_id: int, now: datetime) -> None:
    """Every customer's group is here: segments that waited for them can be judged."""
    shop = shops.get(session, shop_id)
    if shop.shopify_rfm_at is None:
        runs.start_refresh(session, shop_id, now)
    shop.shopify_rfm_at = now
