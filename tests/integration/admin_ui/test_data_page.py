"""What "Data and permissions" says of a shop: what it allowed, how far back we see, who asked for their data."""

from datetime import UTC, datetime, timedelta

import pytest

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, DataRequest
from plugin.tagging import switch
from tests.integration.admin_ui.asking import Merchant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Older items that we cannot see would only add to theirs.
FEW_ITEMS = {
    "name": "Few items",
    "tag": "few-items",
    "conditions": [{"measure": "units", "comparison": "below", "value": 5}],
}


def permissions(merchant: Merchant) -> dict[str, object]:
    return merchant.get("/app/api/permissions").get_json()


def granted(merchant: Merchant) -> dict[str, bool]:
    return {each["scope"]: each["granted"] for each in permissions(merchant)["permissions"]}


def data_request(merchant: Merchant, number: int = 1, **columns: object) -> DataRequest:
    now = clock.now()
    usual = {"customer_id": 7, "requested_at": now, "expires_at": now + timedelta(days=30), "content": "{}"}
    return DataRequest(shop_id=merchant.shop_id, id=number, **{**usual, **columns})


def test_what_is_allowed_and_what_could_be(merchant: Merchant) -> None:
    assert granted(merchant) == {
        "read_customers": True,
        "write_customers": True,
        "read_orders": True,
        "read_customer_merge": False,
        "read_all_orders": False,
        "read_products": False,
    }
    merchant.set_shop(scopes="read_orders,write_customers,read_all_orders")
    assert granted(merchant)["read_all_orders"] is True
    assert "Hear of merged customers" in merchant.open("/app/data").text


def test_a_required_permission_that_was_taken_back_is_missing(merchant: Merchant) -> None:
    merchant.set_shop(scopes="read_orders,read_customers")
    assert permissions(merchant)["missing"] == ["write_customers"]
    assert granted(merchant)["write_customers"] is False


def test_with_the_whole_history_nothing_waits(merchant: Merchant) -> None:
    seen = permissions(merchant)
    assert (seen["history"], seen["waiting"]) == ("Regulars sees all your orders.", [])


def test_with_recent_orders_only_the_date_and_the_waiting_segments_are_said(merchant: Merchant) -> None:
    merchant.save([FEW_ITEMS])
    merchant.set_shop(history_from=NOON)
    seen = permissions(merchant)
    assert seen["history"] == "Shopify shows Regulars orders since Mar 1, 2026 only."
    assert {"name": "Few items", "words": "needs every order a customer ever placed"} in seen["waiting"]
    assert "since Mar 1, 2026 only" in merchant.open("/app/data").text
    assert "<strong>Few items</strong> needs every order" in merchant.open("/app/data").text


def test_a_segment_that_only_needs_more_days_says_how_many(merchant: Merchant) -> None:
    few = {"measure": "orders", "window": 90, "comparison": "below", "value": 2}
    many = {"measure": "orders", "comparison": "at_least", "value": 1}
    merchant.save([{"name": "Rare", "tag": "rare", "conditions": [many, few]}])
    merchant.set_shop(history_from=clock.now() - timedelta(days=60))
    assert permissions(merchant)["waiting"] == [{"name": "Rare", "words": "can be judged in 30 days"}]


def test_while_older_orders_are_being_read_the_page_says_so(merchant: Merchant) -> None:
    merchant.set_shop(history_from=NOON, scopes="read_orders,write_customers,read_all_orders")
    assert permissions(merchant)["history"].startswith("Your older orders are being read.")


@pytest.mark.parametrize(
    ("zone", "date"),
    [("Pacific/Auckland", "Mar 2, 2026"), ("America/New_York", "Mar 1, 2026"), ("No/Where", "Mar 1, 2026")],
)
def test_dates_are_the_shop_s_own(merchant: Merchant, zone: str, date: str) -> None:
    merchant.set_shop(history_from=NOON, timezone=zone)
    assert date in permissions(merchant)["history"]


def test_segments_without_enough_history_show_no_count(merchant: Merchant) -> None:
    merchant.save([FEW_ITEMS])
    merchant.set_shop(history_from=NOON)
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1, wanted_tags=1))
    line = merchant.get("/app/api/status").get_json()["segments"][0]
    assert (line["incomplete"], line["customers"], line["share"]) == (True, None, 0.0)
    assert line["waits"] in merchant.open().text
    assert line["waits"].startswith("can be judged") or line["waits"].startswith("needs every order")


def test_without_requests_the_page_is_calm(merchant: Merchant) -> None:
    assert "No customer has asked what is stored about them" in merchant.open("/app/data").text


def test_an_open_request_can_be_downloaded_until_it_expires(merchant: Merchant) -> None:
    now = clock.now()
    merchant.add(
        data_request(merchant, 2**62, customer_id=103, requested_at=NOON, content='{"stored": 1}'),
        data_request(merchant, 2, expires_at=now - timedelta(seconds=1)),
    )
    [request] = merchant.get("/app/api/data-requests").get_json()["requests"]
    assert (request["id"], request["customer"], request["requested_on"]) == (str(2**62), "103", "Mar 1, 2026")
    assert f'data-downloads="/app/api/data-requests/{2**62}"' in merchant.open("/app/data").text
    answer = merchant.get(f"/app/api/data-requests/{2**62}")
    assert (answer.get_json(), answer.mimetype) == ({"stored": 1}, "application/json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customer-103-2026-03-01.json"'
    for number in (2, 3, 0, 2**63 - 1, 2**63, 10**40):
        assert merchant.get(f"/app/api/data-requests/{number}").status_code == 404


@pytest.mark.parametrize(
    ("tagged", "words"), [(0, "0 customers carry"), (1, "One customer carries"), (2, "2 customers carry")]
)
def test_the_question_names_how_many_customers_it_is_about(merchant: Merchant, tagged: int, words: str) -> None:
    rows = [Customer(shop_id=merchant.shop_id, customer_id=i, applied_tags=int(i <= tagged)) for i in range(1, 4)]
    merchant.add(*rows, Customer(shop_id=merchant.shop_id, customer_id=9, applied_tags=1, deleted_at=clock.now()))
    assert words in merchant.open("/app/data").text
    assert merchant.get("/app/api/tagging").get_json() == {"on": True, "tagged_customers": tagged}


def test_the_page_begins_where_the_shop_is(merchant: Merchant) -> None:
    assert 'data-state="on"' in merchant.open("/app/data").text
    with db.write() as session:
        switch.switch(session, merchant.shop_id, False, clock.now())
    assert 'data-state="removing"' in merchant.open("/app/data").text
