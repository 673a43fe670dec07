"""What Shopify tells the app about the shop itself: scopes taken and given back, and what is for other shops."""

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from plugin.db import session as db
from plugin.db.models import Base
from tests.support import shop as posting
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from tests.support.turmoil import calls, dead_repeated

SCOPES = ["read_customers", "read_orders", "write_customers", "read_all_orders"]
WITHOUT_WRITING = ["read_customers", "read_orders", "read_all_orders"]


def known(shop: InstalledShop) -> dict[str, list[dict[str, Any]]]:
    """Every row about the shop but the deliveries themselves, by table."""
    found = {}
    with db.read() as session:
        for table in Base.metadata.sorted_tables:
            key = table.c.id if table.name == "shops" else table.c.get("shop_id")
            if key is not None and table.name not in ("inbox_events", "turns"):
                found[table.name] = [
                    dict(row) for row in session.execute(select(table).where(key == shop.id)).mappings()
                ]
    for row in found["shops"]:
        del row["writes"]
    return found


def test_without_the_scope_to_write_nothing_is_repeated_and_tags_are_written_when_it_is_back(shop):
    buyers = shop.buyers(3)
    shop.drain()
    shop.store.grant_scopes(shop.handle, WITHOUT_WRITING)
    shop.store.forget_calls()
    for _ in range(3):
        shop.work()
    assert (shop.tagged("first-time"), shop.row().trouble, shop.row().token_error) == ([], "AccessDenied", None)
    assert len(calls(shop)) == 1
    late = shop.buy()["customer"]["id"]
    shop.work()
    assert len(calls(shop)) == 1
    shop.store.grant_scopes(shop.handle, SCOPES)
    shop.settle()
    assert shop.tagged("first-time") == sorted([*buyers, late])
    assert (shop.row().trouble, dead_repeated(shop)) == (None, [])


@ON_ONE_DATABASE
def test_an_import_waits_for_the_scope_to_read_and_then_goes_on(new_shop):
    shop = new_shop()
    buyers = shop.buyers(2)
    shop.store.grant_scopes(shop.handle, ["write_customers"])
    shop.store.grant_scopes(shop.handle, ["write_customers", "read_orders"])
    shop.install()
    assert shop.tagged("repeat") == []
    shop.store.grant_scopes(shop.handle, SCOPES)
    shop.settle()
    assert shop.tagged("first-time") == buyers


@ON_ONE_DATABASE
def test_news_of_scopes_older_than_the_token_is_no_news(shop):
    before = shop.row().scopes
    told = (shop.store.now() - timedelta(minutes=5)).isoformat()
    body = {"id": 1, "previous": [], "current": ["read_orders"], "updated_at": told}
    shop.store.send_webhook(shop.handle, "app/scopes_update", body | {"shop_id": gid(shop)}, triggered_at=told)
    shop.settle()
    assert shop.row().scopes == before


def gid(shop: InstalledShop, more: int = 0) -> str:
    return f"gid://shopify/Shop/{shop.row().shopify_id + more}"


OTHER = "another-store.myshopify.com"
OTHER_ID = 999
PERSON = {"id": 7, "email": "kim@mail.test", "phone": "+15550100"}
FOREIGN = {
    "app/uninstalled": {"id": OTHER_ID, "domain": OTHER},
    "app/scopes_update": {
        "shop_id": f"gid://shopify/Shop/{OTHER_ID}",
        "current": [],
        "updated_at": "2099-01-01T00:00:00Z",
    },
    "shop/update": {"id": OTHER_ID, "currency": "EUR", "iana_timezone": "Europe/Paris"},
    "customers/data_request": {"shop_domain": OTHER, "customer": PERSON, "data_request": {"id": 1}},
    "customers/redact": {"shop_domain": OTHER, "customer": PERSON, "orders_to_redact": [1]},
    "shop/redact": {"shop_domain": OTHER, "shop_id": OTHER_ID},
}
BROKEN = (b"", b"{", b"[]", b"null", b"\xff", b'{"id": "x"}', b'{"shop_domain": {}}', b'{"current": 7}')


@ON_ONE_DATABASE
def test_what_is_about_another_shop_is_set_aside_and_changes_nothing(shop):
    shop.buyers(1)
    shop.settle()
    before = known(shop)
    client = shop.app.test_client()
    for topic, payload in FOREIGN.items():
        answer = posting.post(client, topic, payload, **{"X-Shopify-Shop-Domain": shop.domain})
        assert answer.status_code == 200
    shop.settle()
    failed = {event.topic: event.error for event in shop.events() if event.failed_at}
    assert failed == dict.fromkeys(FOREIGN, "The body is about another shop than the header")
    assert known(shop) == before


@ON_ONE_DATABASE
def test_notices_that_nobody_can_read_are_set_aside_and_hold_nothing_up(shop):
    shop.settle()
    before, client = known(shop), shop.app.test_client()
    for topic in FOREIGN:
        for body in BROKEN:
            posting.post(client, topic, body, **{"X-Shopify-Shop-Domain": shop.domain})
    shop.settle()
    failed = Counter(event.topic for event in shop.events() if event.failed_at)
    assert failed == dict.fromkeys(FOREIGN, len(BROKEN))
    assert known(shop) == before


@ON_ONE_DATABASE
def test_another_currency_is_set_aside_for_a_person_to_decide(shop):
    shop.store.update_shop(shop.handle, currency="EUR", timezone="Europe/Paris")
    shop.settle()
    assert (shop.row().currency, shop.row().timezone) == ("USD", "America/New_York")
    assert "currency" in shop.events()[-1].error
    shop.store.update_shop(shop.handle, currency="USD", timezone="Europe/Paris", plan="plus")
    shop.settle()
    assert (shop.row().timezone, shop.row().plan) == ("Europe/Paris", "Plus")
