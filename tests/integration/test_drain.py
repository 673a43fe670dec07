"""Deliveries are folded whatever else lies in the inbox, and time alone moves customers at the exact instant."""

import json
import os
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.deliveries import inbox, topics
from plugin.deliveries.inbox import Delivery
from plugin.history import ledger
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE
from workers import drain_inbox, review_due, serve, sweep

MICROSECOND = timedelta(microseconds=1)


def accept(shop_id: int, topic: str, payload, webhook_id: str | None = None) -> str:
    """Put a delivery into the inbox as the door does; returns its id."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    webhook_id = webhook_id or str(uuid.uuid4())
    with db.write() as session:
        inbox.accept(session, shop_id, Delivery(webhook_id, topic, None, clock.now(), body), clock.now())
    return webhook_id


def event(shop_id: int, webhook_id: str) -> InboxEvent:
    with db.read() as session:
        return session.get_one(InboxEvent, (shop_id, webhook_id))


def is_done(shop_id: int, webhook_id: str) -> bool:
    return event(shop_id, webhook_id).done_at is not None


def order(number: int, **fields) -> dict:
    return shops.order(number, customer=number, **fields)


NOT_ORDERS = {
    "not JSON": b"hello",
    "no text at all": b"",
    "half of it": b'{"id": 1',
    "not UTF-8": b'{"id": "\xff"}',
    "nested deeply": b'{"id":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "a list": b"[]",
    "nothing": b"null",
    "a number of ten thousand digits": b'{"id":' + b"9" * 10_000 + b"}",
    "an id beyond 64 bits": json.dumps(order(1) | {"id": 2**63}).encode(),
    "an id that is no number": json.dumps(order(1) | {"id": "1"}).encode(),
    "a time that is none": json.dumps(order(1, at="yesterday")).encode(),
    "a time without end": json.dumps(order(1, at="9999-12-31T23:59:59-14:00")).encode(),
    "an amount that is none": json.dumps(order(1, total="NaN")).encode(),
    "an amount without end": json.dumps(order(1, total="1e999999999")).encode(),
    "another currency": json.dumps(order(1)).replace("USD", "EUR").encode(),
    "a currency no database can hold": json.dumps(order(1)).replace("USD", "\\u0000SD").encode(),
    "a status no database can hold": json.dumps(order(1, financial_status="pa\x00id")).encode(),
    "a status that is no text": json.dumps(order(1, financial_status="pa\ud800id")).encode(),
}


def test_payloads_that_do_not_fit_are_set_aside_and_the_others_are_folded(settings):
    shop_id = shops.make_shop()
    first = accept(shop_id, "orders/create", order(1))
    bad = {kind: accept(shop_id, "orders/create", body) for kind, body in NOT_ORDERS.items()}
    last = accept(shop_id, "orders/create", order(2))
    assert drain_inbox.drain_batch(shop_id)
    assert is_done(shop_id, first)
    assert is_done(shop_id, last)
    for kind, webhook_id in bad.items():
        set_aside = event(shop_id, webhook_id)
        assert (kind, bool(set_aside.error), set_aside.failed_at is None) == (kind, True, False)
        assert set_aside.body == NOT_ORDERS[kind]


@ON_ONE_DATABASE
def test_an_unknown_topic_is_set_aside_by_name(settings):
    shop_id = shops.make_shop()
    bad = accept(shop_id, "orders/teleported", order(1))
    drain_inbox.drain_inbox(shop_id)
    assert "orders/teleported" in event(shop_id, bad).error


@ON_ONE_DATABASE
def test_what_was_set_aside_is_folded_when_replayed_after_a_fix(settings, monkeypatch):
    shop_id = shops.make_shop()
    delivery = accept(shop_id, "orders/invented", order(1))
    drain_inbox.drain_inbox(shop_id)
    monkeypatch.setitem(topics.TOPICS, "orders/invented", topics.TOPICS["orders/create"])
    with db.write() as session:
        assert inbox.replay(session, shop_id) == 1
    drain_inbox.drain_inbox(shop_id)
    done = event(shop_id, delivery)
    assert (done.done_at is not None, done.failed_at, done.error, done.body) == (True, None, None, None)


def drain_until_quiet(shop_id: int, jobs: int = 30) -> None:
    """Drain as workers do that are started anew after each crash."""
    for _ in range(jobs):
        try:
            while drain_inbox.drain_batch(shop_id):
                pass
        except RuntimeError:
            continue
        return
    raise AssertionError("The inbox is never empty")


def test_a_delivery_that_no_fold_survives_is_isolated_and_given_up(settings, monkeypatch):
    shop_id = shops.make_shop()
    good = [accept(shop_id, "orders/create", order(number)) for number in (1, 2, 3)]
    bad = accept(shop_id, "orders/create", order(4))
    good += [accept(shop_id, "orders/create", order(number)) for number in (5, 6)]
    apply_order = ledger.Ledger.apply_order

    def failing(book, facts, version):
        if facts.order_id == 4:
            raise RuntimeError("cannot be folded")
        apply_order(book, facts, version)

    monkeypatch.setattr(ledger.Ledger, "apply_order", failing)
    drain_until_quiet(shop_id)
    assert all(is_done(shop_id, webhook_id) for webhook_id in good)
    assert "RuntimeError" in event(shop_id, bad).error


# A worker whose process order 4 ends outright, as running out of memory would.
FATAL = """
import os, sys
from plugin import app
from plugin.history.ledger import Ledger
from workers import drain_inbox
real = Ledger.apply_order
Ledger.apply_order = lambda book, facts, version: os._exit(9) if facts.order_id == 4 else real(book, facts, version)
app.start()
drain_inbox.drain_inbox(int(sys.argv[1]))
"""


@ON_ONE_DATABASE
def test_a_delivery_that_kills_every_process_is_given_up_and_the_others_go_on(settings, monkeypatch):
    shop_id = shops.make_shop()
    first = accept(shop_id, "orders/create", order(1))
    fatal = accept(shop_id, "orders/create", order(4))
    last = accept(shop_id, "orders/create", order(5))
    with db.write() as session:
        session.get_one(InboxEvent, (shop_id, fatal)).attempts = inbox.GIVE_UP_AFTER - 2
    monkeypatch.setenv("LEASE_SECONDS", "1")
    command = [sys.executable, "-c", FATAL, str(shop_id)]
    crashes = 0
    while subprocess.run(command, env=dict(os.environ), check=False).returncode == 9:
        crashes += 1
        time.sleep(1)  # until the dead process's turn has run out
        assert crashes <= 2
    assert (is_done(shop_id, first), is_done(shop_id, last)) == (True, True)
    assert event(shop_id, fatal).failed_at is not None


def test_a_database_that_fails_never_counts_against_deliveries(settings, monkeypatch):
    shop_id = shops.make_shop()
    deliveries = [accept(shop_id, "orders/create", order(number)) for number in (1, 2)]

    def busy(book):
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(ledger.Ledger, "save", busy)
        for _ in range(inbox.GIVE_UP_AFTER + 2):
            with pytest.raises(OperationalError):
                drain_inbox.drain_batch(shop_id)
    assert [event(shop_id, each).attempts for each in deliveries] == [0, 0]
    drain_inbox.drain_inbox(shop_id)
    assert all(is_done(shop_id, each) for each in deliveries)


@ON_ONE_DATABASE
def test_a_wake_up_call_lost_with_redis_is_made_up_for_by_the_sweep(shop):
    shop.buyers(1)
    shop.receive()
    queues.connection().flushall()
    serve.serve([], burst=True)
    assert len(shop.tagged("first-time")) == 0
    sweep.sweep()
    serve.serve([], burst=True)
    assert len(shop.tagged("first-time")) == 1


def at(shop, instant: datetime, last_order: int) -> list[str]:
    """A customer's tags once the sweep of this instant is done."""
    shop.store.set_clock(instant)
    shop.settle()
    return shop.tags(last_order)


@pytest.mark.parametrize(("days", "before", "after"), [(90, [], ["at-risk"]), (180, ["at-risk"], ["lapsed"])])
def test_time_alone_moves_a_customer_at_the_exact_instant(shop, days, before, after):
    bought_at = (datetime.now(UTC) - timedelta(days=days - 10)).replace(microsecond=0)
    buyer = shop.buy(processed_at=bought_at.isoformat())["customer"]["id"]
    reached = bought_at + timedelta(days=days)
    shop.settle()
    assert at(shop, reached - MICROSECOND, buyer) == sorted([*before, "first-time"])
    assert at(shop, reached, buyer) == sorted([*after, "first-time"])
    assert shop.customer(buyer).next_review_at is None or shop.customer(buyer).next_review_at > reached


def test_reviewing_ends_even_with_customers_who_are_gone(shop):
    buyers = shop.buyers(3)
    shop.settle()
    shop.store.delete_customer(shop.handle, buyers[0], force=True)
    shop.store.merge_customers(shop.handle, buyers[1], buyers[2])
    shop.drain()
    shop.store.set_clock(datetime.now(UTC) + timedelta(days=400))
    assert review_due.review_some(shop.id)
    assert not review_due.review_some(shop.id)
