"""What the app can read of a shop: fields, pages, searches, and what it may not see."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.dev_store.conftest import Installed

LINE = {"price": "12.50", "quantity": 2, "title": "Tea"}


def test_an_order_reads_as_it_was_placed(shop: Installed) -> None:
    placed = shop.dev.place_order(shop.handle, [LINE, {"price": "5", "gift_card": True}], shipping="4.10")
    answer = shop.ask(
        """query($id: ID!) { order(id: $id) { legacyResourceId name test displayFinancialStatus cancelledAt
             customer { numberOfOrders amountSpent { amount currencyCode } }
             totalPriceSet { shopMoney { amount currencyCode } } currentSubtotalPriceSet { shopMoney { amount } }
             lineItems(first: 5) { nodes { title quantity currentQuantity isGiftCard } } } }""",
        id=placed["admin_graphql_api_id"],
    )
    assert answer["data"]["order"] == {
        "legacyResourceId": str(placed["id"]),
        "name": "#1001",
        "test": False,
        "displayFinancialStatus": "PAID",
        "cancelledAt": None,
        "customer": {"numberOfOrders": "1", "amountSpent": {"amount": "34.1", "currencyCode": "USD"}},
        "totalPriceSet": {"shopMoney": {"amount": "34.1", "currencyCode": "USD"}},
        "currentSubtotalPriceSet": {"shopMoney": {"amount": "30.0"}},
        "lineItems": {
            "nodes": [
                {"title": "Tea", "quantity": 2, "currentQuantity": 2, "isGiftCard": False},
                {"title": "Goods", "quantity": 1, "currentQuantity": 1, "isGiftCard": True},
            ]
        },
    }


def test_what_a_customer_spent_leaves_out_test_and_cancelled_orders(shop: Installed) -> None:
    customer = shop.dev.place_order(shop.handle, [LINE])["customer"]["id"]
    shop.dev.place_order(shop.handle, [LINE], customer=customer, test=True)
    shop.dev.cancel_order(shop.handle, shop.dev.place_order(shop.handle, [LINE], customer=customer)["id"])
    query = f'{{ customer(id: "gid://shopify/Customer/{customer}") {{ numberOfOrders amountSpent {{ amount }} }} }}'
    assert shop.ask(query)["data"]["customer"] == {"numberOfOrders": "2", "amountSpent": {"amount": "25.0"}}


def test_a_guest_has_no_customer(shop: Installed) -> None:
    shop.dev.place_order(shop.handle, [LINE], customer=None)
    answer = shop.ask("{ orders(first: 1) { nodes { customer { id } } } }")
    assert answer["data"]["orders"]["nodes"] == [{"customer": None}]


def test_pages_join_up_to_everything_in_order(shop: Installed) -> None:
    ids = [shop.customer() for _ in range(7)]
    query = """query($after: String, $back: Boolean) { customers(first: 3, after: $after, reverse: $back) {
                 nodes { legacyResourceId } pageInfo { hasNextPage endCursor } } }"""
    for back in (False, True):
        found: list[int] = []
        page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            answer = shop.ask(query, after=page["endCursor"], back=back)["data"]["customers"]
            found += [int(node["legacyResourceId"]) for node in answer["nodes"]]
            page = answer["pageInfo"]
        assert found == sorted(ids, reverse=back)


def test_orders_are_found_by_when_they_changed(shop: Installed) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for day in range(3):
        shop.dev.set_clock(start + timedelta(days=day))
        shop.dev.place_order(shop.handle, [LINE])
    query = "query($q: String) { orders(first: 9, query: $q) { nodes { updatedAt } } }"
    for search, count in [
        ("updated_at:>='2026-03-02T00:00:00Z'", 2),
        ("updated_at:>'2026-03-02T00:00:00Z'", 1),
        ("updated_at:>=2026-03-01T00:00:00Z AND updated_at:<2026-03-03T00:00:00Z", 2),
        ("financial_status:paid test:false", 3),
        ("status:cancelled", 0),
    ]:
        assert len(shop.ask(query, q=search)["data"]["orders"]["nodes"]) == count, search


def test_changes_are_kept_to_the_second(shop: Installed) -> None:
    shop.dev.set_clock("2026-03-01T10:00:00.900000+00:00")
    shop.dev.place_order(shop.handle, [LINE])
    query = "query($q: String) { orders(first: 9, query: $q) { nodes { updatedAt } } }"
    (order,) = shop.ask(query)["data"]["orders"]["nodes"]
    assert shop.ask(query, q=f"updated_at:>'{order['updatedAt']}'")["data"]["orders"]["nodes"] == []


def test_an_unknown_search_field_is_ignored_with_a_warning(shop: Installed) -> None:
    shop.customer()
    answer = shop.ask('{ customersCount(query: "state:DISABLED") { count } }')
    assert answer["data"]["customersCount"]["count"] == 1
    assert answer["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_without_all_orders_only_sixty_days_are_visible(install: Callable[..., Installed]) -> None:
    shop = install(scopes=["read_orders", "write_customers"])
    start = datetime(2026, 3, 1, tzinfo=UTC)
    shop.dev.set_clock(start)
    customer = shop.dev.place_order(shop.handle, [LINE])["customer"]["id"]
    for after, seen in [(timedelta(days=60), 1), (timedelta(days=60, seconds=1), 0)]:
        shop.dev.set_clock(start + after)
        shop.dev.expire_tokens(shop.handle)
        fresh = {"token": renewed(shop)}
        answer = shop.post("{ ordersCount { count } customersCount { count } }", **fresh).json()
        assert answer["data"]["ordersCount"]["count"] == seen
    query = f'{{ customer(id: "gid://shopify/Customer/{customer}") {{ numberOfOrders lastOrder {{ id }} }} }}'
    told = shop.post(query, **fresh).json()["data"]["customer"]
    assert told == {"numberOfOrders": "1", "lastOrder": None}


def renewed(shop: Installed) -> str:
    from tests.integration.dev_store.conftest import exchange

    return str(exchange(shop.store, shop.http, shop.handle).json()["access_token"])


@pytest.mark.parametrize(
    ("scopes", "query", "missing"),
    [
        (["read_orders"], "{ customers(first: 1) { nodes { id } } }", "read_customers"),
        (["read_customers"], "{ orders(first: 1) { nodes { id } } }", "read_orders"),
        (["read_orders"], "{ orders(first: 1) { nodes { customer { id } } } }", "read_customers"),
    ],
)
def test_a_missing_scope_denies_access(
    install: Callable[..., Installed], scopes: list[str], query: str, missing: str
) -> None:
    shop = install(scopes=scopes)
    shop.dev.place_order(shop.handle, [LINE])
    error = shop.ask(query)["errors"][0]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert f"Required access: `{missing}` access scope." in error["message"]


def test_the_granted_scopes_are_told_and_can_change(shop: Installed) -> None:
    query = "{ currentAppInstallation { accessScopes { handle } } }"
    shop.dev.grant_scopes(shop.handle, ["write_customers"])
    handles = [s["handle"] for s in shop.ask(query)["data"]["currentAppInstallation"]["accessScopes"]]
    assert handles == ["read_customers", "write_customers"]
