"""Rules and findings in sentences, and when a customer will come or go if nothing happens."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings

from plugin.segments import words
from plugin.segments.columns import Columns, Record, pack, seconds
from plugin.segments.customers import Customers, Store
from plugin.segments.rules import Segment
from tests.support import generated_orders as made
from tests.support import oracle

NOON = made.NOON


def dollars(cents):
    return f"${cents / 100:,.2f}"


def segment_of(*conditions):
    return Segment.from_definition({"name": "S", "tag": "s", "conditions": list(conditions)}, 0, 2)


def condition(measure, comparison, value, **window):
    return {"measure": measure, "comparison": comparison, "value": value} | window


def columns_of(*days_ago, cents=1250):
    records = [Record(i, cents, seconds(NOON - timedelta(days=days)), 2) for i, days in enumerate(days_ago)]
    return Customers.of(Columns.from_histories([1], [pack(records)]))


def found(days_ago, asked, as_of=NOON):
    return words.explain(columns_of(*days_ago), 0, segment_of(asked), as_of, dollars, Store()).conditions[0].found


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (condition("orders", "at_least", 3, window=90), "placed at least 3 orders in the last 90 days"),
        (condition("orders", "at_least", 1, window=1), "placed at least 1 order in the last day"),
        (condition("orders", "between", [1, 2]), "placed exactly 1 order"),
        (condition("orders", "between", [2, 5]), "placed 2 to 4 orders"),
        (condition("orders", "below", 1), "placed no orders"),
        (condition("orders", "below", 2), "placed fewer than 2 orders"),
        (condition("units", "at_least", 1200), "bought at least 1,200 items"),
        (condition("spend", "at_least", 500, window=365), "spent at least $500.00 in the last 365 days"),
        (condition("spend", "below", "0.01"), "spent less than $0.01"),
        (condition("spend", "between", [1, 2]), "spent at least $1.00 but less than $2.00"),
        (condition("days_since_last_order", "between", [90, 180]), "last ordered 90 to 179 days ago"),
        (condition("days_since_last_order", "at_least", 180), "last ordered at least 180 days ago"),
        (condition("days_since_first_order", "below", 1), "first ordered less than 1 day ago"),
    ],
)
def test_a_rule_says_itself(asked, said):
    assert words.sentence(segment_of(asked), dollars) == f"Customers who {said}"


def test_several_conditions_are_joined_into_one_sentence():
    asked = [condition("orders", "at_least", 2), condition("spend", "at_least", 9, window=30)]
    asked.append(condition("days_since_last_order", "below", 7))
    assert words.sentence(segment_of(*asked), dollars) == (
        "Customers who placed at least 2 orders, spent at least $9.00 in the last 30 days"
        " and last ordered less than 7 days ago"
    )


@pytest.mark.parametrize(
    ("days_ago", "asked", "said"),
    [
        ((1, 2, 80), condition("orders", "at_least", 3, window=30), "2 orders since 30 January"),
        ((1,), condition("orders", "at_least", 3, window=365), "1 order since 1 March 2023"),
        ((1, 900), condition("orders", "at_least", 3), "2 orders in all"),
        ((), condition("orders", "at_least", 3), "no orders yet"),
        ((90,), condition("units", "below", 3, window=30), "no items since 30 January"),
        ((1, 2), condition("spend", "below", 3, window=30), "$25.00 since 30 January"),
        ((), condition("spend", "below", 3), "$0.00 in all"),
        ((95, 200), condition("days_since_last_order", "at_least", 3), "last order 95 days ago"),
        ((1, 200), condition("days_since_last_order", "at_least", 3), "last order 1 day ago"),
        ((0.5,), condition("days_since_first_order", "at_least", 3), "first order less than a day ago"),
        ((), condition("days_since_last_order", "below", 3), "no orders yet"),
    ],
)
def test_a_finding_says_the_number_it_rests_on(days_ago, asked, said):
    assert found(days_ago, asked) == said


def test_dates_are_said_in_the_time_zone_they_are_asked_in():
    tokyo_next_day = NOON.astimezone(timezone(timedelta(hours=14)))
    assert found((1,), condition("orders", "at_least", 3, window=30), tokyo_next_day) == "1 order since 31 January"


def test_an_explanation_names_each_condition_and_whether_it_holds():
    asked = segment_of(condition("orders", "at_least", 2), condition("days_since_last_order", "at_least", 7))
    told = words.explain(columns_of(5, 50), 0, asked, NOON, dollars, Store())
    assert not told.inside
    assert told.sentence == "Customers who placed at least 2 orders and last ordered at least 7 days ago"
    assert [each.holds for each in told.conditions] == [True, False]
    assert told.changes_at == NOON + timedelta(days=2)


def test_an_explanation_is_about_the_customer_asked_for():
    both = Customers.of(Columns.from_histories([1, 2], [None, pack([Record(1, 1, seconds(NOON) - 5, 1)])]))
    asked = segment_of(condition("orders", "at_least", 1))
    assert [words.explain(both, i, asked, NOON, dollars, Store()).inside for i in (0, 1)] == [False, True]


@settings(max_examples=150, deadline=None)
@given(made.made_stores(most_orders=6), made.definition_lists(most=1))
def test_the_announced_change_is_the_first_real_one(store, definitions):
    columns = Columns.from_histories(store.customers, store.histories())
    segment = Segment.from_definition(definitions[0], 0, 2)
    for i, customer in enumerate(store.customers):
        told = words.explain(Customers.of(columns), i, segment, store.as_of, dollars, Store())
        orders = store.counting(customer)
        assert told.inside == oracle.is_member(definitions[0], orders, store.as_of)
        changes = [
            instant
            for instant in oracle.instants_of_change(orders, definitions)
            if instant > store.as_of and oracle.is_member(definitions[0], orders, instant) != told.inside
        ]
        assert told.changes_at == min(changes, default=None)
