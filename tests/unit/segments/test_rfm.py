"""Scores and groups: the map has no hole and no overlap, equal customers score equally, the worst score 1."""

from itertools import product

import numpy as np
import pytest

from plugin.segments import choices, evaluate, rfm, rfm_groups
from plugin.segments.baseline import Baseline
from plugin.segments.columns import Columns, Record, pack, seconds
from plugin.segments.customers import TABLE, Customers, Store
from plugin.segments.gathering import Gathering
from plugin.segments.rules import Segment
from tests.support.generated_orders import NOON


def test_every_one_of_the_125_codes_is_in_exactly_one_named_group():
    codes = [code for listed in rfm_groups.CODES.values() for code in listed.split()]
    assert sorted(codes) == ["".join(digits) for digits in product("12345", repeat=3)]
    assert list(rfm_groups.CODES) == list(rfm_groups.NAMES) == list(choices.CHOICES["rfm_group"].options)


def bought(*customers: tuple[int, int, int]) -> Columns:
    """Of each customer: days since the last order, orders, cents an order."""
    histories = [
        pack(Record(i, cents, seconds(NOON) - days * 86_400 - i * 60, 1) for i in range(1, orders + 1))
        for days, orders, cents in customers
    ]
    return Columns.from_histories(range(len(customers)), histories)


def numbers(columns: Columns, measure: str, store: Store) -> list[int]:
    comparison = {"comparison": "is", "value": "new"} if measure == "rfm_group" else {"comparison": "below", "value": 3}
    definition = {"name": "S", "tag": "s", "conditions": [{"measure": measure, **comparison}]}
    condition = Segment.from_definition(definition, 0, 2).conditions[0]
    return evaluate.numbers_of(Customers.of(columns), [condition], NOON, store)[condition.asked].tolist()


def gathered(columns: Columns) -> Baseline:
    gathering = Gathering()
    gathering.add(columns, NOON)
    return gathering.baseline()


def test_each_fifth_of_different_customers_has_a_score():
    columns = bought(*((day, 1 + day, 100 + day) for day in range(100)))
    store = Store(baseline=gathered(columns))
    assert numbers(columns, "recency_score", store) == [5 - day // 20 for day in range(100)]
    assert numbers(columns, "frequency_score", store) == [1 + day // 20 for day in range(100)]
    assert numbers(columns, "monetary_score", store) == [1 + day // 20 for day in range(100)]


def test_who_bought_once_with_half_of_the_shop_scores_one():
    columns = bought(*((1, 1 if i < 50 else i, 100) for i in range(100)))
    store = Store(baseline=gathered(columns))
    assert numbers(columns, "frequency_score", store)[:51] == [1] * 50 + [3]
    assert set(numbers(columns, "recency_score", store)) == {1}


@pytest.mark.parametrize("buyers", [99, 100])
def test_nobody_is_compared_with_fewer_than_a_hundred_buyers(buyers):
    columns = bought(*((i, 1, 100) for i in range(buyers)))
    found = set(numbers(columns, "score", Store(baseline=gathered(columns))))
    assert (found == {-1}) is (buyers < 100)


def test_the_table_has_neither_gaps_nor_overlaps():
    edges = [(30, 5), (31, 4), (90, 4), (91, 3), (180, 3), (181, 2), (365, 2), (366, 1)]
    store = Store(rfm_scale=TABLE)
    assert numbers(bought(*((days, 1, 100) for days, _ in edges)), "recency_score", store) == [s for _, s in edges]
    counts = [(1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (10, 4), (19, 4), (20, 5)]
    assert numbers(bought(*((1, n, 1) for n, _ in counts)), "frequency_score", store) == [s for _, s in counts]
    spent = [(24_999, 1), (25_000, 2), (50_000, 3), (75_000, 4), (99_999, 4), (100_000, 5)]
    assert numbers(bought(*((1, 1, cents) for cents, _ in spent)), "monetary_score", store) == [s for _, s in spent]


def test_the_score_of_ten_rises_with_each_of_the_three():
    spread = {1 + (total - 3) * 3 // 4 for total in range(3, 16)}
    assert spread == set(range(1, 11))
    columns = bought((366, 1, 1), (1, 20, 100_000))
    assert numbers(columns, "score", Store(rfm_scale=TABLE)) == [1, 10]


def test_a_group_is_looked_up_by_the_three_scores():
    found = numbers(bought((366, 1, 1), (1, 20, 100_000), (1, 1, 30_000)), "rfm_group", Store(rfm_scale=TABLE))
    named = [choices.code("rfm_group", name) for name in ("lost", "best", "new")]
    assert found == named
    assert rfm.scale(Store()) is None
    assert np.array(found).min() >= 0
