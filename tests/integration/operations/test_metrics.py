"""What /metrics tells: what every process counted, and how things stand, without naming anybody."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import update

from plugin import app, clock, queues, runs
from plugin.db import session as db
from plugin.db.models import Customer, Run, Shop
from plugin.operations import readiness, tallies
from tests.support import figures
from tests.support import shop as shops
from workers import drain_inbox, serve

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def client(settings, monkeypatch):
    monkeypatch.setattr(readiness, "REMEMBERED_SECONDS", 0)
    return app.create_app().test_client()


@pytest.fixture
def shop_id(client) -> int:
    return shops.make_shop()


def nobody(path: Path) -> queues.Redis:
    return queues.Redis(unix_socket_path=str(path / "nobody.sock"), retry=Retry(NoBackoff(), 0))


def add_customers(shop_id: int, *rows: dict) -> None:
    with db.write() as session:
        session.add_all(Customer(shop_id=shop_id, customer_id=900 + at, **row) for at, row in enumerate(rows))


@ON_SQLITE
@pytest.mark.parametrize(
    ("outcome", "changes"),
    [
        ("accepted", {}),
        ("bad_signature", {"X-Shopify-Hmac-Sha256": "bm8="}),
        ("missing_header", {"X-Shopify-Topic": None}),
        ("unknown_shop", {"X-Shopify-Shop-Domain": "stranger.myshopify.com"}),
    ],
)
def test_every_answer_to_a_delivery_is_counted_by_its_reason(client, shop_id, outcome, changes):
    name = "regulars_deliveries_total"
    before = figures.shown(client, name, outcome=outcome)
    shops.post(client, "orders/create", shops.order(1), **changes)
    for _ in range(2):  # asking counts nothing
        assert figures.shown(client, name, outcome=outcome) == before + 1


def test_what_waits_is_told_with_its_age_until_it_is_folded(client, shop_id, set_clock):
    set_clock(clock.now())
    for number in (1, 2):
        shops.post(client, "orders/create", shops.order(number))
    shops.post(client, "app/uninstalled", {})
    set_clock(clock.now() + timedelta(seconds=90))
    folded = figures.shown(client, "regulars_deliveries_folded_total", stage="drain") or 0
    assert figures.shown(client, "regulars_deliveries_pending", stage="drain") == 2
    assert figures.shown(client, "regulars_deliveries_pending", stage="notice") == 1
    assert figures.shown(client, "regulars_deliveries_oldest_pending_seconds", stage="drain") == 90
    drain_inbox.drain_inbox(shop_id)
    assert figures.shown(client, "regulars_deliveries_pending", stage="drain") == 0
    assert figures.shown(client, "regulars_deliveries_oldest_pending_seconds", stage="drain") == 0
    assert figures.shown(client, "regulars_deliveries_folded_total", stage="drain") == folded + 2


def test_what_was_set_aside_is_told(client, shop_id):
    shops.post(client, "orders/create", {"id": "no number"})
    drain_inbox.drain_inbox(shop_id)
    assert figures.shown(client, "regulars_deliveries_set_aside", stage="drain") == 1


def test_pending_tags_are_told_by_what_stands_against_them(client, shop_id):
    later = clock.now() + timedelta(hours=1)
    add_customers(shop_id, {"wanted_tags": 1}, {"wanted_tags": 1}, {"wanted_tags": 1, "sync_after": later}, {})
    held = shops.make_shop("held.myshopify.com")
    add_customers(held, {"wanted_tags": 1})
    with db.write() as session:
        session.add(Run(shop_id=held, kind=runs.REFRESH, state=runs.WAITING, created_at=clock.now(), position={}))
    told = {state: figures.shown(client, "regulars_customers_pending_tags", state=state) for state in STATES}
    assert told == {"ready": 2, "refused": 1, "held": 1, "bulk": 0}
    assert figures.shown(client, "regulars_runs_unfinished", state="waiting") == 1


STATES = ("ready", "refused", "held", "bulk")


def test_shops_in_trouble_are_told_by_kind(client, shop_id):
    for number, trouble in enumerate(("EgressRefused", "EgressRefused", "ShopFrozen")):
        shops.make_shop(f"shop-{number}.myshopify.com", trouble=trouble)
    with db.write() as session:
        session.execute(update(Shop).where(Shop.id == shop_id).values(token_error="gone"))
    assert figures.shown(client, "regulars_shops") == 4
    kinds = {"EgressRefused": 2, "ShopFrozen": 1, "TokenRejected": 1, "ShopLocked": 0}
    assert {kind: figures.shown(client, "regulars_shops_in_trouble", kind=kind) for kind in kinds} == kinds


@ON_SQLITE
def test_reviews_are_overdue_from_their_instant_on(client, shop_id, set_clock):
    set_clock(clock.now())
    add_customers(shop_id, {"next_review_at": clock.now() - timedelta(minutes=5)}, {"next_review_at": clock.now()})
    assert figures.shown(client, "regulars_reviews_overdue_seconds") == 300


@ON_SQLITE
def test_counts_of_processes_that_ended_stay(client):
    name = "regulars_tag_writes_total"
    before = figures.shown(client, name, outcome="written")
    count = f"from plugin import app, metrics; app.start(); from plugin.operations import tallies; {KEEP}"
    subprocess.run([sys.executable, "-c", count], env=os.environ, check=True, timeout=120)
    assert figures.shown(client, name, outcome="written") == before + 3


# The thread's first time comes after the process has ended: what is left then goes along with the end.
KEEP = "tallies.PUSH_SECONDS = 999; tallies.keep(); metrics.TAG_WRITES.labels('written').inc(3)"


@ON_SQLITE
def test_without_redis_the_rest_is_told_and_the_counts_follow_later(client, shop_id, monkeypatch, tmp_path: Path):
    name = "regulars_deliveries_total"
    before = figures.shown(client, name, outcome="accepted")
    with monkeypatch.context() as away:
        away.setattr(queues, "connection", lambda: nobody(tmp_path))
        shops.post(client, "orders/create", shops.order(1))
        with pytest.raises(RedisError):
            tallies.push()
        assert figures.shown(client, name, outcome="accepted") is None
        assert figures.shown(client, "regulars_check_ok", check="redis") == 0
        assert figures.shown(client, "regulars_deliveries_pending", stage="drain") == 1
    assert figures.shown(client, "regulars_check_ok", check="redis") == 1
    assert figures.shown(client, name, outcome="accepted") == before + 1


@ON_SQLITE
def test_without_tables_the_rest_is_told(client, tmp_path: Path):
    db.configure(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert figures.shown(client, "regulars_check_ok", check="tables") == 0
    assert figures.shown(client, "regulars_deliveries_pending", stage="drain") is None
    assert figures.shown(client, "regulars_deliveries_total", outcome="accepted") is not None


@ON_SQLITE
def test_jobs_are_timed_and_their_failures_counted(client, shop_id):
    def jobs(name: str, job: str) -> float:
        return figures.shown(client, f"regulars_{name}", task=job) or 0

    done, failed = jobs("job_seconds_count", "drain_inbox"), jobs("jobs_failed_total", "no_such_job")
    shops.post(client, "orders/create", shops.order(1))
    queues.queue("inbox").enqueue("workers.sweep.no_such_job", shop_id)
    assert figures.shown(client, "regulars_jobs_waiting", queue="inbox") == 2
    serve.serve(["inbox"], burst=True)
    assert jobs("job_seconds_count", "drain_inbox") == done + 1
    assert jobs("job_finished_timestamp_seconds", "drain_inbox") == pytest.approx(clock.wall().timestamp(), abs=60)
    assert jobs("jobs_failed_total", "no_such_job") == failed + 1
    assert figures.shown(client, "regulars_jobs_set_aside", queue="inbox") == 1


@ON_SQLITE
def test_no_figure_names_a_shop_or_a_person(client, shop_id):
    shops.post(client, "orders/create", shops.order(1, customer=4711))
    drain_inbox.drain_inbox(shop_id)
    tallies.push()
    text = client.get("/metrics").text
    assert "regulars_deliveries_total" in text
    assert [word for word in (shops.DOMAIN, "demo", "4711") if word in text] == []


@ON_SQLITE
@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("Bearer the-right-token-of-prometheus", 200),
        ("bearer the-right-token-of-prometheus", 200),
        ("Bearer the-right-token-of-prometheu", 404),
        ("Bearer", 404),
        ("Bearer sign\u00e9", 404),
        ("Basic the-right-token-of-prometheus", 404),
        (None, 404),
    ],
)
def test_whoever_shows_the_token_may_read_the_figures_from_anywhere(settings, monkeypatch, shown, status):
    monkeypatch.setenv("METRICS_TOKEN", "the-right-token-of-prometheus")
    headers = {"X-Forwarded-For": "192.0.2.1"} | ({"Authorization": shown} if shown else {})
    asked = app.create_app().test_client().get("/metrics", headers=headers)
    assert asked.status_code == status


@ON_SQLITE
def test_without_a_token_set_none_is_right(client):
    for shown in ("Bearer ", "Bearer None"):
        headers = {"X-Forwarded-For": "192.0.2.1", "Authorization": shown}
        assert client.get("/metrics", headers=headers).status_code == 404
