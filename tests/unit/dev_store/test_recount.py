"""The recount, held against counts made by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dev_store import recount

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """One customer with 10.00 for 2 units at noon on 1 March and 20.00 for 1 unit four days later."""
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_key,placed_at,currency,product_code,quantity,total\n"
        "1,01,2026-03-01T12:00:00Z,USD,CD,2,10.00\n"
        "2,01,2026-03-05T12:00:00Z,USD,CD,1,20.00\n"
        "3,,2026-03-05T12:00:00Z,USD,CD,1,99.00\n"
    )
    return tmp_path


def give_back(directory: Path, quantity: int, price: str, order: str) -> None:
    (directory / "refunds.csv").write_text(
        "refund_id,customer_key,refunded_at,currency,total\nC1,01,2026-03-07T12:00:00Z,USD,1.00\n"
    )
    (directory / "refund_lines.csv").write_text(
        "refund_id,line_no,product_code,quantity,unit_price,matched_order_id,matched_line_no\n"
        f"C1,1,CD,{quantity},{price},{order},1\n"
    )


def holds(directory: Path, as_of: datetime, comparison: str, value: Any, **condition: Any) -> bool:
    definition = {"tag": "t", "conditions": [{"comparison": comparison, "value": value, **condition}]}
    found = recount.members(directory, [definition], as_of)["t"]
    assert found <= {"01"}
    return bool(found)


def test_an_order_counts_strictly_after_its_instant(directory: Path) -> None:
    assert not holds(directory, NOON, "at_least", 1, measure="orders")
    assert holds(directory, NOON + timedelta(microseconds=1), "at_least", 1, measure="orders")
    assert not holds(directory, NOON + 4 * DAY, "at_least", 2, measure="orders")
    assert holds(directory, NOON + 4 * DAY + timedelta(microseconds=1), "at_least", 2, measure="orders")


def test_an_order_leaves_a_window_after_exactly_its_days(directory: Path) -> None:
    edge = NOON + 4 * DAY + SECOND
    assert holds(directory, edge, "at_least", 2, measure="orders", window=5)
    assert not holds(directory, NOON + 5 * DAY, "at_least", 2, measure="orders", window=5)
    assert holds(directory, NOON + 5 * DAY - SECOND, "at_least", 2, measure="orders", window=5)


def test_days_are_whole_and_since_the_first_or_last_order(directory: Path) -> None:
    as_of = NOON + 14 * DAY
    assert holds(directory, as_of, "at_least", 10, measure="days_since_last_order")
    assert not holds(directory, as_of - SECOND, "at_least", 10, measure="days_since_last_order")
    assert holds(directory, as_of, "between", [14, 15], measure="days_since_first_order")


def test_a_band_holds_its_low_end_and_not_its_high_end(directory: Path) -> None:
    late = NOON + 9 * DAY
    assert holds(directory, late, "between", ["30.00", 31], measure="spend")
    assert not holds(directory, late, "between", [0, "30.00"], measure="spend")
    assert not holds(directory, late, "below", 30.0, measure="spend")
    assert holds(directory, late, "between", [3, 4], measure="units")


def test_a_customer_without_orders_has_no_age_but_a_count(directory: Path) -> None:
    give_back(directory, 2, "5.00", "1")
    (directory / "orders.csv").write_text((directory / "orders.csv").read_text().replace("\n2,01,", "\n2,02,"))
    late = NOON + 9 * DAY
    below = [{"measure": "days_since_last_order", "comparison": "below", "value": 99}]
    fewer = [{"measure": "orders", "comparison": "below", "value": 1}]
    found = recount.members(directory, [{"tag": "age", "conditions": below}, {"tag": "few", "conditions": fewer}], late)
    assert found == {"age": {"02"}, "few": {"01"}}


def test_a_refund_counts_from_its_own_date(directory: Path) -> None:
    give_back(directory, 1, "4.00", "1")
    before, after = NOON + 6 * DAY, NOON + 6 * DAY + SECOND
    assert holds(directory, before, "at_least", 30, measure="spend")
    assert holds(directory, after, "between", [26, "26.01"], measure="spend")
    assert holds(directory, after, "between", [2, 3], measure="units")


def test_an_order_refunded_in_full_is_none(directory: Path) -> None:
    give_back(directory, 1, "20.00", "2")
    after = NOON + 6 * DAY + SECOND
    assert holds(directory, after, "between", [1, 2], measure="orders")
    assert holds(directory, after, "at_least", 6, measure="days_since_last_order")


def test_all_conditions_must_hold(directory: Path) -> None:
    both = [
        {"measure": "orders", "comparison": "at_least", "value": 2},
        {"measure": "spend", "comparison": "at_least", "value": 31},
    ]
    assert recount.members(directory, [{"tag": "t", "conditions": both}], NOON + 9 * DAY) == {"t": set()}


def test_a_shift_moves_every_time(directory: Path) -> None:
    definition = {"tag": "t", "conditions": [{"measure": "orders", "comparison": "at_least", "value": 1}]}
    for as_of, members in [(NOON + 7 * DAY, set()), (NOON + 7 * DAY + SECOND, {"01"})]:
        assert recount.members(directory, [definition], as_of, shift=7 * DAY)["t"] == members
