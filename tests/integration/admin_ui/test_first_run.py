"""The guide of a shop's first day: there while nothing is on; counts before anything is written; switches on."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Customer, OrderHistory, Run, Shop
from plugin.segments import presets
from plugin.segments.columns import Record, pack, seconds
from tests.integration.admin_ui.asking import Merchant

ALL = [0, 1, 2, 3, 4, 5]
GUIDE = "Set up Regulars"


@pytest.fixture
def beginner(merchant: Merchant) -> Merchant:
    """A merchant whose orders were read a moment ago: customers 1, 2 and 3 bought as often, customer 4 never."""
    merchant.save(presets.AT_FIRST)
    now = clock.now()
    for customer in range(1, 5):
        merchant.add(Customer(shop_id=merchant.shop_id, customer_id=customer))
        orders = [] if customer == 4 else [now - timedelta(days=5 * i + 1) for i in range(customer)]
        records = [Record(customer * 10 + i, 1_000, seconds(at), 1) for i, at in enumerate(orders)]
        merchant.add(OrderHistory(shop_id=merchant.shop_id, customer_id=customer, history=pack(records)))
    with db.write() as session:
        session.query(Run).filter(Run.shop_id == merchant.shop_id).delete()
    return merchant


def outlook(merchant: Merchant, bits: list[Any]) -> dict[str, Any]:
    address = "/app/api/first-run/preview"
    return merchant.client.post(address, json={"bits": bits}, headers=merchant.bearer()).get_json()


def switch_on(merchant: Merchant, bits: list[Any]) -> Any:
    return merchant.client.put("/app/api/first-run/segments", json={"bits": bits}, headers=merchant.bearer())


def test_the_numbers_of_every_segment_and_of_all_chosen_ones_are_told(beginner: Merchant) -> None:
    found = outlook(beginner, ALL)
    assert (found["ready"], found["tagged"], found["customers"]) == (True, 3, 4)
    assert {each["bit"]: each["customers"] for each in found["segments"]} == {0: 1, 1: 2, 2: 1, 3: 0, 4: 0, 5: 0}


def test_only_the_chosen_ones_count_for_how_many_are_tagged(beginner: Merchant) -> None:
    assert [outlook(beginner, bits)["tagged"] for bits in ([], [0], [1], [1, 2], [0, 1])] == [0, 1, 2, 2, 3]


def test_what_is_on_already_is_tagged_already(beginner: Merchant) -> None:
    switch_on(beginner, [1])
    with db.write() as session:
        for number in (2, 3):
            session.get_one(Customer, (beginner.shop_id, number)).wanted_tags = 2
    assert [outlook(beginner, bits)["tagged"] for bits in ([], [0], [2])] == [0, 1, 1]


def test_nothing_is_counted_before_the_orders_are_read(beginner: Merchant) -> None:
    with db.write() as session:
        session.get_one(Shop, beginner.shop_id).imported_at = None
    assert outlook(beginner, ALL) == {"ready": False, "segments": [], "tagged": 0, "customers": 0}


def test_looking_changes_nothing(beginner: Merchant) -> None:
    before = beginner.segments()
    outlook(beginner, ALL)
    assert beginner.segments() == before
    with db.read() as session:
        assert session.scalars(select(Run).where(Run.shop_id == beginner.shop_id)).all() == []


def test_the_chosen_ones_are_switched_on_in_one_go(beginner: Merchant) -> None:
    answer = switch_on(beginner, [1, 4, 59])
    assert (answer.status_code, answer.get_json()["changed"]) == (200, True)
    assert [line["on"] for line in answer.get_json()["status"]["segments"]] == [False, True, False, False, True, False]
    with db.read() as session:
        kinds = [run.kind for run in session.scalars(select(Run).where(Run.shop_id == beginner.shop_id))]
    assert kinds == [runs.REFRESH]
    assert switch_on(beginner, [1, 4]).get_json()["changed"] is False


@pytest.mark.parametrize("bits", [["0"], [True], [-1], [60], "all", [None]])
def test_numbers_that_are_no_segments_are_refused(beginner: Merchant, bits: Any) -> None:
    assert switch_on(beginner, bits).status_code == 422


def test_the_guide_is_there_while_no_segment_is_on(beginner: Merchant) -> None:
    assert GUIDE in beginner.open().text
    switch_on(beginner, [0])
    assert GUIDE not in beginner.open().text


def test_the_guide_waits_for_the_orders(beginner: Merchant) -> None:
    assert 'data-state="ready"' in beginner.open().text
    with db.write() as session:
        session.get_one(Shop, beginner.shop_id).imported_at = None
    assert 'data-state="importing"' in beginner.open().text


def test_whoever_had_the_tags_taken_off_is_not_guided_to_put_them_back(beginner: Merchant) -> None:
    with db.write() as session:
        session.get_one(Shop, beginner.shop_id).tagging_off_at = clock.now()
    assert GUIDE not in beginner.open().text
