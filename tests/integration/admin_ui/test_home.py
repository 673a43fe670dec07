"""What a merchant reads on the page: segments, thresholds, progress and troubles, for any shop and any set."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Customer, InboxEvent, Run, Shop
from tests.integration.admin_ui.asking import Merchant


def run(merchant: Merchant, **columns: object) -> Run:
    values = {"kind": "import", "state": runs.RUNNING, "created_at": clock.now(), "position": {}, **columns}
    return Run(shop_id=merchant.shop_id, **values)


def test_each_segment_has_its_sentence_tag_size_and_share(merchant: Merchant) -> None:
    merchant.add(*(Customer(shop_id=merchant.shop_id, customer_id=i, wanted_tags=i % 2) for i in range(1, 5)))
    line = merchant.get("/app/api/status").get_json()["segments"][0]
    assert line == {
        "bit": 0,
        "name": "First-time",
        "tag": "first-time",
        "sentence": "Customers who placed exactly 1 order",
        "customers": 2,
        "share": 0.5,
        "incomplete": False,
        "waits": "",
        "on": True,
    }
    page = merchant.open().text
    assert "Customers who spent at least $500.00 in the last 365 days" in page
    assert "50.0%" in page


def test_every_number_of_a_definition_has_a_field_with_its_unit(merchant: Merchant) -> None:
    page = merchant.open().text
    for name, label, value in (
        ("segments.0.conditions.0.value.0", "Orders, from", "1"),
        ("segments.0.conditions.0.value.1", "Orders, fewer than", "2"),
        ("segments.2.conditions.0.window", "In the last (days)", "90"),
        ("segments.3.conditions.0.value", "Spend (USD), at least", "500.00"),
        ("segments.4.conditions.0.value.1", "Days since last order, less than", "180"),
    ):
        assert f'name="{name}" label="{label}" value="{value}"' in page


def test_any_set_of_definitions_has_a_form(add_shop: Callable[..., Merchant]) -> None:
    merchant = add_shop("chiyo", currency="JPY")
    conditions = [
        {"measure": "units", "window": 7, "comparison": "below", "value": 3},
        {"measure": "spend", "comparison": "between", "value": ["1000", "2000"]},
        {"measure": "days_since_first_order", "comparison": "at_least", "value": 1},
    ]
    saved = merchant.save([{"name": "Odd & <b>even</b>", "tag": "odd", "conditions": conditions}])
    page = merchant.open().text
    assert saved.status_code == 200
    assert "Odd &amp; &lt;b&gt;even&lt;/b&gt;" in page
    assert "<b>even</b>" not in page
    assert "¥1,000" in page
    for label in ("Items, fewer than", "Spend (JPY), from", "Days since first order, at least"):
        assert label in page


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"state": runs.QUEUED}, "Your order history is about to be read"),
        ({"stage": "ordering", "done_count": 5}, "Shopify is preparing your order history"),
        ({"stage": "orders", "done_count": 12_400, "total_count": 69_659}, "12,400 of 69,659 orders read"),
        ({"stage": "customers", "done_count": 1_000}, "1,000 customers read"),
        ({"kind": "refresh", "state": runs.QUEUED}, "Your change is about to be applied"),
    ],
)
def test_work_under_way_is_said_in_words(merchant: Merchant, columns: dict[str, object], words: str) -> None:
    merchant.add(run(merchant, **columns))
    status = merchant.get("/app/api/status").get_json()
    assert (status["summary"], status["busy"]) == (words, True)
    assert words in merchant.open().text


def test_while_shopify_works_nothing_is_counted(merchant: Merchant) -> None:
    merchant.add(run(merchant, stage="ordering", done_count=5, total_count=9))
    progress = merchant.get("/app/api/status").get_json()["progress"]
    assert (progress["done"], progress["total"]) == (0, None)


def test_no_size_is_claimed_before_the_history_is_there(merchant: Merchant) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1))
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).imported_at = None
    lines = merchant.get("/app/api/status").get_json()["segments"]
    assert {line["customers"] for line in lines} == {None}


def test_tags_still_to_be_written_are_work_under_way(merchant: Merchant) -> None:
    shop_id = merchant.shop_id
    merchant.add(*(Customer(shop_id=shop_id, customer_id=i, wanted_tags=1, applied_tags=i % 2) for i in range(1, 5)))
    status = merchant.get("/app/api/status").get_json()
    assert (status["summary"], status["pending_tags"]) == ("2 of 4 customers have the right tags", 2)


def test_a_slower_pace_is_a_note_and_no_trouble(merchant: Merchant) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1, wanted_tags=1))
    with db.write() as session:
        shop = session.get_one(Shop, merchant.shop_id)
        shop.bulk_tags_after, shop.bulk_tags_refused = clock.now() + timedelta(hours=1), "not allowed"
    status = merchant.get("/app/api/status").get_json()
    assert "a few at a time" in status["summary"]
    assert status["problems"] == []


def test_when_all_is_done_the_page_says_so(merchant: Merchant) -> None:
    merchant.add(run(merchant, state=runs.DONE, finished_at=clock.now()))
    merchant.add(*(Customer(shop_id=merchant.shop_id, customer_id=i) for i in range(1, 4)))
    status = merchant.get("/app/api/status").get_json()
    assert (status["summary"], status["busy"]) == ("All 3 customers have the right tags", False)


def test_troubles_are_said_in_plain_words(merchant: Merchant) -> None:
    now = clock.now()
    event = {"topic": "orders/create", "triggered_at": now, "received_at": now, "failed_at": now}
    merchant.add(
        run(merchant, state=runs.FAILED, finished_at=now, error="boom"),
        InboxEvent(shop_id=merchant.shop_id, webhook_id="1", error="KeyError", **event),
    )
    answer = merchant.get("/app/api/status")
    assert [problem["heading"] for problem in answer.get_json()["problems"]] == [
        "Reading your order history stopped",
        "One message from Shopify could not be read",
    ]
    assert "boom" not in answer.text
    assert "KeyError" not in answer.text


def test_opening_the_page_tries_a_failed_import_again(merchant: Merchant) -> None:
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).imported_at = None
    merchant.add(run(merchant, state=runs.FAILED, finished_at=clock.now(), error="boom"))
    assert "Your order history is about to be read" in merchant.open().text
    assert merchant.get("/app/api/status").get_json()["problems"] == []


def test_a_trouble_is_on_the_page_from_the_start(merchant: Merchant) -> None:
    merchant.add(run(merchant, kind="refresh", state=runs.FAILED, finished_at=clock.now(), error="boom"))
    assert "Your last change has not reached every customer" in merchant.open().text


def test_a_customer_shopify_refuses_is_a_trouble_and_not_endless_progress(merchant: Merchant) -> None:
    later = clock.now().replace(year=2100)
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1, wanted_tags=1, sync_after=later))
    status = merchant.get("/app/api/status").get_json()
    assert (status["busy"], status["pending_tags"]) == (False, 0)
    assert status["problems"][0]["heading"] == "One customer's tags were refused by Shopify"


def test_a_dead_token_is_a_trouble_and_not_endless_progress(merchant: Merchant) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1, wanted_tags=1))
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).token_error = "401"
    status = merchant.get("/app/api/status").get_json()
    assert status["busy"] is False
    assert status["problems"][0]["heading"] == "Regulars cannot reach your store"


def test_shopify_not_answering_is_a_calm_page(merchant: Merchant) -> None:
    stranger = Merchant(merchant.client, "stranger.myshopify.com", 0)
    answer = stranger.open()
    assert answer.status_code == 503
    assert "Shopify does not answer at the moment" in answer.text
