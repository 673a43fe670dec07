"""What `regulars doctor` finds, says and ends with. Everything wrong here is really wrong in the rows, or in Redis."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from sqlalchemy import delete, insert, text, update

from plugin import cli, clock, queues, runs
from plugin.db import session as db
from plugin.db.models import Customer, OrderHistory, Run, TurnRow
from plugin.deliveries import inbox
from plugin.deliveries.inbox import Delivery
from plugin.doctor import compared_histories
from plugin.shop import shops as known_shops
from plugin.shop import tokens
from plugin.shopify import errors
from plugin.shopify.access_tokens import TokenPair
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from workers import drain_inbox, work_on_runs

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ABOUT_PROCESSES = ("No worker serves", "Nobody keeps the timetable")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, words)


def doctor(*words: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and what was found, but for the processes that no test of these has."""
    told = run("doctor", "--json", *words)
    assert isinstance(told.exception, SystemExit), told.exception
    report = json.loads(told.stdout)
    found = [
        each for examined in report["examined"] for each in examined["findings"] if examined["about"] != "settings"
    ]
    kept = [each for each in found if not each["said"].startswith(ABOUT_PROCESSES)]
    return told.exit_code, kept + ([report["stopped"]] if report["stopped"] else [])


def said(*words: str) -> list[str]:
    return [each["said"] for each in doctor(*words)[1]]


@pytest.fixture
def made(set_clock) -> int:
    """A shop that Shopify does not know, and is not asked about."""
    set_clock(NOW)
    return shops.make_shop(paused_until=NOW + timedelta(days=30))


def deliver(shop_id: int, number: int, topic: str = "orders/create", payload: object = None) -> None:
    body = json.dumps(payload or shops.order(number, customer=number, total="900.00")).encode()
    with db.write() as session:
        inbox.accept(session, shop_id, Delivery(str(number), topic, None, clock.now(), body), clock.now())


def change(statement: Any) -> None:
    with db.write() as session:
        session.execute(statement)


@ON_ONE_DATABASE
def test_a_fresh_installation_lacks_only_its_processes(made):
    code, found = doctor()
    assert (code, found) == (1, [])
    told = run("doctor").output
    assert "No worker serves the queue inbox" in told
    assert "Start `regulars scheduler`" in told
    assert "note  Nobody is written to about trouble" in told
    assert "things to mend." in told


def test_deliveries_that_wait_for_too_long_are_found(made, set_clock):
    deliver(made, 1)
    assert said() == []
    set_clock(LATER)
    assert said() == ["demo.myshopify.com: 1 deliveries wait (drain), the oldest for 60 min"]
    drain_inbox.drain_inbox(made)
    assert not [each for each in said() if "deliveries" in each]


@ON_ONE_DATABASE
def test_a_delivery_that_was_set_aside_is_found(made):
    deliver(made, 1, payload={"id": "no number"})
    drain_inbox.drain_inbox(made)
    (found,) = doctor()[1]
    assert "1 deliveries could not be folded" in found["said"]
    assert "regulars inbox replay demo.myshopify.com" in found["todo"]


@ON_ONE_DATABASE
def test_a_run_that_nobody_works_on_is_found(made, set_clock):
    with db.write() as session:
        runs.start_refresh(session, made, NOW)
    assert said() == []
    set_clock(LATER)
    assert said() == ["demo.myshopify.com: nobody works on the refresh"]
    set_clock(NOW + timedelta(days=3))
    assert said() == ["demo.myshopify.com: the refresh was asked for 3 days ago"]
    change(update(Run).where(Run.shop_id == made).values(state=runs.WAITING))
    assert said() == []


@ON_ONE_DATABASE
def test_a_turn_held_far_into_the_future_is_found(made):
    tomorrow = clock.wall() + timedelta(days=1)
    change(insert(TurnRow).values(shop_id=made, stage="drain", holder="x", until=tomorrow))
    (found,) = doctor()[1]
    assert "the turn at drain is held until" in found["said"]


