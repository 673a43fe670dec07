"""The engine against the oracle, on generated stores full of edges, and on the edges themselves by name."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.segments import evaluate
from plugin.segments.columns import EPOCH, Columns, Record, pack, seconds
from plugin.segments.customers import Customers, Store
from plugin.segments.rules import Segment
from tests.support import generated_orders as made
from tests.support import oracle

NOON = made.NOON
MICROSECOND = timedelta(microseconds=1)


def judged(columns, segments, as_of):
    return evaluate.evaluate(Customers.of(columns), segments, as_of, Store())


def engine(store, definitions, as_of, bits=None):
    segments = [
        Segment.from_definition(definition, bit, 2)
        for bit, definition in zip(bits or range(60), definitions, strict=False)
    ]
    columns = Columns.from_histories(store.customers, store.histories())
    return judged(columns, segments, as_of)


def members_by_name(store, definitions, as_of):
    memberships = engine(store, definitions, as_of).memberships.tolist()
    return {
        definition["name"]: {
            customer for customer, mask in zip(store.customers, memberships, strict=True) if mask >> bit & 1
        }
        for bit, definition in enumerate(definitions)
    }


def next_reviews(store, definitions, as_of):
    """An instant or None for each customer."""
    return [
        None if instant == evaluate.NEVER else EPOCH + instant * MICROSECOND
        for instant in engine(store, definitions, as_of).next_review_at.tolist()
    ]


def answers(orders, definitions, as_of):
    """Every yes or no that a rule is made of: is each measure at least each of its thresholds?"""
    found = []
    for condition in (each for definition in definitions for each in definition["conditions"]):
        number = oracle.measured(condition["measure"], condition.get("window", "lifetime"), orders, as_of)
        value = condition["value"]
        thresholds = value if isinstance(value, list) else [value]
        found += [None if number is None else number >= oracle.exactly(each) for each in thresholds]
    return found


@settings(max_examples=300, deadline=None)
@given(made.made_stores(), made.definition_lists())
def test_memberships_are_the_oracles_on_any_store_and_any_rules(store, definitions):
    expected = oracle.members(definitions, store.raw(), store.as_of, store.customers)
    assert members_by_name(store, definitions, store.as_of) == expected


@settings(max_examples=250, deadline=None)
@given(
    made.made_stores(most_orders=8),
    made.definition_lists(most=3),
    st.lists(st.timedeltas(timedelta(0), timedelta(days=200)), max_size=5),
)
def test_nothing_changes_before_the_next_review(store, definitions, waits):
    for customer, review_at in zip(store.customers, next_reviews(store, definitions, store.as_of), strict=True):
        orders = store.counting(customer)
        at_first = [oracle.is_member(each, orders, store.as_of) for each in definitions]
        for later in oracle.instants_of_change(orders, definitions) + [store.as_of + wait for wait in waits]:
            if later > store.as_of and (review_at is None or later < review_at):
                assert [oracle.is_member(each, orders, later) for each in definitions] == at_first


@settings(max_examples=250, deadline=None)
@given(made.made_stores(most_orders=8), made.definition_lists(most=3))
def test_the_next_review_is_exactly_when_the_first_threshold_is_passed_or_order_begins_to_count(store, definitions):
    for customer, review_at in zip(store.customers, next_reviews(store, definitions, store.as_of), strict=True):
        orders = store.counting(customer)
        at_first = answers(orders, definitions, store.as_of)
        passed = [
            instant
            for instant in oracle.instants_of_change(orders, definitions)
            if instant > store.as_of and answers(orders, definitions, instant) != at_first
        ]
        entering = [order.processed_at + MICROSECOND for order in orders if order.processed_at >= store.as_of]
        assert review_at == min(passed + entering, default=None)


@settings(max_examples=60, deadline=None)
@given(made.made_stores(), made.definition_lists(), st.data())
def test_cutting_the_customers_into_chunks_changes_nothing(store, definitions, data):
    cut = data.draw(st.integers(0, len(store.customers)))
    segments = [Segment.from_definition(each, bit, 2) for bit, each in enumerate(definitions)]
    whole = engine(store, definitions, store.as_of)
    parts = [
        judged(Columns.from_histories(store.customers[part], store.histories()[part]), segments, store.as_of)
        for part in (slice(0, cut), slice(cut, None))
    ]
    assert whole.memberships.tolist() == [mask for part in parts for mask in part.memberships.tolist()]
    assert whole.next_review_at.tolist() == [at for part in parts for at in part.next_review_at.tolist()]


def one_customer(condition, offsets, as_of=NOON, spend=1000):
    """Inside or not, and the next review, of a customer with an order at each offset in seconds from noon."""
    records = [Record(i, spend, seconds(NOON) + offset, 2) for i, offset in enumerate(offsets, start=1)]
    segment = Segment.from_definition({"name": "S", "tag": "s", "conditions": [condition]}, 0, 2)
    found = judged(Columns.from_histories([1], [pack(records)]), [segment], as_of)
    review_at = int(found.next_review_at[0])
    return bool(found.memberships[0]), None if review_at == evaluate.NEVER else EPOCH + review_at * MICROSECOND


ONE_THIS_WEEK = {"measure": "orders", "window": 7, "comparison": "at_least", "value": 1}
LAPSED = {"measure": "days_since_last_order", "comparison": "at_least", "value": 7}
WEEK = 7 * 86_400


@pytest.mark.parametrize(
    ("offset", "beside", "inside"),
    [(-WEEK, 0, False), (-WEEK, -1, True), (-WEEK + 1, 0, True), (0, 0, False), (0, 1, True), (-1, 0, True)],
)
def test_a_window_lets_go_at_its_exact_end_and_an_order_counts_just_after_its_instant(offset, beside, inside):
    assert one_customer(ONE_THIS_WEEK, [offset], NOON + beside * MICROSECOND)[0] is inside


@pytest.mark.parametrize(("beside", "inside", "review_at"), [(-1, False, NOON), (0, True, None), (1, True, None)])
def test_a_customer_lapses_at_exactly_the_last_day(beside, inside, review_at):
    assert one_customer(LAPSED, [-2 * WEEK, -WEEK], NOON + beside * MICROSECOND) == (inside, review_at)


def test_a_future_order_counts_one_microsecond_after_its_instant():
    assert one_customer(ONE_THIS_WEEK, [0]) == (False, NOON + MICROSECOND)


def test_a_count_is_reviewed_when_the_nth_most_recent_order_leaves():
    two_this_week = ONE_THIS_WEEK | {"value": 2}
    assert one_customer(two_this_week, [-600, -400, -300, -200]) == (
        True,
        NOON + timedelta(days=7, seconds=-300),
    )


def test_spend_is_reviewed_when_the_order_leaves_that_made_it_enough():
    spent = {"measure": "spend", "window": 7, "comparison": "at_least", "value": "20.00"}
    assert one_customer(spent, [-600, -400, -300]) == (True, NOON + timedelta(days=7, seconds=-400))


def test_spend_of_just_enough_is_reviewed_when_its_first_order_leaves():
    spent = {"measure": "spend", "window": 7, "comparison": "at_least", "value": "20.00"}
    assert one_customer(spent, [-400, -300]) == (True, NOON + timedelta(days=7, seconds=-400))


def test_a_window_may_reach_back_before_all_time():
    assert one_customer(ONE_THIS_WEEK | {"window": 36_500}, [-WEEK])[0]


def test_orders_worth_nothing_are_not_worth_a_review():
    spent = {"measure": "spend", "window": 7, "comparison": "below", "value": "20.00"}
    assert one_customer(spent, [-600, -400], spend=0) == (True, None)


@pytest.mark.parametrize("comparison", [{"comparison": "below", "value": 7}, {"comparison": "at_least", "value": 0}])
def test_who_never_bought_has_no_age_that_any_comparison_holds_for(comparison):
    assert one_customer(LAPSED | comparison, []) == (False, None)


def test_who_never_bought_has_fewer_orders_than_one():
    assert one_customer({"measure": "orders", "comparison": "below", "value": 1}, []) == (True, None)


def test_each_segment_has_its_own_bit():
    store = made.MadeStore(NOON, (), (1,))
    definition = {"name": "S", "tag": "s", "conditions": [{"measure": "orders", "comparison": "below", "value": 1}]}
    found = engine(store, [definition, definition], NOON, bits=[3, 59])
    assert found.memberships.tolist() == [1 << 59 | 1 << 3]


def test_nobody_and_no_rules_are_answered_too():
    nobody = judged(Columns.from_histories([], []), [], NOON)
    assert len(nobody.memberships) == 0
    without_rules = judged(Columns.from_histories([1], [None]), [], NOON)
    assert without_rules.next_review_at.tolist() == [evaluate.NEVER]


def test_the_longest_window_and_the_latest_storable_order_do_not_overflow():
    condition = ONE_THIS_WEEK | {"window": 36_500}
    last = 2**32 - 1 - seconds(NOON)
    as_of = datetime(2106, 2, 8, tzinfo=UTC)
    assert one_customer(condition, [last], as_of) == (
        True,
        EPOCH + timedelta(seconds=2**32 - 1) + timedelta(days=36_500),
    )


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(TypeError):
        one_customer(LAPSED, [0], datetime(2024, 1, 1))  # noqa: DTZ001 - the mistake under test
