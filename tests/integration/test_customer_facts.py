"""What is kept of customers beside their tags: Shopify's own sums and the consent, by the import and by webhooks."""

import itertools
from datetime import timedelta

import pytest

from plugin.db.models import Order
from tests.support.installed import ON_ONE_DATABASE, InstalledShop
from workers import drain_inbox

CONSENT = "customers_email_marketing_consent/update"


def facts(shop: InstalledShop, customer: int) -> tuple:
    row = shop.customer(customer)
    return row.lifetime_orders, row.lifetime_spend, row.consent


def test_sums_and_consent_are_imported_and_kept_current(new_shop):
    shop = new_shop()
    buyer = shop.buy(price="250.00")["customer"]["id"]
    shop.store.set_consent(shop.handle, buyer, "SUBSCRIBED")
    shop.posted()
    shop.install()
    assert facts(shop, buyer) == (1, 25_000, "subscribed")
    shop.store.set_clock("+60")
    order = shop.buy(buyer, price="50.00")
    shop.store.set_consent(shop.handle, buyer, "UNSUBSCRIBED")
    shop.settle()
    assert facts(shop, buyer) == (2, 30_000, "unsubscribed")
    shop.store.set_clock("+120")
    shop.store.refund_order(shop.handle, order["id"])
    shop.settle()
    assert facts(shop, buyer)[1] == 25_000


@ON_ONE_DATABASE
def test_sums_older_than_the_history_we_may_see_are_known(new_shop):
    shop = new_shop(scopes=["read_customers", "write_customers", "read_orders"])
    buyer = shop.buy(price="250.00", processed_at="2020-01-01T00:00:00Z")["customer"]["id"]
    shop.posted()
    shop.install()
    assert facts(shop, buyer)[:2] == (1, 25_000)


@ON_ONE_DATABASE
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_the_newest_sum_stands_whatever_comes_first(shop, order):
    buyer = shop.buy()["customer"]["id"]
    for seconds in (60, 120):
        shop.store.set_clock(f"+{seconds}")
        shop.buy(buyer)
    posted = shop.posted()
    sums = [each for each in posted if each.headers["x-shopify-topic"] == "customers/purchasing_summary"]
    shop.receive([sums[place] for place in order])
    shop.settle()
    assert facts(shop, buyer)[:2] == (3, 30_000)


@pytest.mark.parametrize("order", list(itertools.permutations(("list", "bought", "refunded"))), ids=str)
@ON_ONE_DATABASE
def test_what_changed_twice_in_the_second_a_list_was_begun_ends_right_once_all_was_told(shop, order):
    second = shop.store.now().replace(microsecond=0) + timedelta(minutes=1)
    shop.store.set_clock(second + timedelta(milliseconds=300))
    bought = shop.buy()
    told = {"bought": shop.posted()}
    shop.store.set_clock(second + timedelta(milliseconds=500))
    shop.store.refund_order(shop.handle, bought["id"])
    told["refunded"] = shop.posted()
    shop.store.set_clock(second + timedelta(milliseconds=700))
    for each in order:
        if each == "list":
            shop.import_anew()
        else:
            shop.receive(told[each])
            drain_inbox.drain_inbox(shop.id)
    assert facts(shop, bought["customer"]["id"])[:2] == (1, 0)
    (order_row,) = shop.rows(Order, Order.order_id)
    assert (order_row.total, order_row.financial_status) == (0, "refunded")


@ON_ONE_DATABASE
def test_an_import_does_not_undo_a_newer_sum_or_consent(shop):
    buyer = shop.buy()["customer"]["id"]
    shop.settle()
    shop.store.set_clock("+3600")
    told = {"customerId": f"gid://shopify/Customer/{buyer}", "numberOfOrders": 7, "occurredAt": "2100-01-01T00:00:00Z"}
    amount = {"amountSpent": {"amount": "70.00", "currencyCode": "USD"}}
    shop.store.send_webhook(shop.handle, "customers/purchasing_summary", told | amount)
    changed = {"state": "subscribed", "consent_updated_at": "2100-01-01T00:00:00Z"}
    shop.store.send_webhook(shop.handle, CONSENT, {"customer_id": buyer, "email_marketing_consent": changed})
    shop.drain()
    shop.import_anew()
    assert facts(shop, buyer) == (7, 7_000, "subscribed")


@ON_ONE_DATABASE
def test_a_sum_in_another_currency_is_set_aside(shop):
    buyer = shop.buy()["customer"]["id"]
    shop.settle()
    before = facts(shop, buyer)
    told = {"customerId": f"gid://shopify/Customer/{buyer}", "numberOfOrders": 7, "occurredAt": "2100-01-01T00:00:00Z"}
    amount = {"amountSpent": {"amount": "70.00", "currencyCode": "EUR"}}
    shop.store.send_webhook(shop.handle, "customers/purchasing_summary", told | amount)
    shop.drain()
    assert facts(shop, buyer) == before
    assert [event.error for event in shop.events() if event.failed_at] == ["The sum is in EUR, the shop in USD"]


def test_consent_decides_on_either_database(shop):
    agreed, declined, never = (shop.buy()["customer"]["id"] for _ in range(3))
    for customer, state in ((agreed, "SUBSCRIBED"), (declined, "UNSUBSCRIBED")):
        shop.store.set_consent(shop.handle, customer, state)
    asked = {"measure": "consent", "comparison": "is", "value": "subscribed"}
    others = {"measure": "consent", "comparison": "is_not", "value": ["subscribed", "unsubscribed"]}
    shop.drain()
    shop.save_segments(*({"name": tag, "tag": tag, "conditions": [c]} for tag, c in (("yes", asked), ("no", others))))
    shop.settle()
    assert (shop.tagged("yes"), shop.tagged("no")) == ([agreed], [never])