def test_customers_whom_nobody_judges_and_tags_that_nobody_writes_are_found(made, set_clock):
    deliver(made, 1)
    drain_inbox.drain_inbox(made)
    change(update(Customer).where(Customer.shop_id == made).values(next_review_at=LATER))
    assert said() == []
    set_clock(LATER)
    assert said() == ["demo.myshopify.com: tags wait to be written since 60 min"]
    set_clock(LATER + timedelta(minutes=11))
    assert "demo.myshopify.com: customers whom time has moved are not judged" in said()
    known_shops.note_failed(made, errors.EgressRefused("403"))
    assert not [each for each in said() if "tags wait" in each]


def test_a_history_that_is_not_what_its_orders_say_is_found_and_made_anew(made):
    for number in range(1, 6):
        deliver(made, number)
    drain_inbox.drain_inbox(made)
    change(delete(OrderHistory).where(OrderHistory.shop_id == made, OrderHistory.customer_id == 4))
    change(update(OrderHistory).where(OrderHistory.shop_id == made, OrderHistory.customer_id == 2).values(history=b""))
    expected = "demo.myshopify.com: the histories of 2 customers are not what their orders say (2, 4)"
    assert said() == said("--all") == [expected]
    assert run("recount", shops.DOMAIN).exit_code == 0
    work_on_runs.work_on_runs(made)
    assert not [each for each in said("--all") if "histories" in each]


@ON_ONE_DATABASE
def test_of_many_histories_some_are_compared(made, monkeypatch):
    monkeypatch.setattr(compared_histories, "SAMPLED", 10)
    for number in range(1, 31):
        deliver(made, number)
    drain_inbox.drain_inbox(made)
    change(delete(OrderHistory).where(OrderHistory.shop_id == made))
    (found,) = said()
    assert 1 <= int(found.split()[4]) <= 10


@ON_ONE_DATABASE
def test_a_token_that_no_key_opens_is_found(made, monkeypatch):
    with db.write() as session:
        pair = TokenPair("access", NOW + timedelta(hours=1), "refresh", NOW + timedelta(days=90), "read_orders")
        tokens.store(known_shops.get(session, made), pair, NOW)
    monkeypatch.setenv("TOKEN_KEYS", Fernet.generate_key().decode())
    assert any("none of TOKEN_KEYS opens its token" in each for each in said())


@ON_ONE_DATABASE
def test_what_the_merchant_has_to_mend_is_noted_and_no_fault(made):
    known_shops.note_failed(made, errors.ShopFrozen("402"))
    assert [each["note"] for each in doctor()[1]] == [True]
    known_shops.note_failed(made, errors.EgressRefused("403"))
    (found,) = doctor()[1]
    assert (found["note"], "allow-list" in found["todo"]) == (False, True)


@ON_ONE_DATABASE
def test_shopify_is_asked_whether_it_answers(shop: InstalledShop):
    assert not [each for each in said() if "Shopify" in each]


def test_tables_of_another_version_end_the_looking(settings):
    change(text("UPDATE alembic_version SET version_num = '0001'"))
    code, found = doctor()
    assert (code, "regulars db upgrade" in found[-1]["todo"]) == (2, True)
    change(text("UPDATE alembic_version SET version_num = '9999'"))
    (found,) = doctor()[1]
    assert (found["note"], "newer than this program" in found["said"]) == (True, True)


@ON_ONE_DATABASE
def test_a_missing_setting_or_database_ends_the_looking(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nowhere.sqlite3")
    code, found = doctor()
    assert (code, "There is no database" in found[-1]["said"]) == (2, True)
    monkeypatch.delenv("TOKEN_KEYS")
    told = run("doctor")
    assert (told.exit_code, "TOKEN_KEYS" in told.output) == (2, True)


@ON_ONE_DATABASE
def test_without_redis_it_says_so_and_looks_on(made, monkeypatch, tmp_path):
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nobody.sock")
    queues.connection.cache_clear()
    code, found = doctor()
    assert (code, [each["said"] for each in found]) == (1, ["Redis does not answer (ConnectionError)"])
