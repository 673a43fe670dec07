"""A merchant sees and changes the shop of their token, whatever else a request says."""

from datetime import timedelta
from itertools import product
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Base, Customer, DataRequest, InboxEvent, Order, Run, Shop, TagChange
from plugin.segments import presets
from tests.integration.admin_ui.asking import Merchant, id_token


def test_nothing_of_another_shop_is_shown(merchant: Merchant, other_merchant: Merchant) -> None:
    now, shop_id = clock.now(), other_merchant.shop_id
    other_merchant.add(
        Customer(shop_id=shop_id, customer_id=1, wanted_tags=1),
        Customer(shop_id=shop_id, customer_id=2, wanted_tags=1, sync_after=now.replace(year=2100)),
        Run(shop_id=shop_id, kind="import", state="running", stage="orders", created_at=now, position={}),
        InboxEvent(shop_id=shop_id, webhook_id="w", topic="t", triggered_at=now, received_at=now, failed_at=now),
    )
    status = merchant.get("/app/api/status", query_string={"shop": other_merchant.domain}).get_json()
    assert (status["customers"], status["pending_tags"], status["failed_deliveries"]) == (0, 0, 0)
    assert (status["busy"], status["problems"]) == (False, [])
    assert {line["customers"] for line in status["segments"]} == {0}
    assert other_merchant.get("/app/api/status").get_json()["busy"] is True


def test_saving_changes_no_other_shop(merchant: Merchant, other_merchant: Merchant) -> None:
    only = [{"name": "Only", "tag": "only", "conditions": presets.DEFAULTS[1]["conditions"]}]
    assert merchant.save(only).status_code == 200
    assert [segment["tag"] for segment in merchant.segments()] == ["only"]
    assert len(other_merchant.segments()) == len(presets.DEFAULTS)


def test_the_page_is_the_token_s_shop_and_not_the_address_s(merchant: Merchant, other_merchant: Merchant) -> None:
    merchant.save([{"name": "Annas own", "tag": "own", "conditions": presets.DEFAULTS[1]["conditions"]}])
    assert "Annas own" in merchant.open(shop=other_merchant.domain).text
    assert "Annas own" not in other_merchant.open(shop=merchant.domain).text


def test_a_shop_without_the_app_is_told_so(merchant: Merchant) -> None:
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).uninstalled_at = clock.now()
    for answer in (merchant.get("/app/api/status"), merchant.get("/app/api/segments"), merchant.save([])):
        assert answer.status_code == 403
    stranger = Merchant(merchant.client, "stranger.myshopify.com", 0)
    assert stranger.get("/app/api/status").status_code == 403


# Words that stand in B's rows and nowhere else.
SECRET = "boris-only"
NUMBER = 987_654_321
# Nothing below these is about a shop; deliveries are signed for one shop and have tests of their own.
SHOPLESS = ("/webhooks", "/auth")


def belongings(merchant: Merchant) -> list[Any]:
    """A row in every kind of table that requests can reach."""
    now, shop_id = clock.now(), merchant.shop_id
    later = now + timedelta(days=30)
    data = {"requested_at": now, "expires_at": later, "content": f'{{"secret": "{SECRET}"}}'}
    change = {"added": [], "removed": [SECRET], "at": later, "outcome": "written"}
    return [
        Customer(shop_id=shop_id, customer_id=NUMBER, applied_tags=1),
        Order(shop_id=shop_id, order_id=NUMBER, customer_id=NUMBER),
        DataRequest(shop_id=shop_id, id=NUMBER, customer_id=NUMBER, **data),
        TagChange(shop_id=shop_id, id=NUMBER, customer_id=NUMBER, **change),
    ]


def rows_of(merchant: Merchant) -> dict[str, list[Any]]:
    """Everything stored about a shop, table by table."""
    with db.read() as session:
        found = {}
        for table in Base.metadata.sorted_tables:
            column = table.c.id if table.name == "shops" else table.c.get("shop_id")
            if column is not None:
                found[table.name] = sorted(map(tuple, session.execute(select(table).where(column == merchant.shop_id))))
        return found


def requests_with(rule: Rule, merchant: Merchant, other: Merchant) -> list[dict[str, Any]]:
    """Every method of a route with the merchant's token and the other's ids in every place a request has."""
    values = {name: NUMBER if name.endswith("_id") else 2 if name == "bit" else "x" for name in rule.arguments}
    path = rule.build(values, append_unknown=False)
    assert path is not None
    elsewhere = {
        "shop": other.domain,
        "shop_id": str(other.shop_id),
        "id_token": id_token(merchant.domain),
        "version": "1",
    }
    claims = {"shop": other.domain, "shop_id": other.shop_id, "request_id": NUMBER}
    bodies = [claims, {**claims, "on": False}, {**claims, "segments": []}, {"on": False}, {"segments": []}]
    methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return [
        {"path": path[1], "method": method, "query_string": elsewhere, "json": body, "headers": merchant.bearer()}
        for method, body in product(methods, bodies)
    ]


def test_no_route_shows_or_changes_anything_of_another_shop(
    app: Flask, merchant: Merchant, other_merchant: Merchant
) -> None:
    other_merchant.add(*belongings(other_merchant))
    before, asked = rows_of(other_merchant), set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(SHOPLESS):
            continue
        for request in requests_with(rule, merchant, other_merchant):
            answer = merchant.client.open(**request)
            asked.add((rule.rule, answer.status_code))
            assert answer.status_code < 500
            for secret in (SECRET, str(NUMBER), "boris"):
                assert secret not in answer.get_data(as_text=True)
    assert rows_of(other_merchant) == before
    assert {status for rule, status in asked if "request_id" in rule} == {404}
    assert ("/app/api/tagging", 200) in asked


def test_what_the_walk_looks_for_can_be_found(merchant: Merchant) -> None:
    merchant.add(*belongings(merchant))
    assert SECRET in merchant.get(f"/app/api/data-requests/{NUMBER}").text
    assert str(NUMBER) in merchant.open("/app/data").text
