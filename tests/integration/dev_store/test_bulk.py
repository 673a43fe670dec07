"""Bulk queries: what is refused, what comes out, and that it is what the ordinary API would have said."""

import json
import time
from typing import Any

import pytest

from tests.integration.dev_store.conftest import Installed

RUN = """mutation($query: String!, $grouped: Boolean!) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status } userErrors { code field message } } }"""
POLL = """query($id: ID!) { bulkOperation(id: $id) {
  status errorCode objectCount rootObjectCount fileSize url partialDataUrl completedAt } }"""
NODE = """id legacyResourceId name processedAt createdAt updatedAt cancelledAt cancelReason test displayFinancialStatus
  customer { id tags numberOfOrders amountSpent { amount currencyCode } }
  total: totalPriceSet { shopMoney { amount currencyCode } } currentSubtotalPriceSet { presentmentMoney { amount } }
  ...Current __typename"""
FRAGMENT = " fragment Current on Order { currentTotalPriceSet { shopMoney { amount } } }"
LINE = "id title quantity currentQuantity isGiftCard"
ORDERS = f"{{ orders {{ edges {{ node {{ {NODE} lineItems {{ edges {{ node {{ {LINE} }} }} }} }} }} }} }}" + FRAGMENT


def start(shop: Installed, query: str, grouped: bool = True) -> dict[str, Any]:
    payload: dict[str, Any] = shop.ask(RUN, query=query, grouped=grouped)["data"]["bulkOperationRunQuery"]
    return payload


def finished(shop: Installed, query: str, grouped: bool = True) -> dict[str, Any]:
    started = start(shop, query, grouped)
    assert started["userErrors"] == []
    assert started["bulkOperation"]["status"] == "CREATED"
    end = time.monotonic() + 10
    while time.monotonic() < end:
        operation: dict[str, Any] = shop.ask(POLL, id=started["bulkOperation"]["id"])["data"]["bulkOperation"]
        if operation["completedAt"]:
            return operation
        time.sleep(0.02)
    raise TimeoutError


def lines(shop: Installed, url: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shop.http.get(url).text.splitlines()]


@pytest.fixture
def busy(shop: Installed) -> Installed:
    """A shop with a refund, a guest, a test order, a gift card and a cancelled order."""
    dev, handle = shop.dev, shop.handle
    tea, card = {"price": "3.10", "quantity": 4, "title": "Tea"}, {"price": "25.00", "gift_card": True}
    first = dev.place_order(handle, [tea, card], shipping="5.00")
    dev.refund_order(handle, first["id"], [{"index": 0, "quantity": 1}])
    dev.place_order(handle, [tea], customer=first["customer"]["id"], test=True)
    dev.cancel_order(handle, dev.place_order(handle, [tea], customer=None)["id"])
    dev.place_order(handle, [], financial_status="pending")
    dev.tag_customer(handle, first["customer"]["id"], add=["b", "A"])
    return shop


def test_a_bulk_query_says_what_the_ordinary_api_says(busy: Installed) -> None:
    operation = finished(busy, ORDERS)
    query = (
        f"{{ orders(first: 50, sortKey: ID) {{ nodes {{ {NODE} lineItems(first: 9) {{ nodes {{ {LINE} }} }} }} }} }}"
    )
    expected = []
    for node in busy.ask(query + FRAGMENT)["data"]["orders"]["nodes"]:
        below = node.pop("lineItems")["nodes"]
        expected += [node, *({**line, "__parentId": node["id"]} for line in below)]
    assert lines(busy, operation["url"]) == expected
    assert (operation["rootObjectCount"], operation["objectCount"]) == ("4", str(len(expected)))


def test_ungrouped_lines_come_apart_from_their_parents(busy: Installed) -> None:
    grouped = lines(busy, finished(busy, ORDERS)["url"])
    apart = lines(busy, finished(busy, ORDERS, grouped=False)["url"])
    assert sorted(map(json.dumps, apart)) == sorted(map(json.dumps, grouped))
    assert ["__parentId" in line for line in apart] == [False] * 4 + [True] * 4


