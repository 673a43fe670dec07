"""Why one customer is in a segment or not: what was found, what else decided, when that changes by itself, and what
would bring them in.
"""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings

from plugin.language import ENGLISH, Language
from plugin.segments import advice, evaluate, reasons
from plugin.segments.advice import Purchase
from plugin.segments.columns import Columns, Record, pack, seconds
from plugin.segments.customers import Customers, Store
from plugin.segments.rules import Segment
from tests.support import generated_orders as made
from tests.support import oracle

NOON = made.NOON


def segment_of(*conditions):
    return Segment.from_definition({"name": "S", "tag": "s", "conditions": list(conditions)}, 0, 2)


def condition(measure, comparison, value, **window):
    return {"measure": measure, "comparison": comparison, "value": value} | window


def columns_of(*days_ago, cents=1250):
    records = [Record(i, cents, seconds(NOON - timedelta(days=days)), 2) for i, days in enumerate(days_ago)]
    return Customers.of(Columns.from_histories([1], [pack(records)]))


def found(days_ago, asked, voice=ENGLISH):
    segment = segment_of(asked)
    told = reasons.explain(columns_of(*days_ago), 0, segment, [segment], NOON, voice, Store())
    return told.conditions[0].found


@pytest.mark.parametrize(
    ("days_ago", "asked", "said"),
    [
        ((1, 2, 80), condition("orders", "at_least", 3, window=30), "2 orders since Jan 30, 2024"),
        ((1,), condition("orders", "at_least", 3, window=365), "1 order since Mar 1, 2023"),
        ((1, 900), condition("orders", "at_least", 3), "2 orders in all"),
        ((), condition("orders", "at_least", 3), "no orders yet"),
        ((90,), condition("units", "below", 3, window=30), "no items since Jan 30, 2024"),
        ((1, 2), condition("spend", "below", 3, window=30), "$25.00 since Jan 30, 2024"),
        ((), condition("spend", "below", 3), "$0.00 in all"),
        ((95, 200), condition("days_since_last_order", "at_least", 3), "last order 95 days ago"),
        ((1, 200), condition("days_since_last_order", "at_least", 3), "last order 1 day ago"),
        ((0.5,), condition("days_since_first_order", "at_least", 3), "first order less than a day ago"),
        ((), condition("days_since_last_order", "below", 3), "no orders yet"),
    ],
)
def test_a_finding_says_the_number_it_rests_on(days_ago, asked, said):
    assert found(days_ago, asked) == said


def test_dates_are_said_in_the_time_zone_of_the_voice():
    next_day = Language(timezone="Pacific/Kiritimati")
    assert found((1,), condition("orders", "at_least", 3, window=30), next_day) == "1 order since Jan 31, 2024"


def test_an_explanation_names_each_condition_and_whether_it_holds():
    asked = segment_of(condition("orders", "at_least", 2), condition("days_since_last_order", "at_least", 7))
    told = reasons.explain(columns_of(5, 50), 0, asked, [asked], NOON, ENGLISH, Store())
    assert not told.inside
    assert told.sentence == "Customers who placed at least 2 orders and last ordered at least 7 days ago"
    assert [each.holds for each in told.conditions] == [True, False]
    assert told.changes_at == NOON + timedelta(days=2)


def test_an_explanation_is_about_the_customer_asked_for():
    both = Customers.of(Columns.from_histories([1, 2], [None, pack([Record(1, 1, seconds(NOON) - 5, 1)])]))
    asked = segment_of(condition("orders", "at_least", 1))
    assert [reasons.explain(both, i, asked, [asked], NOON, ENGLISH, Store()).inside for i in (0, 1)] == [False, True]


@settings(max_examples=150, deadline=None)
@given(made.made_stores(most_orders=6), made.definition_lists(most=1))
def test_the_announced_change_is_the_first_real_one(store, definitions):
    columns = Columns.from_histories(store.customers, store.histories())
    segment = Segment.from_definition(definitions[0], 0, 2)
    for i, customer in enumerate(store.customers):
        told = reasons.explain(Customers.of(columns), i, segment, [segment], store.as_of, ENGLISH, Store())
        orders = store.counting(customer)
        assert told.inside == oracle.is_member(definitions[0], orders, store.as_of)
        changes = [
            instant
            for instant in oracle.instants_of_change(orders, definitions)
            if instant > store.as_of and oracle.is_member(definitions[0], orders, instant) != told.inside
        ]
        assert told.changes_at == min(changes, default=None)


def advised(days_ago, *conditions, cents=1250):
    segment = segment_of(*conditions)
    return advice.find(columns_of(*days_ago, cents=cents), segment, [segment], NOON, Store())


@pytest.mark.parametrize(
    ("days_ago", "asked", "purchase", "days_left"),
    [
        ((), condition("orders", "at_least", 1), Purchase(1), None),
        ((1, 2), condition("orders", "at_least", 3), Purchase(1), None),
        ((1, 80), condition("orders", "at_least", 3, window=90), Purchase(1), 10),
        ((80, 88), condition("orders", "at_least", 4, window=90), Purchase(2), 2),
        ((1, 20), condition("spend", "at_least", 60, window=30), Purchase(1, spend=3500), 10),
        ((1,), condition("units", "at_least", 10), Purchase(1, units=8), None),
        ((200,), condition("days_since_last_order", "below", 90), Purchase(1), None),
        ((95,), condition("days_since_last_order", "at_least", 90), None, None),
        ((1,), condition("days_since_last_order", "at_least", 90), None, None),
        ((1, 2), condition("orders", "below", 2), None, None),
        ((1,), condition("orders", "between", [2, 3]), Purchase(1), None),
        ((1,), condition("orders", "at_least", 102), None, None),
    ],
)
def test_the_least_that_would_bring_a_customer_in(days_ago, asked, purchase, days_left):
    found = advised(days_ago, asked)
    assert (found.purchase if found else None) == purchase
    if days_left is not None:
        assert found.before == NOON + timedelta(days=days_left)
    elif found:
        assert found.before is None


