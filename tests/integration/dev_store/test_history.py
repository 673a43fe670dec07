"""A history from CSV files: what is there at once, what happens later, and that a recount agrees with the store."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dev_store import ids, recount
from tests.integration.dev_store.conftest import Installed
from tests.support.webhook_receiver import WebhookReceiver

FILES = {
    "orders": [
        ("order_id", "customer_key", "placed_at", "currency", "total"),
        ("1", "007", "2026-01-01T10:00:00Z", "GBP", "30.00"),
        ("2", "7", "2026-01-02T10:00:00Z", "GBP", "12.50"),
        ("3", "", "2026-01-02T11:00:00Z", "GBP", "5.00"),
        ("4", "007", "2026-01-03T10:00:00Z", "GBP", "20.00"),
        ("5", "x-9", "2026-01-05T10:00:00Z", "GBP", "8.00"),
    ],
    "order_lines": [
        ("order_id", "line_no", "product_code", "quantity", "unit_price"),
        ("1", "1", "TEA", "3", "10.00"),
        ("2", "2", "CARD", "1", "2.50"),
        ("2", "1", "TEA", "1", "10.00"),
        ("3", "1", "TEA", "1", "5.00"),
        ("4", "1", "TEA", "2", "10.00"),
        ("5", "1", "TEA", "1", "8.00"),
    ],
    "refunds": [
        ("refund_id", "customer_key", "refunded_at", "currency", "total"),
        ("C1", "007", "2026-01-03T10:00:00Z", "GBP", "20.00"),
        ("C2", "007", "2026-01-04T10:00:00Z", "GBP", "40.00"),
        ("C3", "old", "2026-01-04T12:00:00Z", "GBP", "9.00"),
    ],
    "refund_lines": [
        ("refund_id", "line_no", "product_code", "quantity", "unit_price", "matched_order_id", "matched_line_no"),
        ("C1", "1", "TEA", "2", "10.00", "1", "1"),
        ("C2", "1", "TEA", "2", "10.00", "4", "1"),
        ("C2", "2", "TEA", "2", "10.00", "", ""),
        ("C3", "1", "OLD", "1", "9.00", "", ""),
    ],
    "products": [
        ("product_code", "kind", "description"),
        ("TEA", "product", "Tea"),
        ("CARD", "gift_card", "Gift card"),
    ],
}
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, lines in FILES.items():
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(lines)
    return tmp_path


def figures(shop: Installed) -> dict[int, tuple[str, str, int]]:
    told = shop.dev.orders(shop.handle)
    return {
        order["id"]: (
            order["financial_status"],
            order["current_total_price"],
            sum(line["current_quantity"] for line in order["line_items"] if not line["gift_card"]),
        )
        for order in told
    }


def test_a_history_loads_with_its_refunds(shop: Installed, directory: Path) -> None:
    report = shop.dev.load(shop.handle, directory)
    assert (report["orders"], report["guest_orders"], report["refunds"], report["currency"]) == (5, 1, 2, "GBP")
    assert (report["unmatched_refund_lines"], report["unmatched_refund_amount"]) == (2, 2900)
    assert figures(shop) == {
        ids.of_order("1"): ("partially_refunded", "10.00", 1),
        ids.of_order("2"): ("paid", "12.50", 1),
        ids.of_order("3"): ("paid", "5.00", 1),
        ids.of_order("4"): ("refunded", "0.00", 0),
        ids.of_order("5"): ("paid", "8.00", 1),
    }
    keys = ("007", "7", "old", "x-9")
    assert {each["id"] for each in shop.dev.customers(shop.handle)} == {ids.of_customer(key) for key in keys}


def test_loading_sends_no_webhooks_and_advancing_does(shop: Installed, app: WebhookReceiver, directory: Path) -> None:
    shop.dev.load(shop.handle, directory, known_until=START + timedelta(days=2))
    assert shop.dev.shop(shop.handle)["orders"] == 3
    assert app.of(shop.handle) == []
    told = shop.dev.advance(START + timedelta(days=3))
    assert told == {"events": 2, "upcoming": 3}
    summary = "customers/purchasing_summary"
    bought, returned = ["orders/create", "orders/paid", summary], ["refunds/create", "orders/updated", summary]
    assert app.topics(shop.handle) == bought + returned
    assert shop.dev.now() == START + timedelta(days=3)
    assert {each.headers["x-shopify-triggered-at"] for each in app.of(shop.handle)} == {"2026-01-03T10:00:00.000000Z"}


def test_advancing_stops_short_of_the_instant_it_goes_to(shop: Installed, directory: Path) -> None:
    shop.dev.load(shop.handle, directory, known_until=START)
    tenth_hour = START + timedelta(hours=10)
    assert shop.dev.advance(tenth_hour)["events"] == 0
    assert shop.dev.advance(tenth_hour + timedelta(microseconds=1))["events"] == 1


def test_lost_webhooks_leave_the_events_in_the_store(shop: Installed, app: WebhookReceiver, directory: Path) -> None:
    shop.dev.load(shop.handle, directory, known_until=START)
    shop.dev.advance(START + timedelta(days=9), deliver=False)
    assert len(figures(shop)) == 5
    assert app.of(shop.handle) == []


def test_advancing_waits_until_every_webhook_has_arrived(
    shop: Installed, app: WebhookReceiver, directory: Path
) -> None:
    shop.dev.load(shop.handle, directory, known_until=START)
    app.answers += [500] * 6
    shop.dev.advance(START + timedelta(days=1))
    assert {each["state"] for each in shop.dev.deliveries(shop=shop.handle)} == {"delivered"}
    assert shop.dev.progress()["done"] == shop.dev.progress()["total"] == 1


def test_upcoming_events_can_happen_now(shop: Installed, app: WebhookReceiver, directory: Path) -> None:
    shop.dev.load(shop.handle, directory, known_until=START + timedelta(days=4))
    shop.dev.set_clock("2026-05-05T05:05:05+00:00")
    assert shop.dev.place_upcoming(shop.handle, 3) == {"events": 1, "upcoming": 0}
    shop.dev.wait_for_deliveries(5)
    (received,) = app.of(shop.handle, "orders/create")
    assert received.json["processed_at"] == "2026-05-05T01:05:05-04:00"


def test_a_history_can_be_moved_to_end_at_an_instant(shop: Installed, directory: Path) -> None:
    end = datetime(2026, 11, 21, 8, 30, 15, 999999, tzinfo=UTC)
    report = shop.dev.load(shop.handle, directory, shift_to_end=end)
    last = shop.dev.order(shop.handle, ids.of_order("5"))
    assert last["processed_at"] == "2026-11-21T03:30:15-05:00"
    assert timedelta(seconds=report["shift_seconds"]) == end.replace(microsecond=0) - datetime(
        2026, 1, 5, 10, tzinfo=UTC
    )


DEFINITIONS = [
    {"tag": "many", "conditions": [{"measure": "units", "comparison": "at_least", "value": 2}]},
    {"tag": "big", "conditions": [{"measure": "spend", "window": 2, "comparison": "at_least", "value": "12.50"}]},
    {"tag": "none", "conditions": [{"measure": "orders", "comparison": "below", "value": 1}]},
    {"tag": "old", "conditions": [{"measure": "days_since_last_order", "comparison": "between", "value": [2, 4]}]},
    {
        "tag": "two",
        "conditions": [{"measure": "orders", "window": "lifetime", "comparison": "between", "value": [2, 3]}],
    },
]


def members_in_store(shop: Installed, as_of: datetime) -> dict[str, set[int]]:
    """The same segments, counted from what the store shows instead of from the files."""
    found: dict[str, set[int]] = {definition["tag"]: set() for definition in DEFINITIONS}
    for customer in shop.dev.customers(shop.handle):
        orders = [o for o in shop.dev.orders(shop.handle, customer["id"]) if o["financial_status"] != "refunded"]
        ages = [as_of - datetime.fromisoformat(order["processed_at"]) for order in orders]
        lines = [line for order in orders for line in order["line_items"] if not line["gift_card"]]
        recent = [o for o, age in zip(orders, ages, strict=True) if age < timedelta(days=2)]
        truths: dict[str, Any] = {
            "many": sum(line["current_quantity"] for line in lines) >= 2,
            "big": sum(float(order["current_total_price"]) for order in recent) >= 12.5,
            "none": not orders,
            "old": bool(ages) and 2 <= min(ages) // timedelta(days=1) < 4,
            "two": len(orders) == 2,
        }
        for tag, members in found.items():
            if truths[tag]:
                members.add(customer["id"])
    return found


def test_a_recount_of_the_files_agrees_with_the_store_at_every_step(shop: Installed, directory: Path) -> None:
    shop.dev.load(shop.handle, directory, known_until=START)
    history = recount.History(directory)
    for hours in range(0, 24 * 8, 5):
        as_of = START + timedelta(hours=hours)
        shop.dev.advance(as_of)
        counted = history.members(DEFINITIONS, as_of)
        from_files = {tag: {ids.of_customer(key) for key in keys} for tag, keys in counted.items()}
        assert from_files == members_in_store(shop, as_of), as_of


def test_cdnow_loads_whole(install: Callable[..., Installed]) -> None:
    shop = install(plan="rehearsal")
    report = shop.dev.load(shop.handle, Path(recount.__file__).parent / "data" / "cdnow")
    told = shop.dev.shop(shop.handle)
    assert (report["orders"], report["guest_orders"], report["refunds"]) == (69_659, 0, 0)
    assert (told["customers"], told["orders"], told["currency"]) == (23_570, 69_659, "USD")
    assert shop.dev.customer(shop.handle, ids.of_customer("00002"))["order_ids"] == [
        ids.of_order("2"),
        ids.of_order("3"),
    ]


def test_a_file_may_say_where_orders_went_by_code_or_by_name(install, directory):
    header, *orders = FILES["orders"]
    places = ["CA", "United Kingdom", "EIRE", "Unspecified", ""]
    with (directory / "orders.csv").open("w", newline="") as file:
        csv.writer(file).writerows([(*header, "country"), *((*o, p) for o, p in zip(orders, places, strict=True))])
    shop = install()
    shop.dev.load(shop.handle, directory)
    sent = [order["shipping_address"] for order in shop.dev.orders(shop.handle)]
    assert [each and each["country_code"] for each in sent] == ["CA", "GB", "IE", None, None]


def test_of_a_file_that_does_not_say_the_same_customer_always_lives_in_the_same_place(install, directory):
    shops = [install(), install()]
    for shop in shops:
        shop.dev.load(shop.handle, directory)
    sent = [[order["shipping_address"] for order in shop.dev.orders(shop.handle)] for shop in shops]
    assert sent[0] == sent[1]
    assert sent[0][0] == sent[0][3]
    assert len({str(each) for each in sent[0]}) > 1