def test_customers_come_with_their_orders_and_those_with_their_lines(busy: Installed) -> None:
    below = "orders { edges { node { id lineItems { edges { node { id quantity } } } } } }"
    found = lines(busy, finished(busy, f"{{ customers {{ edges {{ node {{ id {below} }} }} }} }}")["url"])
    kinds = [line["id"].split("/")[3] for line in found]
    assert kinds == ["Customer", "Order", "LineItem", "LineItem", "Order", "LineItem", "Customer", "Order"]
    assert found[2]["__parentId"] == found[1]["id"]


def test_a_search_narrows_a_bulk_query(busy: Installed) -> None:
    operation = finished(busy, '{ orders(query: "financial_status:voided test:false") { edges { node { id } } } }')
    assert (operation["status"], operation["url"], operation["objectCount"]) == ("COMPLETED", None, "0")
    operation = finished(busy, '{ orders(query: "status:cancelled") { edges { node { id } } } }')
    assert operation["objectCount"] == "1"


def test_a_result_can_be_read_in_parts(busy: Installed) -> None:
    operation = finished(busy, ORDERS)
    whole = busy.http.get(operation["url"])
    part = busy.http.get(operation["url"], headers={"Range": "bytes=10-29"})
    assert whole.status_code == 200
    assert len(whole.content) == int(operation["fileSize"])
    assert (part.status_code, part.content) == (206, whole.content[10:30])
    assert busy.http.get(operation["url"], headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416


def test_the_end_of_a_bulk_query_is_announced(busy: Installed, app: Any) -> None:
    finished(busy, ORDERS)
    busy.dev.wait_for_deliveries(5)
    (received,) = app.of(busy.handle, "bulk_operations/finish")
    assert (received.json["status"], received.json["type"], received.json["error_code"]) == ("completed", "query", None)
    assert received.json["admin_graphql_api_id"].startswith("gid://shopify/BulkOperation/")


def test_a_failure_on_request_leaves_partial_data(busy: Installed) -> None:
    busy.dev.fail_next_bulk(busy.handle, "TIMEOUT")
    operation = finished(busy, ORDERS)
    assert (operation["status"], operation["errorCode"], operation["url"]) == ("FAILED", "TIMEOUT", None)
    assert busy.http.get(operation["partialDataUrl"]).status_code == 200


def test_a_missing_scope_fails_the_operation(busy: Installed) -> None:
    busy.dev.grant_scopes(busy.handle, ["read_customers"])
    operation = finished(busy, ORDERS)
    assert (operation["status"], operation["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_an_ended_operation_cannot_be_cancelled(busy: Installed) -> None:
    started = start(busy, ORDERS)["bulkOperation"]["id"]
    busy.dev.wait_for_deliveries(5)
    time.sleep(0.1)
    query = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    answer = busy.ask(query, id=started)["data"]["bulkOperationCancel"]
    assert answer["bulkOperation"]["status"] == "COMPLETED"
    assert answer["userErrors"][0]["message"] == "A bulk operation cannot be canceled when it is completed"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "Invalid bulk query: syntax error, unexpected end of file"),
        ("{ shop { id } }", "Bulk queries must contain at least one connection."),
        ("mutation { tagsAdd { node { id } } }", "Invalid operation type. Only `query` operations are supported."),
        (
            "{ orders { edges { node { colour } } } }",
            "Invalid bulk query: Cannot query field 'colour' on type 'Order'.",
        ),
    ],
)
def test_a_query_that_cannot_run_in_bulk_is_a_user_error(shop: Installed, query: str, message: str) -> None:
    assert start(shop, query) == {
        "bulkOperation": None,
        "userErrors": [{"code": "INVALID", "field": ["query"], "message": message}],
    }
