"""How long things are kept: to the day, a shop at a time, and nothing that is still needed goes."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import InboxEvent, Movement, Run, Shop, TagChange
from plugin.db.scope import ALL_SHOPS
from plugin.deliveries import inbox
from plugin.deliveries.inbox import Delivery
from plugin.tagging import switch
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE
from workers import prune, serve

A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop_id(settings) -> int:
    return shops.make_shop()


def ids(table) -> set[int | str]:
    with db.read() as session:
        rows = session.scalars(select(table).execution_options(**ALL_SHOPS))
        return {getattr(row, "id", None) or row.webhook_id for row in rows}


def around(kept: timedelta) -> dict[str, datetime]:
    """An instant that is just too old, and one that is just not."""
    return {"old": clock.now() - kept - A_MINUTE, "young": clock.now() - kept + A_MINUTE}


def store_done(shop_id: int, at: datetime, webhook_id: str) -> None:
    with db.write() as session:
        inbox.accept(session, shop_id, Delivery(webhook_id, "orders/create", None, at, b"{}"), at)
        inbox.mark_done(inbox.pending(session, shop_id, [webhook_id]), at)


def store_failed(shop_id: int, at: datetime, webhook_id: str) -> None:
    with db.write() as session:
        inbox.accept(session, shop_id, Delivery(webhook_id, "orders/create", None, at, b"{}"), at)
        inbox.mark_failed(inbox.pending(session, shop_id, [webhook_id])[0], "No such thing", at)


def prune_all() -> None:
    prune.prune()
    serve.serve(["runs"], burst=True)


def test_every_kind_of_row_goes_when_its_time_is_over(shop_id):
    for name, at in around(prune.DELIVERIES_KEPT).items():
        store_done(shop_id, at, name)
    with db.write() as session:
        for number, at in enumerate(around(prune.changes_kept()).values()):
            moved = {"customer_id": 1, "bit": 0, "entered": True, "cause": "event"}
            session.add(Movement(shop_id=shop_id, id=number + 1, at=at, **moved))
            written = {"customer_id": 1, "added": ["x"], "removed": [], "outcome": "written"}
            session.add(TagChange(shop_id=shop_id, id=number + 1, at=at, **written))
        for number, at in enumerate(around(prune.RUNS_KEPT).values()):
            session.add(Run(shop_id=shop_id, id=number + 1, kind="import", state="done", created_at=at, finished_at=at))
    prune_all()
    assert (ids(InboxEvent), ids(Movement), ids(TagChange), ids(Run)) == ({"young"}, {2}, {2}, {2})


@ON_ONE_DATABASE
def test_what_waits_or_is_under_way_is_kept_however_old(shop_id):
    long_ago = clock.now() - timedelta(days=1_000)
    with db.write() as session:
        inbox.accept(session, shop_id, Delivery("waits", "orders/create", None, long_ago, b"{}"), long_ago)
        session.add(Run(shop_id=shop_id, id=1, kind="import", state="running", created_at=long_ago))
    prune_all()
    assert (ids(InboxEvent), ids(Run)) == ({"waits"}, {1})


def test_a_failed_delivery_loses_its_body_after_three_months_and_keeps_its_reason(shop_id):
    for name, at in around(prune.FAILED_DELIVERIES_KEPT).items():
        store_failed(shop_id, at, name)
    prune_all()
    with db.read() as session:
        old, young = (session.get_one(InboxEvent, (shop_id, name)) for name in ("old", "young"))
        assert (old.body, old.failed_at, old.error) == (None, None, "No such thing")
        assert (young.body, young.failed_at is not None) == (b"{}", True)
        assert (inbox.failed_count(session, shop_id), inbox.pending_count(session, shop_id)) == (1, 0)


@ON_ONE_DATABASE
def test_what_was_taken_off_can_be_downloaded_for_as_long_as_tags_are_off(shop_id):
    off_at = clock.now() - timedelta(days=800)
    with db.write() as session:
        session.get_one(Shop, shop_id).tagging_off_at = off_at
        taken_off = {"customer_id": 1, "added": [], "removed": ["repeat"], "outcome": "written"}
        session.add(TagChange(shop_id=shop_id, id=1, at=off_at - A_MINUTE, **taken_off))
        session.add(TagChange(shop_id=shop_id, id=2, at=off_at + A_MINUTE, **taken_off))
    prune_all()
    with db.read() as session:
        assert (ids(TagChange), len(list(switch.report(session, shop_id)))) == ({2}, 1)


@ON_ONE_DATABASE
def test_many_rows_go_some_at_a_time_and_the_job_gives_way(shop_id, monkeypatch):
    monkeypatch.setattr(prune, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(prune, "SECONDS_A_JOB", 0)
    for number in range(5):
        store_done(shop_id, clock.now() - 2 * prune.DELIVERIES_KEPT, str(number))
    prune.prune_shop(shop_id)
    assert (len(ids(InboxEvent)), queues.queue("runs").count) == (3, 1)
    serve.serve(["runs"], burst=True)
    assert ids(InboxEvent) == set()


@ON_ONE_DATABASE
def test_one_shops_old_rows_go_without_another_shops_being_looked_at(shop_id):
    other = shops.make_shop("other.myshopify.com")
    for each in (shop_id, other):
        store_done(each, clock.now() - 2 * prune.DELIVERIES_KEPT, "old")
    prune.prune_shop(shop_id)
    with db.read() as session:
        left = select(func.count()).select_from(InboxEvent).where(InboxEvent.shop_id == other)
        assert (session.scalar(left), len(ids(InboxEvent))) == (1, 1)
