"""What happens to customers: they sign up, change, merge, leave, agree to mail, and are tagged.

`store` calls these with the shop's lock held, like those of `commerce`. Each changes the records and announces the
webhook topics Shopify would send; `announce` decides whether anything goes out.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from dev_store import payloads, tag_rules
from dev_store.metafields import Metafield
from dev_store.state import Customer, Shop

Announce = Callable[[str, Callable[[], dict[str, Any]]], None]

MARKETING_STATES: Final = frozenset({"NOT_SUBSCRIBED", "PENDING", "SUBSCRIBED", "UNSUBSCRIBED", "INVALID"})


class NotPossible(ValueError):
    """The shop's state does not allow it; the message says why."""


def create(shop: Shop, at: datetime, announce: Announce, number: int | None = None) -> Customer:
    """Somebody signs up."""
    number = next(shop.numbers) if number is None else number
    if number in shop.customers:
        raise NotPossible(f"Customer {number} exists already")
    at = whole_second(at)
    customer = shop.customers[number] = Customer(number, at, at)
    announce("customers/create", lambda: payloads.changed_customer(shop, customer))
    return customer


def update(shop: Shop, customer: Customer, at: datetime, announce: Announce) -> None:
    """Something about the customer changes that the store does not keep, such as a name."""
    _touch(customer, at)
    announce("customers/update", lambda: payloads.changed_customer(shop, customer))


def delete(shop: Shop, customer: Customer, announce: Announce, *, force: bool = False) -> None:
    """Remove a customer. Shopify keeps customers with orders; `force` removes them all the same."""
    if customer.orders and not force:
        raise NotPossible("Customer can't be deleted because they have associated orders")
    for order in customer.orders.values():
        order.customer = None
    del shop.customers[customer.id]
    announce("customers/delete", lambda: payloads.customer_deleted(customer))


def merge(shop: Shop, kept: Customer, gone: Customer, at: datetime, announce: Announce) -> bool:
    """Make two customers one: the kept one gets all orders and tags. False if they would have too many tags."""
    if kept is gone:
        raise NotPossible("A customer cannot be merged with itself")
    if len(kept.tags.keys() | gone.tags.keys()) > tag_rules.MOST_TAGS:
        announce("customers/merge", lambda: payloads.merge_failed(kept, gone, tag_rules.TOO_MANY))
        return False
    new_tags = [tag for folded, tag in gone.tags.items() if folded not in kept.tags]
    kept.tags = gone.tags | kept.tags
    for order in gone.orders.values():
        order.customer = kept
    kept.orders.update(gone.orders)
    kept.created_at = min(kept.created_at, gone.created_at)
    _touch(kept, at)
    del shop.customers[gone.id]
    shop.merged[gone.id] = kept.id
    announce("customers/merge", lambda: payloads.merged(kept, gone))
    announce("customers/update", lambda: payloads.changed_customer(shop, kept))
    if new_tags:
        announce("customer.tags_added", lambda: payloads.tags_changed(shop, kept, new_tags, at))
    if gone.orders:
        tell_summary(shop, kept, at, announce)
    return True


def add_tags(shop: Shop, customer: Customer, tags: Iterable[str], at: datetime, announce: Announce) -> str | None:
    """Put tags on, all of them or none and the reason; only what was not there before is announced."""
    before = set(customer.tags)
    problem = tag_rules.add(customer.tags, shop.tag_spellings, tags)
    if problem:
        return problem
    _touch(customer, at)
    if added := sorted(tag for folded, tag in customer.tags.items() if folded not in before):
        announce("customer.tags_added", lambda: payloads.tags_changed(shop, customer, added, at))
    return None


def remove_tags(shop: Shop, customer: Customer, tags: Iterable[str], at: datetime, announce: Announce) -> None:
    """Take tags off; only what was there is announced."""
    before = dict(customer.tags)
    tag_rules.remove(customer.tags, tags)
    _touch(customer, at)
    if removed := sorted(tag for folded, tag in before.items() if folded not in customer.tags):
        announce("customer.tags_removed", lambda: payloads.tags_changed(shop, customer, removed, at))


def set_consent(shop: Shop, customer: Customer, state: str, at: datetime, announce: Announce) -> None:
    """The customer agrees to marketing by mail, or no longer does."""
    if state not in MARKETING_STATES:
        raise NotPossible(f"Marketing states are {', '.join(sorted(MARKETING_STATES))}")
    customer.email_marketing, customer.email_marketing_at = state, whole_second(at)
    _touch(customer, at)
    announce("customers_email_marketing_consent/update", lambda: payloads.consent(shop, customer))


def set_metafield(shop: Shop, customer: Customer, told: Metafield, announce: Announce, *, touches: bool) -> None:
    """Somebody keeps something on the customer; whether that changes the customer as well is Shopify's secret."""
    known = customer.metafields.get((told.namespace, told.key))
    customer.metafields[told.namespace, told.key] = told
    if known is not None:
        told.id, told.created_at = known.id, known.created_at
    if touches:
        update(shop, customer, told.updated_at, announce)


def tell_summary(shop: Shop, customer: Customer | None, at: datetime, announce: Announce) -> None:
    """What a customer bought in all has changed."""
    if customer:
        announce("customers/purchasing_summary", lambda: payloads.purchasing_summary(shop, customer, at))


def whole_second(at: datetime) -> datetime:
    """Shopify keeps whole seconds: two changes within one carry the same updated_at."""
    return at.replace(microsecond=0)


def _touch(customer: Customer, at: datetime) -> None:
    customer.updated_at = max(customer.updated_at, whole_second(at))
