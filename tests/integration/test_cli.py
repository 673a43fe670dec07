"""The `regulars` command: what a person types and what it answers."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from plugin import cli, clock
from plugin.db import session as db
from plugin.deliveries import inbox
from plugin.deliveries.inbox import Delivery
from tests.support import shop as shops
from workers import drain_inbox

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop(set_clock) -> int:
    set_clock(NOW)
    return shops.make_shop(timezone="America/New_York")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.cli, words)


def deliver(shop_id: int, webhook_id: str, payload: object, topic: str = "orders/create") -> None:
    with db.write() as session:
        body = json.dumps(payload).encode()
        inbox.accept(session, shop_id, Delivery(webhook_id, topic, None, clock.now(), body), clock.now())
    while drain_inbox.drain_batch(shop_id):
        pass


def test_a_tag_is_explained_with_the_numbers_used(shop):
    deliver(shop, "1", shops.order(1, at="2026-05-20T10:00:00Z", total="480.00"))
    deliver(shop, "2", shops.order(2, at="2026-02-01T10:00:00Z", total="19.99"))
    told = run("explain", shops.DOMAIN, "7")
    assert told.exit_code == 0
    assert "IN   Repeat (tag: repeat): Customers who placed at least 2 orders" in told.output
    assert "out  High-spender (tag: high-spender): Customers who spent at least $500.00" in told.output
    assert "$499.99" in told.output
    # Ninety days after the last order, as the clocks of the shop show it.
    assert "enters on Aug 18, 2026, 6:00\u202fAM if nothing happens until then" in told.output


def test_a_customer_who_was_merged_is_explained_as_the_one_they_became(shop):
    deliver(shop, "1", shops.order(1, customer=7))
    merge = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/8",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/7",
        "status": "completed",
    }
    deliver(shop, "2", merge, "customers/merge")
    assert "IN   First-time" in run("explain", shops.DOMAIN, "7").output


def test_an_unknown_customer_or_shop_is_said_plainly(shop):
    assert "has not placed an order here" in str(run("explain", shops.DOMAIN, "99").exception)
    assert "No shop nobody.myshopify.com" in run("explain", "nobody.myshopify.com", "1").output


def test_a_failed_delivery_is_listed_with_its_reason_and_replayed(shop):
    deliver(shop, "bad", {"id": "no number"})
    listed = run("inbox", "list", shops.DOMAIN).output
    assert "0 pending" in listed
    assert "bad  orders/create" in listed
    assert "Not a valid integer" in listed
    assert "1 deliveries will be folded again" in run("inbox", "replay", shops.DOMAIN, "bad").output
    assert "1 pending" in run("inbox", "list", shops.DOMAIN).output


def test_a_new_key_can_encrypt(settings):
    assert Fernet(run("keys", "new").output.strip())


def test_the_tables_can_be_brought_up_to_date_again(settings):
    assert "up to date" in run("db", "upgrade").output


@pytest.mark.parametrize("step", ["", "d", "0d", "5", "1y", "-1d"])
def test_a_step_that_is_none_is_refused(settings, tmp_path, step):
    days = "--from", "1998-01-01", "--to", "1998-01-02"
    told = run("rehearse", "--data", str(tmp_path), *days, "--step", step, "--report", str(tmp_path / "r.csv"))
    assert told.exit_code == 2
    assert "--step" in told.output
