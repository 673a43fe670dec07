"""A shop's whole life with the app, as the merchant, Shopify and the journal of calls see it, in one go."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from plugin.db import session as db
from plugin.db.models import Base
from plugin.db.scope import ALL_SHOPS
from tests.integration.admin_ui.asking import Merchant
from tests.support.installed import InstalledShop, open_app
from tests.support.turmoil import calls, dead_repeated, later

TABLES = [table for table in Base.metadata.sorted_tables if table.name != "turns"]
READING = ["read_all_orders", "read_customers", "read_orders"]


@pytest.fixture
def shop(new_shop, door, shopify, monkeypatch) -> InstalledShop:
    """A shop with two buyers, installed by authorization code; its history is read."""
    monkeypatch.setenv("APP_URL", door.url)
    opened = new_shop()
    opened.buyers(2)
    opened.store.forget_calls()
    client = opened.app.test_client()
    sent = client.get(path(opened.store.install_link(opened.handle)))
    with shopify.shopify() as http:
        back = http.get(sent.headers["Location"]).headers["location"]
    assert client.get(path(back)).status_code == 302
    opened.id = open_app(opened.store, opened.handle)
    opened.settle()
    return opened


def path(address: str) -> str:
    return urlsplit(address)._replace(scheme="", netloc="").geturl()


def merchant(shop: InstalledShop) -> Merchant:
    return Merchant(shop.app.test_client(), shop.domain, shop.id)


def is_right(shop: InstalledShop) -> bool:
    """Whether every customer carries exactly the tags that their orders in the store ask for."""
    shop.settle()
    wanted: dict[str, list[int]] = {"first-time": [], "repeat": [], "frequent": []}
    for customer in shop.store.customers(shop.handle):
        count = len(shop.store.orders(shop.handle, customer["id"]))
        tags = {"first-time": count == 1, "repeat": count >= 2, "frequent": count >= 3}
        for tag in (tag for tag, carried in tags.items() if carried):
            wanted[tag].append(customer["id"])
    return {tag: shop.tagged(tag) for tag in wanted} == {tag: sorted(found) for tag, found in wanted.items()}


def is_cut_off_and_healed(shop: InstalledShop) -> bool:
    """The tokens end; the page says so without being opened anew; opening it heals."""
    shop.store.revoke_tokens(shop.handle)
    shop.buyers(2)
    shop.work()
    problems = merchant(shop).get("/app/api/status").get_json()["problems"]
    assert [each["heading"] for each in problems] == ["Regulars cannot reach your store"]
    assert merchant(shop).open().status_code == 200
    return is_right(shop) and merchant(shop).get("/app/api/status").get_json()["problems"] == []


def is_narrowed_and_widened(shop: InstalledShop) -> bool:
    """The right to write is taken away and given back."""
    scopes = shop.store.shop(shop.handle)["scopes"]
    shop.store.grant_scopes(shop.handle, READING)
    shop.buyers(1)
    shop.work()
    assert shop.row().trouble == "AccessDenied"
    shop.store.grant_scopes(shop.handle, scopes)
    return is_right(shop)


def is_gone_and_back(shop: InstalledShop) -> bool:
    """The app is removed, and put back an hour and some orders later."""
    shop.store.uninstall(shop.handle)
    shop.work()
    asked = len(calls(shop))
    shop.buy(shop.store.customers(shop.handle)[0]["id"])
    for _ in range(3):
        shop.work()
    assert len(calls(shop)) == asked
    later(shop, timedelta(hours=1))
    assert merchant(shop).open().status_code == 200
    return is_right(shop)


def left_of(shop: InstalledShop) -> dict[str, int]:
    """How many rows each table still has of this, the only shop."""
    with db.read() as session:
        found = {
            table.name: len(session.execute(select(table).execution_options(**ALL_SHOPS)).all()) for table in TABLES
        }
    return {name: count for name, count in found.items() if count}


def test_a_shop_is_installed_cut_off_narrowed_left_found_again_and_forgotten(shop):
    assert is_right(shop)
    shop.store.expire_tokens(shop.handle)
    shop.buyers(1)
    assert is_right(shop)
    assert is_cut_off_and_healed(shop)
    assert is_narrowed_and_widened(shop)
    assert is_gone_and_back(shop)
    shop.store.uninstall(shop.handle)
    shop.work()
    later(shop, timedelta(hours=48))
    shop.store.redact_shop(shop.handle)
    shop.settle()
    assert left_of(shop) == {"erasures": 1}
    assert dead_repeated(shop) == []
    grants = [grant for grant, _ in calls(shop) if grant != "admin"]
    assert (grants[0], grants.count("code"), grants.count("exchange")) == ("code", 1, 2)
