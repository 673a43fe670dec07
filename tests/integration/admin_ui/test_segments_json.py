"""JSON around the segments: suggestions, checks, export and explanations, each about the asking shop alone."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
import yaml

from plugin import clock
from plugin.db.models import Baseline as StoredBaseline
from plugin.db.models import Customer, Order, OrderHistory
from plugin.segments.baseline import Baseline
from plugin.segments.columns import Record, pack, seconds
from tests.integration.admin_ui.asking import Merchant

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = timedelta(days=1)


def baseline(buyers: int = 1_000) -> Baseline:
    gaps = tuple(day * 86_400 for day in range(100))
    spend = tuple(cents * 100 for cents in range(100))
    fifths = {"recency_edges": (90, 60, 30, 10), "orders_edges": (2, 3, 4, 5), "spend_fifths": (2, 3, 4, 5)}
    return Baseline(buyers, 3_000, 5_000_000, spend, 2, 40 * 86_400, gaps, **fifths)


def stored(merchant: Merchant, numbers: Baseline) -> StoredBaseline:
    rest = asdict(numbers)
    buyers = rest.pop("buyers")
    return StoredBaseline(shop_id=merchant.shop_id, computed_at=clock.now(), buyers=buyers, numbers=rest)


def check(merchant: Merchant, segments: list[dict[str, Any]]) -> Any:
    return merchant.client.post("/app/api/segments/check", json={"segments": segments}, headers=merchant.bearer())


def test_suggestions_come_with_their_evidence(merchant: Merchant) -> None:
    merchant.add(stored(merchant, baseline()))
    told = merchant.get("/app/api/suggestions").get_json()
    found = {(each["key"], each["path"]): each for each in told["suggestions"]}
    # Nine in ten have come back by day 90; the usual gap of 40 days would be late after 60.
    assert found["at-risk", "conditions.0.value.0"]["value"] == 90
    assert found["lapsed", "conditions.0.value"]["value"] == 180
    assert (
        "half usually do within 40 days and nine in ten within 90 days"
        in found["lost", "conditions.0.value"]["evidence"]
    )
    assert found["platinum", "conditions.0.value"]["value"] == "97.00"
    assert told["basis"] == "From the orders of 1,000 customers."


def test_a_young_store_is_told_that_there_is_nothing_to_suggest_yet(merchant: Merchant) -> None:
    assert merchant.get("/app/api/suggestions").get_json()["suggestions"] == []
    merchant.add(stored(merchant, baseline(99)))
    told = merchant.get("/app/api/suggestions").get_json()
    assert (told["suggestions"], told["basis"]) == ([], "99 customers have bought; suggestions begin at 100.")


def test_a_check_tells_errors_from_doubts_and_saves_nothing(merchant: Merchant) -> None:
    segments = merchant.segments()
    segments[3]["keep"] = [segments[3]["conditions"][0]]
    told = check(merchant, segments).get_json()
    assert (told["errors"], list(told["warnings"])) == ({}, ["segments.3.keep"])
    segments[1]["ladder"]["rank"] = 2
    segments[2]["conditions"].append({"measure": "orders", "window": 90, "comparison": "below", "value": 2})
    told = check(merchant, segments).get_json()
    assert set(told["errors"]) == {"segments.1.ladder.rank", "segments.2.conditions.1.value"}
    assert merchant.save(segments).get_json()["errors"] == told["errors"]
    segments[2]["conditions"] = [{"measure": "luck", "comparison": "below", "value": 2}]
    assert set(check(merchant, segments).get_json()["errors"]) == {"segments.2.conditions.0.measure"}


def test_the_whole_set_can_be_taken_home(merchant: Merchant) -> None:
    answer = merchant.get("/app/api/segments/export")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert yaml.safe_load(answer.text) == merchant.segments()


def buyer(merchant: Merchant, customer_id: int, *days_ago: int) -> None:
    """A customer who spent 100.00 so many days ago, and whose last order was cancelled."""
    at = [clock.now().replace(microsecond=0) - days * DAY for days in days_ago]
    same = {"shop_id": merchant.shop_id, "customer_id": customer_id}
    facts = {**same, "total": 10_000, "subtotal": 10_000, "units": 1, "financial_status": "paid"}
    records = [Record(i, 10_000, seconds(each), 1) for i, each in enumerate(at[:-1])]
    cancelled = Order(order_id=900, processed_at=at[-1], cancelled_at=at[-1], **facts)
    merchant.add(Customer(**same), OrderHistory(history=pack(records), **same), cancelled)


def test_a_customer_is_explained(merchant: Merchant) -> None:
    buyer(merchant, 7, 1, 20, 3)
    told = merchant.get("/app/api/customers/7/explanation").get_json()
    assert told["ignored_orders"][0]["because"] == "cancelled"
    found = {each["tag"]: each for each in told["segments"]}
    assert [tag for tag, each in found.items() if each["inside"]] == ["repeat"]
    assert found["high-spender"]["conditions"][0]["found"].startswith("$200.00 since")
    assert found["high-spender"]["advice"].startswith("comes in with $300.00 more before")
    assert found["frequent"]["advice"].startswith("comes in with 1 order more before")
    assert (found["frequent"]["version"], found["at-risk"]["advice"]) == (1, None)


def test_a_customer_of_another_shop_is_unknown(merchant: Merchant, other_merchant: Merchant) -> None:
    buyer(other_merchant, 7, 1, 20)
    assert merchant.get("/app/api/customers/7/explanation").status_code == 404
    assert other_merchant.get("/app/api/customers/7/explanation").status_code == 200
