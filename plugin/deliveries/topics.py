"""What each topic means: topic → schema of its payload → what the ledger does with it. The whole list on one screen.

`fold` is called by workers.drain_inbox. What is about the shop itself stands in deliveries/notices.py; shopify.app.toml
subscribes to exactly the topics of both (a test says so).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from marshmallow import Schema

from plugin import logs
from plugin.db.models import InboxEvent
from plugin.deliveries import inbox
from plugin.history import versions
from plugin.history.ledger import FactsRefused, Ledger
from plugin.schemas import product_payloads, segment_payloads
from plugin.schemas import webhook_payloads as payloads
from plugin.schemas.facts import FiguresChanged, ProductFacts, ProductGone, SegmentChanged, TagsChanged
from plugin.schemas.webhook_payloads import PayloadRefused

Change = TypeVar("Change", TagsChanged, FiguresChanged)


@dataclass(frozen=True, slots=True)
class Topic:
    """How one topic is read and what it does."""

    schema: Schema
    fold: Callable[[Ledger, Any, InboxEvent], None]
    orders: Callable[[Any], Iterable[int]]
    customers: Callable[[Any], Iterable[int]]
    # About tags, most of them echoes of our own writes, as many as there are customers; or about segments kept in
    # Shopify, most of which nobody asks for. workers.hear_tags tells them apart; none changes anything in the ledger.
    heard: bool = False


def stage(topic: str) -> str:
    """Which stage of the inbox a topic about orders and customers waits for."""
    return inbox.HEARD if topic in TOPICS and TOPICS[topic].heard else inbox.DRAIN


def read(event: InboxEvent) -> tuple[Topic, Any]:
    """The topic of a delivery and its payload as facts; PayloadRefused if it does not fit."""
    topic = TOPICS.get(event.topic)
    if topic is None:
        raise PayloadRefused(f"Nothing here handles the topic {event.topic}")
    return topic, payloads.read(topic.schema, event.topic, event.body)


def fold(ledger: Ledger, readings: Iterable[tuple[InboxEvent, Topic, Any]]) -> list[tuple[InboxEvent, str]]:
    """Fold deliveries that were read; returns those the ledger refused, with the reason."""
    readings = list(readings)
    loaded = [(topic, facts) for _, topic, facts in readings if not topic.heard]
    ledger.load(
        (order for topic, facts in loaded for order in topic.orders(facts)),
        (customer for topic, facts in loaded for customer in topic.customers(facts)),
    )
    refused = []
    for event, topic, facts in readings:
        with logs.about_delivery(event.topic, event.webhook_id):
            try:
                topic.fold(ledger, facts, event)
            except FactsRefused as error:
                refused.append((event, str(error)))
    return refused


def products_told(readings: Iterable[tuple[InboxEvent, Topic, Any]]) -> list[tuple[ProductFacts | ProductGone, str]]:
    """What the deliveries say about products, each with what orders such news, for plugin.history.product_news."""
    return [
        (facts, versions.of(getattr(facts, "updated_at", event.triggered_at), event.triggered_at, event.webhook_id))
        for event, _, facts in readings
        if isinstance(facts, ProductFacts | ProductGone)
    ]


def segments_changed(readings: Iterable[tuple[InboxEvent, Topic, Any]]) -> list[SegmentChanged]:
    """Who joined or left segments kept in Shopify, for plugin.standing.mirror_members."""
    return [replace(facts, at=event.triggered_at) for event, _, facts in readings if isinstance(facts, SegmentChanged)]


def tags_changed(readings: Iterable[tuple[InboxEvent, Topic, Any]]) -> list[TagsChanged]:
    """What the deliveries say about tags, for plugin.tagging.tag_drift: the ledger holds no tags of the store."""
    return [_precise(facts, event) for event, _, facts in readings if isinstance(facts, TagsChanged)]


def _precise(change: Change, event: InboxEvent) -> Change:
    """Payloads may tell whole seconds; within such a second the delivery's own instant tells more."""
    if change.at <= event.triggered_at < change.at + timedelta(seconds=1):
        return replace(change, at=event.triggered_at)
    return change


def _apply_order(ledger: Ledger, facts: Any, event: InboxEvent) -> None:
    ledger.apply_order(facts, versions.of(facts.updated_at, event.triggered_at, event.webhook_id))


def _nobody(_facts: Any) -> Iterable[int]:
    return ()


_order = Topic(
    payloads.OrderPayload(),
    _apply_order,
    orders=lambda facts: [facts.order_id],
    customers=lambda facts: [facts.customer_id] if facts.customer_id else [],
)
_customer = Topic(
    payloads.CustomerPayload(),
    lambda ledger, facts, _: ledger.apply_customer(facts),
    orders=_nobody,
    customers=lambda facts: [facts.customer_id],
)


def _about_customer(schema: Schema, fold: Callable[[Ledger, Any, InboxEvent], None]) -> Topic:
    return Topic(schema, fold, orders=_nobody, customers=lambda facts: [facts.customer_id])


def _heard(schema: Schema) -> Topic:
    return Topic(
        schema,
        lambda _ledger, _change, _event: None,  # see tags_changed and segments_changed
        orders=_nobody,
        customers=lambda change: [change.customer_id],
        heard=True,
    )


def _product(schema: Schema) -> Topic:
    return Topic(
        schema,
        lambda _ledger, _news, _event: None,  # see products_told
        orders=_nobody,
        customers=_nobody,
    )


def _order_changed(schema: Schema) -> Topic:
    return Topic(
        schema,
        lambda ledger, change, _: ledger.note_order_changed(change),
        orders=lambda change: [change.order_id],
        customers=_nobody,
    )


TOPICS = {
    "orders/create": _order,
    "orders/updated": _order,
    "orders/paid": _order,
    "orders/cancelled": _order,
    "orders/edited": _order_changed(payloads.OrderEditedPayload()),
    "refunds/create": _order_changed(payloads.RefundPayload()),
    "orders/delete": Topic(
        payloads.DeletedPayload(),
        lambda ledger, order_id, event: ledger.delete_order(order_id, event.triggered_at),
        orders=lambda order_id: [order_id],
        customers=_nobody,
    ),
    "customers/create": _customer,
    "customers/update": _customer,
    "customers/purchasing_summary": _about_customer(
        payloads.PurchasingSummaryPayload(),
        lambda ledger, facts, event: ledger.apply_figures(_precise(facts, event)),
    ),
    "customers_email_marketing_consent/update": _about_customer(
        payloads.ConsentPayload(), lambda ledger, facts, _: ledger.apply_consent(facts)
    ),
    "customer.tags_added": _heard(payloads.TagsAddedPayload()),
    "customer.tags_removed": _heard(payloads.TagsRemovedPayload()),
    "customer.joined_segment": _heard(segment_payloads.JoinedPayload()),
    "customer.left_segment": _heard(segment_payloads.LeftPayload()),
    "customers/delete": Topic(
        payloads.DeletedPayload(),
        lambda ledger, customer_id, event: ledger.delete_customer(customer_id, event.triggered_at),
        orders=_nobody,
        customers=lambda customer_id: [customer_id],
    ),
    "customers/merge": Topic(
        payloads.CustomersMergedPayload(),
        lambda ledger, merge, event: ledger.merge_customers(replace(merge, at=event.triggered_at)),
        orders=_nobody,
        customers=lambda merge: [merge.kept_id, merge.deleted_id],
    ),
    "products/update": _product(product_payloads.ProductPayload()),
    "products/delete": _product(product_payloads.ProductDeletedPayload()),
}
