"""What Shopify tells of tags has a way of its own: echoes of our writes end there, in any order with the orders."""

import itertools
import json
import uuid
from dataclasses import replace

import pytest
from click.testing import CliRunner

from plugin import cli, clock, queues, work_left
from plugin.db import session as db
from plugin.db.models import ForeignChange, InboxEvent
from plugin.deliveries import inbox
from plugin.deliveries.inbox import Delivery
from plugin.tagging import tag_drift
from tests.support.installed import ON_ONE_DATABASE, Install, InstalledShop
from tests.support.webhook_receiver import Received
from workers import drain_inbox, hear_tags, serve, sweep

FIRST, REPEAT = "first-time", "repeat"


def about_tags(shop: InstalledShop) -> list[InboxEvent]:
    return [event for event in shop.events() if event.topic.startswith("customer.tags_")]


def stages(shop: InstalledShop) -> list[str]:
    """Where what was told of tags has been folded."""
    assert all(event.done_at for event in about_tags(shop))
    return [event.stage for event in about_tags(shop)]


def standing(shop: InstalledShop) -> list[tuple]:
    return [(c.wanted_tags, c.applied_tags, c.unsure_tags, c.foreign_tags, c.declined_tags) for c in shop.customers()]


def let_in(shop: InstalledShop, deliveries: list[Received]) -> None:
    """Let deliveries in one after the other, each folded before the next comes."""
    for each in deliveries:
        shop.receive([each])
        hear_tags.hear_tags(shop.id)
        drain_inbox.drain_inbox(shop.id)


def told(shop: InstalledShop, *beginnings: str) -> list[Received]:
    """What was posted about these topics, in the order in which it was."""
    return [each for each in shop.posted() if each.topic.startswith(beginnings)]


def with_new_id(delivery: Received) -> Received:
    return replace(delivery, headers=delivery.headers | {"x-shopify-webhook-id": str(uuid.uuid4())})


def test_echoes_end_where_they_are_heard_and_the_rest_is_passed_on(shop):
    shop.buyers(3)
    shop.settle()
    shop.store.tag_customer(shop.handle, shop.tagged(FIRST)[0], add=["wholesale"])
    shop.settle()
    assert stages(shop) == ["heard"] * 4
    shop.store.tag_customer(shop.handle, shop.tagged(FIRST)[0], remove=[FIRST])
    shop.settle()
    assert stages(shop).count("drain") == 1
    assert len(shop.tagged(FIRST)) == 3


ORDERS_AND_ECHOES = ("written", "ordered", "cancelled")


@ON_ONE_DATABASE
@pytest.mark.parametrize("sequence", list(itertools.permutations(ORDERS_AND_ECHOES)))
def test_an_echo_changes_nothing_before_between_and_after_orders(shop, sequence):
    (buyer,) = shop.buyers(1)
    shop.drain()
    shop.sync()
    came = {"written": told(shop, "customer.tags_")}
    second = shop.buy(buyer)
    came["ordered"] = told(shop, "orders/")
    shop.store.cancel_order(shop.handle, second["id"])
    came["cancelled"] = told(shop, "orders/")
    let_in(shop, [each for name in sequence for each in came[name]])
    assert (stages(shop), shop.rows(ForeignChange, ForeignChange.at)) == (["heard"], [])
    shop.settle()
    assert shop.tags(buyer) == [FIRST]
    assert set(stages(shop)) == {"heard"}


@ON_ONE_DATABASE
@pytest.mark.parametrize("first", [hear_tags.hear_tags, drain_inbox.drain_inbox])
def test_a_tag_of_a_customer_whose_order_still_waits_is_theirs_whichever_is_heard_first(shop, first):
    buyer = shop.buy()["customer"]["id"]
    shop.store.tag_customer(shop.handle, buyer, add=[REPEAT])
    shop.receive()
    first(shop.id)
    shop.settle()
    shop.buy(buyer)
    shop.settle()
    for order in shop.store.orders(shop.handle, buyer):
        shop.store.cancel_order(shop.handle, order["id"])
    shop.settle()
    assert shop.tags(buyer) == [REPEAT]


@ON_ONE_DATABASE
def test_a_tag_taken_off_and_put_back_in_one_breath_stays(shop):
    (buyer,) = shop.buyers(1)
    shop.settle()
    with db.write() as session:
        tag_drift.choose(session, shop.id, "respect")
    shop.store.tag_customer(shop.handle, buyer, remove=[FIRST])
    shop.store.tag_customer(shop.handle, buyer, add=[FIRST])
    shop.settle()
    assert (shop.tags(buyer), shop.customer(buyer).declined_tags) == ([FIRST], 0)


def accept(shop: InstalledShop, body: bytes) -> None:
    delivery = Delivery(str(uuid.uuid4()), "customer.tags_added", None, clock.now(), body)
    with db.write() as session:
        inbox.accept(session, shop.id, delivery, clock.now(), inbox.HEARD)


def test_what_cannot_be_read_is_set_aside_and_can_be_tried_again(shop):
    accept(shop, json.dumps({"customerId": "gid://shopify/Order/1", "tags": [], "occurredAt": "no time"}).encode())
    accept(shop, b"hello")
    shop.settle()
    assert [bool(event.failed_at) for event in about_tags(shop)] == [True, True]
    run = CliRunner().invoke
    assert run(cli.cli, ["inbox", "list", shop.domain]).output.count("\n") == 3
    assert run(cli.cli, ["inbox", "replay", shop.domain]).output.startswith("2 deliveries")
    shop.settle()
    assert [bool(event.failed_at) for event in about_tags(shop)] == [True, True]


@ON_ONE_DATABASE
def test_a_lost_wake_up_call_is_made_up_for_by_the_sweep(shop):
    shop.buyers(1)
    shop.drain()
    shop.sync()
    shop.receive()
    queues.connection().flushall()
    with db.read() as session:
        assert "heard" in work_left.of(session, shop.id, clock.now())
    sweep.sweep()
    serve.serve(["heard"], burst=True)
    assert stages(shop) == ["heard"]


@ON_ONE_DATABASE
def test_many_messages_in_a_row_call_one_job_which_hears_them_all(shop, monkeypatch):
    shop.buyers(3)
    shop.drain()
    shop.sync()
    first, *others = told(shop, "customer.tags_")
    queues.queue("heard").empty()
    for deliveries, jobs in (([first], 1), (others, 0)):
        shop.receive(deliveries)
        assert queues.queue("heard").count == jobs
        serve.serve(["heard"], burst=True)
    batches, hear = [], hear_tags.hear_batch
    monkeypatch.setattr(hear_tags, "hear_batch", lambda shop_id: batches.append(shop_id) or hear(shop_id))
    queues.connection().delete(f"rest:heard:{shop.id}")
    shop.receive([with_new_id(first)])
    serve.serve(["heard"], burst=True)
    assert (stages(shop), batches) == (["heard"] * 4, [shop.id])


@ON_ONE_DATABASE
def test_what_a_shop_told_before_it_left_is_heard_to_the_end(new_shop: Install):
    shop = new_shop()
    shop.install()
    shop.buyers(1)
    shop.settle()
    accept(shop, b"hello")
    shop.store.uninstall(shop.handle)
    shop.settle()
    assert shop.row().uninstalled_at is not None
    assert [event.body for event in about_tags(shop) if event.failed_at] == [b"hello"]
