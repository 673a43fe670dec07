"""How much of the past a segment must see: where older orders are hidden, nobody is put where they do not belong."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.segments import depth, presets
from plugin.segments.rules import Segment
from tests.support import generated_orders as made
from tests.support import oracle, people
from tests.support.people import Person, Shop


def read(definition) -> Segment:
    return Segment.from_definition(definition, 0, 2)


def of(measure, comparison, value, window=None) -> Segment:
    condition = {"measure": measure, "comparison": comparison, "value": value} | ({"window": window} if window else {})
    return read({"name": "S", "tag": "s", "conditions": [condition]})


@settings(max_examples=150, deadline=None)
@given(made.made_stores(most_orders=8), made.definition_lists(most=3), st.integers(0, 40))
def test_nobody_is_put_where_their_hidden_orders_would_not_have_them(store, definitions, days_seen):
    for definition in definitions:
        if depth.lacking(read(definition), days_seen) != 0:
            continue
        for customer in store.customers:
            orders = store.counting(customer)
            seen = [order for order in orders if store.as_of - order.processed_at <= timedelta(days=days_seen)]
            hidden = Shop(history_from=store.as_of - timedelta(days=days_seen))
            found = people.standing([definition], Person(customer, tuple(seen)), hidden, store.as_of)
            assert bool(found) <= oracle.is_member(definition, orders, store.as_of)


@settings(max_examples=100, deadline=None)
@given(made.definition_lists(most=3), st.integers(0, 40))
def test_a_segment_lacks_exactly_the_days_that_would_do(definitions, days_seen):
    for segment in map(read, definitions):
        days = depth.lacking(segment, days_seen)
        if days == depth.ALL_OF_IT:
            assert depth.lacking(segment, 10**6) == depth.ALL_OF_IT
        else:
            assert depth.lacking(segment, days_seen + days) == 0
            assert days == 0 or depth.lacking(segment, days_seen + days - 1) == 1
        assert depth.lacking(segment, None) == 0


@pytest.mark.parametrize(
    ("segment", "days"),
    [
        (of("orders", "at_least", 3), 0),
        (of("orders", "at_least", 3, 365), 0),
        (of("orders", "below", 3, 90), 90),
        (of("spend", "between", ["10", "500"], 30), 30),
        (of("units", "below", 5), depth.ALL_OF_IT),
        (of("orders", "between", [1, 2]), 0),
        (of("spend", "below", "10"), 0),
        (of("orders", "below", 1, {"days": 14, "before": "12-24"}), 380),
        (of("average_order_value", "at_least", "10", 365), 365),
        (of("overdue", "at_least", "1.5"), depth.ALL_OF_IT),
        (of("spend_percentile", "at_least", 95), depth.ALL_OF_IT),
        (of("score", "at_least", 9), depth.ALL_OF_IT),
        (of("days_since_signup", "below", 30), 0),
        (of("promoter_score", "at_least", 9, 365), 0),
        (of("days_since_last_order", "between", [90, 180]), 0),
        (of("days_since_last_order", "below", 30), 0),
        (of("days_since_first_order", "at_least", 100), 0),
        (of("days_since_first_order", "below", 30), depth.ALL_OF_IT),
    ],
)
def test_the_days_a_segment_needs(segment, days):
    assert depth.days_needed(segment) == days


def test_of_several_conditions_the_one_that_looks_back_furthest_counts():
    conditions = [{"measure": "units", "window": window, "comparison": "below", "value": 2} for window in (30, 365, 90)]
    assert depth.days_needed(read({"name": "S", "tag": "s", "conditions": conditions})) == 365
    conditions.append({"measure": "units", "window": "lifetime", "comparison": "below", "value": 9})
    assert depth.days_needed(read({"name": "S", "tag": "s", "conditions": conditions})) == depth.ALL_OF_IT


def test_none_of_the_segments_a_shop_starts_with_waits():
    assert [each["tag"] for each in presets.DEFAULTS if depth.lacking(read(each), 60) != 0] == []
