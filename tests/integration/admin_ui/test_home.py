"""What a merchant reads on the page: segments, the picture of the store, progress and troubles."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Customer, InboxEvent, OrderHistory, Run, SegmentDay, Shop, TagChange
from plugin.segments.columns import Record, pack, seconds
from plugin.standing import segment_days, store_picture
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


def counted(merchant: Merchant) -> None:
    """Two of three customers bought, a year of it is counted, and a month ago the segment was smaller."""
    now, shop_id = clock.now(), merchant.shop_id
    for customer, days in ((1, [10]), (2, [20, 30]), (3, [])):
        records = [
            Record(customer * 10 + i, 30_000, seconds(now - timedelta(days=ago)), 1) for i, ago in enumerate(days)
        ]
        merchant.add(Customer(shop_id=shop_id, customer_id=customer, wanted_tags=len(days)))
        merchant.add(OrderHistory(shop_id=shop_id, customer_id=customer, history=pack(records)))
    segment_days.count(shop_id, now)
    store_picture.count(shop_id, now)
    month_ago = now.date() - timedelta(days=30)
    merchant.add(SegmentDay(shop_id=shop_id, day=month_ago, bit=1, size=0, entered=0, left=0))


def row(merchant: Merchant, tag: str) -> str:
    """The words of one line of the table."""
    line = merchant.open().text.partition(f'data-tag="{tag}"')[2].partition("</s-table-row>")[0]
    return " ".join(re.sub("<[^>]*>", " ", line).split())


def test_a_segment_has_its_revenue_its_part_of_all_and_its_change(merchant: Merchant) -> None:
    counted(merchant)
    said = row(merchant, "repeat")
    assert "$600.00 66.7%" in said
    assert "+1" in said


def test_a_segment_nobody_has_counted_a_month_ago_is_new(merchant: Merchant) -> None:
    counted(merchant)
    assert "New" in row(merchant, "first-time")


def test_a_segment_that_is_off_has_no_numbers(merchant: Merchant) -> None:
    merchant.save([{**merchant.segments()[0], "on": False}])
    counted(merchant)
    assert "$" not in row(merchant, "first-time").partition("Customers who")[2]
    assert 'data-state="off"' in merchant.open().text


def test_a_segment_that_waits_says_what_for(merchant: Merchant) -> None:
    seldom = {"measure": "orders", "window": 90, "comparison": "below", "value": 2}
    merchant.save([{"name": "Seldom", "tag": "seldom", "conditions": [seldom]}])
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).history_from = clock.now() - timedelta(days=60)
    page = merchant.open().text
    assert 'data-state="waiting"' in page
    assert "can be judged in" in page


def test_the_picture_says_where_customers_and_revenue_are(merchant: Merchant) -> None:
    counted(merchant)
    page = " ".join(re.sub("<[^>]*>", " ", merchant.open().text).split())
    assert "First-time 1 customer 33.3% $300.00 33.3%" in page
    assert "“Repeat” is 33% of your customers and brings 67% of the revenue." in page


def test_there_is_no_picture_before_anything_was_counted(merchant: Merchant) -> None:
    assert 'id="picture"' not in merchant.open().text


def test_the_page_says_when_it_last_heard_and_wrote(merchant: Merchant) -> None:
    assert "No message from Shopify yet" in merchant.open().text
    now, shop_id = clock.now(), merchant.shop_id
    event = {"topic": "orders/create", "triggered_at": now, "done_at": now}
    merchant.add(
        InboxEvent(shop_id=shop_id, webhook_id="1", received_at=datetime(2026, 1, 5, 14, 30, tzinfo=UTC), **event),
        InboxEvent(shop_id=shop_id, webhook_id="2", received_at=datetime(2026, 1, 4, tzinfo=UTC), **event),
        TagChange(
            shop_id=shop_id,
            customer_id=1,
            added=["a"],
            removed=[],
            at=datetime(2026, 1, 6, tzinfo=UTC),
            outcome="written",
        ),
    )
    page = merchant.open().text.replace("\u202f", " ")
    assert "Last message from Shopify: Jan 5, 2026, 2:30 PM" in page
    assert "Last tag written: Jan 6, 2026, 12:00 AM" in page


def test_what_waits_for_the_merchant_is_counted_and_linked(merchant: Merchant) -> None:
    merchant.add(run(merchant, kind="refresh", state=runs.WAITING))
    assert "One thing needs your decision" in merchant.open().text


def test_a_paused_store_is_no_work_and_is_said_to_be_paused(merchant: Merchant) -> None:
    merchant.add(Customer(shop_id=merchant.shop_id, customer_id=1, wanted_tags=1))
    with db.write() as session:
        session.get_one(Shop, merchant.shop_id).paused_until = clock.now() + timedelta(hours=1)
    status = merchant.get("/app/api/status").get_json()
    assert (status["paused"], status["busy"], status["summary"]) == (
        True,
        False,
        "Paused: one customer waits for their tags",
    )
    assert 'data-busy="paused"' in merchant.open().text


def test_a_shop_with_nothing_on_is_told_so(merchant: Merchant) -> None:
    merchant.save([{**each, "on": False} for each in merchant.segments()])
    with db.write() as session:
        session.query(Run).filter(Run.shop_id == merchant.shop_id).delete()
    status = merchant.get("/app/api/status").get_json()
    assert status["summary"] == "No segment is switched on, so no tags are written"


def test_a_shop_without_segments_is_offered_the_presets(merchant: Merchant) -> None:
    merchant.save([])
    assert "You have no segments" in merchant.open().text