def test_what_several_conditions_lack_is_bought_together():
    found = advised((1,), condition("orders", "at_least", 3), condition("spend", "at_least", 100, window=30))
    assert found.purchase == Purchase(2, spend=8750)


def in_after(customers, purchase, segment, at):
    bought = advice.after(customers, purchase, at)
    seen = evaluate.evaluate(bought, [segment], at + timedelta(microseconds=1), Store())
    return bool(seen.memberships[0])


@settings(max_examples=100, deadline=None)
@given(made.made_stores(most_orders=6), made.definition_lists(most=1))
def test_doing_what_is_said_brings_the_customer_in_and_less_does_not(store, definitions):
    columns = Columns.from_histories(store.customers, store.histories())
    segment, found_any = Segment.from_definition(definitions[0], 0, 2), False
    for i in range(len(store.customers)):
        customers = Customers.of(columns).only(i)
        found = advice.find(customers, segment, [segment], store.as_of, Store())
        if found is None:
            continue
        found_any, least = True, found.purchase
        assert in_after(customers, least, segment, store.as_of)
        if found.before:
            last = found.before - timedelta(seconds=1)
            assert last < store.as_of or in_after(customers, least, segment, last)
        for part in ("spend", "units"):
            if getattr(least, part):
                less = replace(least, **{part: getattr(least, part) - 1})
                assert not in_after(customers, less, segment, store.as_of)
    assume(found_any)


def ladder_of(*thresholds, keep=None):
    return [
        Segment.from_definition(
            {
                "name": "ABC"[i],
                "tag": "abc"[i],
                "conditions": [condition("orders", "at_least", threshold)],
                "ladder": {"name": "Steps", "rank": i + 1},
            },
            i,
            2,
        )
        for i, threshold in enumerate(thresholds)
    ]


def test_a_higher_step_that_fits_is_named():
    steps = ladder_of(1, 2, 5)
    told = [reasons.explain(columns_of(1, 2), 0, step, steps, NOON, ENGLISH, Store()) for step in steps]
    assert [each.inside for each in told] == [False, True, False]
    assert told[0].reasons == ("B fits as well, and only one step of a ladder is given",)
    assert [each.advice and each.advice.purchase for each in told] == [None, None, Purchase(3)]


def kept_segment(**more):
    spent = condition("orders", "at_least", 3, window=30)
    definition = {"name": "S", "tag": "s", "conditions": [spent], **more}
    return Segment.from_definition(definition, 0, 2), [spent | {"value": 2}]


def test_who_is_kept_by_the_lower_bar_is_told_so_and_when_that_ends():
    _, keep = kept_segment()
    segment, _ = kept_segment(keep=keep)
    before = replace(columns_of(1, 20), members=np.array([1]))
    told = reasons.explain(before, 0, segment, [segment], NOON, ENGLISH, Store())
    assert (told.inside, told.reasons) == (True, ("kept by the lower bar to stay",))
    assert (told.conditions[0].holds, told.keep[0].holds) == (False, True)
    assert told.changes_at == NOON + timedelta(days=10)
    never = reasons.explain(columns_of(1, 20), 0, segment, [segment], NOON, ENGLISH, Store())
    assert (never.inside, never.reasons) == (False, ())


def test_who_has_just_come_in_will_be_kept_by_the_lower_bar_too():
    _, keep = kept_segment()
    segment, _ = kept_segment(keep=keep)
    told = reasons.explain(columns_of(1, 2, 29), 0, segment, [segment], NOON, ENGLISH, Store())
    # Tomorrow two orders are left, enough to stay; of those the older one leaves 28 days from now.
    assert (told.inside, told.changes_at) == (True, NOON + timedelta(days=28))


def test_who_stays_for_their_minimum_is_told_until_when():
    segment, _ = kept_segment(minimum_stay=30)
    until = np.array([seconds(NOON + timedelta(days=4))])
    staying = replace(columns_of(1), members=np.array([1]), stays={0: until})
    told = reasons.explain(staying, 0, segment, [segment], NOON, ENGLISH, Store())
    assert (told.inside, told.changes_at) == (True, NOON + timedelta(days=4))
    assert told.reasons == ("stays at least until Mar 4, 2024",)


@pytest.mark.parametrize("into", [True, False])
def test_who_is_pinned_is_told_so(into):
    segment = segment_of(condition("orders", "at_least", 1))
    days_ago, mask = ((), "pinned_in") if into else ((1,), "pinned_out")
    pinned = replace(columns_of(*days_ago), **{mask: np.array([1])})
    told = reasons.explain(pinned, 0, segment, [segment], NOON, ENGLISH, Store())
    assert (told.inside, told.reasons) == (into, ("pinned into it" if into else "pinned out of it",))
    assert told.advice is None
