"""What `regulars explain` and the page say of a customer is what happened to them in the store."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from plugin import cli, clock
from plugin.db import session as db
from plugin.segments import catalogue
from plugin.shop import shops
from plugin.shopify import tags_in_use
from plugin.standing import checking, explanation, pinning
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from tests.support.turmoil import later

pytestmark = ON_ONE_DATABASE


def explained(shop: InstalledShop, customer: int) -> explanation.CustomerExplained:
    with db.read() as session:
        return explanation.explain(session, shop.id, customer, clock.now())


def told(shop: InstalledShop, customer: int) -> list[str]:
    answer = CliRunner().invoke(cli.cli, ["explain", shop.domain, str(customer)])
    assert answer.exit_code == 0, answer.output
    return answer.output.splitlines()


def by_tag(shop: InstalledShop, customer: int) -> dict[str, dict]:
    answer = CliRunner().invoke(cli.cli, ["explain", shop.domain, str(customer), "--json"])
    return {each["tag"]: each for each in json.loads(answer.output)["segments"]}


def test_orders_that_do_not_count_are_named_with_the_reason(shop):
    buyer = shop.buy()["customer"]["id"]
    cancelled, refunded, unpaid = (shop.buy(buyer, **more) for more in ({}, {}, {"financial_status": "pending"}))
    shop.store.cancel_order(shop.handle, cancelled["id"])
    shop.store.refund_order(shop.handle, refunded["id"])
    shop.settle()
    reasons = {order.order_id: order.because for order in explained(shop, buyer).ignored}
    assert reasons[refunded["id"]] == "refunded in full"
    assert reasons[unpaid["id"]] == "not paid (pending)"
    assert reasons[cancelled["id"]] in ("cancelled", "refunded in full")
    assert any(f"Order {refunded['id']}" in line and "does not count" in line for line in told(shop, buyer))


def test_doing_what_is_advised_brings_the_tag(shop):
    shop.save_segments(*catalogue.definitions(("bronze", "silver", "frequent")))
    buyer = shop.buy(price="150")["customer"]["id"]
    shop.settle()
    found = by_tag(shop, buyer)
    assert found["silver"]["advice"].startswith("comes in with $350.00 more")
    assert found["frequent"]["advice"].startswith("comes in with 2 orders more before ")
    assert (found["bronze"]["inside"], found["bronze"]["advice"]) == (True, None)
    shop.buy(buyer, "350")
    shop.settle()
    assert shop.tags(buyer) == ["silver"]
    assert by_tag(shop, buyer)["bronze"]["reasons"] == ["Silver fits as well, and only one step of a ladder is given"]


def test_who_would_lapse_by_silence_is_told_when_and_does(shop):
    shop.save_segments(*catalogue.definitions(("active", "at-risk")))
    days_ago = shop.store.now() - timedelta(days=89)
    buyer = shop.buy(processed_at=days_ago.isoformat())["customer"]["id"]
    shop.settle()
    at_risk = next(each for each in explained(shop, buyer).segments if each.segment.tag == "at-risk")
    assert at_risk.why.advice is None
    assert shop.tags(buyer) == ["active"]
    later(shop, at_risk.why.changes_at - shop.store.now())
    shop.settle()
    assert shop.tags(buyer) == ["at-risk"]


def test_a_pin_is_told_with_its_note_and_its_end(shop):
    buyer = shop.buy()["customer"]["id"]
    shop.settle()
    until = clock.now() + timedelta(days=3)
    with db.write() as session:
        shops.hold(session, shop.id)
        pinning.put(session, shop.id, buyer, "lapsed", True, until, "met at the fair", now=clock.now(), cause="page")
    (reason,) = by_tag(shop, buyer)["lapsed"]["reasons"]
    assert reason.startswith("pinned into it until ")
    assert reason.endswith(": met at the fair")
    assert by_tag(shop, buyer)["lapsed"]["inside"] is True


def test_the_rule_is_named_by_its_version(shop):
    buyer = shop.buy()["customer"]["id"]
    definitions = catalogue.definitions(["frequent"])
    for value in (5, 6):
        definitions[0]["conditions"][0]["value"] = value
        shop.save_segments(*definitions)
    shop.settle()
    frequent = by_tag(shop, buyer)["frequent"]
    assert frequent["version"] == 4  # the first was off
    assert frequent["sentence"] == "Customers who placed at least 6 orders in the last 90 days"


def test_what_a_segment_waits_for_is_told_and_nobody_is_in_it(new_shop):
    shop = new_shop(scopes=["read_orders", "write_customers"])
    buyer = shop.buy()["customer"]["id"]
    shop.install()
    shop.save_segments(*(preset.definition() for preset in catalogue.presets()))
    found = by_tag(shop, buyer)
    assert [each["inside"] for each in found.values() if any("waits:" in why for why in each["reasons"])].count(
        True
    ) == 0
    assert found["buys-coffee"]["reasons"] == ["waits: needs the permission to read products"]
    assert found["vip"]["reasons"] == ["waits: needs every order a customer ever placed"]
    assert len(told(shop, buyer)) > 2 * len(found)


@pytest.mark.parametrize("answers", [True, False])
def test_a_tag_that_others_gave_is_pointed_out_before_it_is_ours(shop, answers):
    buyer = shop.buy()["customer"]["id"]
    shop.store.tag_customer(shop.handle, buyer, add=["VIP"])
    shop.settle()
    assert "VIP" in tags_in_use.all_of(shops.admin_client(shop.id))
    if not answers:
        shop.store.fault("503", shop=shop.handle, remaining=9)
    found = checking.check(shop.id, catalogue.definitions(["vip", "first-time"]))
    warned = [path for path, _ in found.clashes.warnings]
    assert (found.asked_store, warned, found.clashes.errors) == (answers, ["0.tag"] if answers else [], ())
