"""Where customers live: the two codes of the newest order that tells them, through every door orders come by."""

import itertools
from typing import Any

import pytest
from sqlalchemy import select

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Base, Customer, Order
from plugin.history import reconcile
from tests.support import stored
from tests.support.installed import ON_ONE_DATABASE, InstalledShop, open_app
from workers import sweep


@pytest.fixture
def approved(monkeypatch) -> None:
    """The app may read addresses; asked for before any shop is opened."""
    monkeypatch.setenv("ADDRESSES_APPROVED", "true")


def place(shop: InstalledShop, customer: int) -> tuple[str | None, str | None]:
    row = shop.customer(customer)
    return row.country, row.province


def facts(shop: InstalledShop) -> list[tuple]:
    return [(c.customer_id, c.country, c.province, c.place_at, c.place_told_at) for c in shop.customers()]


def move(shop: InstalledShop) -> dict[str, int]:
    """Customers who moved, whose last order tells nothing, who never said, and one whose address was corrected."""
    shop.store.set_clock("")
    buyers: dict[str, int] = {}
    days = itertools.count(1)

    def buy(who: str, *where: str | None) -> int:
        country, province = (*where, None)[:2]
        options: dict[str, Any] = {"country": country, "province": province}
        options["processed_at"] = f"2026-01-{next(days):02}T10:00:00Z"
        order = shop.buy(buyers.get(who, "new"), **options)
        buyers[who] = order["customer"]["id"]
        return int(order["id"])

    buy("moved", "US", "WA")
    buy("moved", "AU", "WA")
    buy("digital", "CA", "ON")
    buy("digital", None)
    buy("silent", None)
    wrong = buy("corrected", "US")
    shop.store.set_clock("+60")
    shop.store.send_elsewhere(shop.handle, wrong, "AU", "WA")
    return buyers


EXPECTED = {"moved": ("AU", "AU-WA"), "digital": ("CA", "CA-ON"), "silent": (None, None), "corrected": ("AU", "AU-WA")}


def test_places_come_by_the_import_and_by_webhooks_alike(approved, new_shop):
    shop, other = new_shop(), new_shop()
    buyers = move(shop)
    shop.posted()
    shop.install()
    assert {who: place(shop, number) for who, number in buyers.items()} == EXPECTED
    imported = facts(shop)
    with db.write() as session:
        for row in session.scalars(select(Customer).where(Customer.shop_id == shop.id)):
            row.country = row.province = row.place_at = row.place_told_at = None
    shop.import_anew()
    assert facts(shop) == imported
    other.install()
    buyers = move(other)
    other.settle()
    assert {who: place(other, number) for who, number in buyers.items()} == EXPECTED


@ON_ONE_DATABASE
def test_an_app_that_may_not_read_addresses_does_not_ask_for_them(new_shop):
    shop = new_shop()
    buyer = shop.buy(country="CA")["customer"]["id"]
    shop.posted()
    shop.install()
    assert place(shop, buyer) == (None, None)
    assert not any("displayAddress" in each["query"] for each in shop.store.bulk_operations(shop.handle))


def test_an_import_that_is_told_nothing_leaves_what_is_there(new_shop):
    shop = new_shop()
    shop.install()
    buyer = shop.buy(country="CA", province="ON")["customer"]["id"]
    shop.settle()
    shop.import_anew()
    assert place(shop, buyer) == ("CA", "CA-ON")


@ON_ONE_DATABASE
def test_pages_look_ups_and_reconciliations_tell_places_too(approved, new_shop):
    shop = new_shop()
    shop.store.bulk_conduct(shop.handle, "QUERY", refused="403")
    listed = shop.buy(country="CA")["customer"]["id"]
    shop.posted()
    shop.install()
    assert place(shop, listed) == ("CA", None)
    order = shop.buy(country=None)
    shop.settle()
    shop.store.set_clock("+3600")
    shop.store.send_elsewhere(shop.handle, order["id"], "DE")
    shop.posted()  # lost
    with db.write() as session:
        reconcile.start(session, shop.id, clock.now())
    shop.settle()
    assert place(shop, order["customer"]["id"]) == ("DE", None)
    shop.store.set_clock("+7200")
    shop.store.send_elsewhere(shop.handle, order["id"], "FR")
    shop.posted()
    with db.write() as session:
        session.get_one(Order, (shop.id, order["id"])).stale_at = clock.now()
    shop.store.set_clock("+8000")
    sweep.sweep()
    shop.settle()
    assert place(shop, order["customer"]["id"]) == ("FR", None)


def test_of_two_customers_who_are_merged_the_newer_place_stays(shop):
    first = shop.buy(country="CA", processed_at="2026-02-01T10:00:00Z")["customer"]["id"]
    second = shop.buy(country="DE", processed_at="2026-01-01T10:00:00Z")["customer"]["id"]
    shop.settle()
    shop.store.merge_customers(shop.handle, second, first)
    shop.settle()
    assert (place(shop, second), place(shop, first)) == (("CA", None), (None, None))


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    "address",
    [None, {}, {"country_code": None}, {"country_code": "Canada"}, {"country_code": "", "province_code": "ON"}],
)
def test_an_order_without_a_code_counts_all_the_same(shop, address):
    payload = shop.buy(country=None) | {"shipping_address": address}
    shop.posted()
    shop.store.send_webhook(shop.handle, "orders/create", payload)
    shop.settle()
    assert place(shop, payload["customer"]["id"]) == (None, None)
    assert shop.tags(payload["customer"]["id"]) == ["first-time"]


@ON_ONE_DATABASE
def test_nothing_else_of_an_address_is_stored(shop):
    order = shop.buy(country=None)
    address = {"country_code": "CA", "province_code": "ON", "city": "Gotham", "address1": "1007 Mountain Drive"}
    shop.store.send_webhook(shop.handle, "orders/updated", order | {"shipping_address": address})
    shop.receive()
    assert "Gotham" not in str(stored.everything())
    shop.settle()
    assert place(shop, order["customer"]["id"]) == ("CA", "CA-ON")
    assert "Mountain" not in str(stored.everything())
    assert {"country", "province"} <= set(Base.metadata.tables["customers"].c.keys())


@ON_ONE_DATABASE
def test_the_first_delivery_after_opening_is_judged_with_its_place(approved, new_shop):
    shop = new_shop()
    shop.id = open_app(shop.store, shop.handle)
    buyer = shop.buy(country="GB")["customer"]["id"]
    shop.settle()
    assert place(shop, buyer) == ("GB", None)
