"""However much one shop has in its inbox, another shop's delivery waits for a few batches and no more."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import insert, literal, select

from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.deliveries import notices
from tests.support import shop as shops
from workers import drain_inbox, hear_tags, serve

MANY = 100_000
ORDERS, TAGS = "orders/create", "customer.tags_added"
BATCHES = {ORDERS: (drain_inbox, "drain_batch"), TAGS: (hear_tags, "hear_batch")}
TOLD = {"customerId": "gid://shopify/Customer/7", "tags": ["repeat"], "occurredAt": "2026-01-01T10:00:00Z"}
PAYLOADS = {ORDERS: shops.order(1), TAGS: TOLD}


class Enough(Exception):
    """What there is to see has been seen."""


def post(shop_id: int, topic: str, count: int = 1) -> None:
    """Put so many deliveries into the inbox and wake their stage. The database makes them itself: they are many."""
    stage, now, columns = notices.stage(topic), clock.now(), InboxEvent.__table__.c
    same = {"shop_id": shop_id, "topic": topic, "stage": stage, "triggered_at": now, "received_at": now}
    same |= {"attempts": 0, "body": json.dumps(PAYLOADS[topic]).encode()}
    numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < count))
    values = [literal(value, columns[name].type) for name, value in same.items()]
    rows = select((literal(topic) + numbers.c.number.cast(columns.topic.type)).label("webhook_id"), *values)
    with db.write() as session:
        session.execute(insert(InboxEvent).from_select(["webhook_id", *same], rows, include_defaults=False))
    queues.wake(stage, shop_id)


def waits(shop_id: int) -> bool:
    mine = (InboxEvent.shop_id == shop_id, InboxEvent.done_at.is_(None))
    with db.read() as session:
        return session.scalar(select(InboxEvent.webhook_id).where(*mine).limit(1)) is not None


def batches_before(quiet: int, busy: int, topic: str, monkeypatch, first: Callable[[], object]) -> int:
    """Work until the quiet shop's delivery is folded; how many batches of the busy shop were begun before that.

    `first` happens as the first of them begins.
    """
    module, name = BATCHES[topic]
    batch, before = getattr(module, name), []

    def counted(shop_id: int) -> bool:
        if shop_id == busy and not before:
            first()
        if before and not waits(quiet):
            raise Enough
        before.append(shop_id)
        return batch(shop_id)

    monkeypatch.setattr(module, name, counted)
    serve.serve(["inbox", "heard"], burst=True)
    assert not waits(quiet)
    assert waits(busy)
    return before.count(busy)


@pytest.mark.parametrize(("topic", "most"), [(ORDERS, drain_inbox.BATCHES_A_JOB), (TAGS, 1)])
def test_another_shops_delivery_waits_for_one_job_of_the_busy_shop(settings, monkeypatch, topic, most):
    busy, quiet = shops.make_shop(), shops.make_shop("quiet.myshopify.com")
    post(busy, topic, MANY)
    assert batches_before(quiet, busy, topic, monkeypatch, lambda: post(quiet, topic)) == most <= 4


def test_an_order_waits_for_one_batch_of_what_is_heard_of_tags_whosever_it_is(settings, monkeypatch):
    busy, quiet = shops.make_shop(), shops.make_shop("quiet.myshopify.com")
    post(busy, TAGS, MANY)

    def orders_come() -> None:
        post(busy, ORDERS)
        post(quiet, ORDERS)

    assert batches_before(quiet, busy, TAGS, monkeypatch, orders_come) == 1
