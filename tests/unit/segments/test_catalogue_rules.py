"""Every measure, lower bars, ladders, stays and pins: the engine against a plain reading of the same sentences."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plugin.segments import baseline, evaluate
from plugin.segments.columns import EPOCH
from tests.support import generated_people as made
from tests.support import moments, oracle, people
from tests.support.oracle import RawOrder
from tests.support.people import Person, Shop

MICROSECOND = timedelta(microseconds=1)
# Of an average, a group and a window before a date a review may come too early, but never too late.
EXACT = tuple(each for each in made.NUMBERS if each != "average_order_value")
ONE_ORDER = {"measure": "orders", "comparison": "at_least", "value": 1}
often = settings(
    max_examples=100,
    # Making such shops smaller takes minutes and rarely makes them clearer.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(autouse=True)
def small_stores_are_compared(monkeypatch):
    monkeypatch.setattr(baseline, "FEWEST_BUYERS", made.FEWEST_BUYERS)


def judged(shop, definitions, as_of):
    return evaluate.evaluate(made.customers(shop, definitions), made.segments(definitions), as_of, made.store(shop))


def reviews(found):
    return [
        None if instant == evaluate.NEVER else EPOCH + instant * MICROSECOND
        for instant in found.next_review_at.tolist()
    ]


def answers(conditions, person, shop, as_of):
    """Every yes or no that a rule is made of: is each measure at least each of its thresholds?"""
    found = []
    for condition in conditions:
        number, value = people.measured(condition, person, shop, as_of), condition["value"]
        thresholds = value if isinstance(value, list) else [value]
        found += [None if number is None else number >= oracle.exactly(each) for each in thresholds]
    return found


@often
@given(made.made_people(), made.definition_lists())
def test_everybody_is_in_the_segments_that_a_plain_reading_puts_them_in(shop, definitions):
    found = judged(shop, definitions, shop.as_of)
    for person, bits in zip(shop.people, found.memberships.tolist(), strict=True):
        assert made.names_of(bits, definitions) == people.standing(definitions, person, shop.shop, shop.as_of)


@often
@given(made.made_people(), made.definition_lists())
def test_nothing_changes_before_the_next_review(shop, definitions):
    found = judged(shop, definitions, shop.as_of)
    for person, review_at in zip(shop.people, reviews(found), strict=True):
        at_first = people.standing(definitions, person, shop.shop, shop.as_of)
        for later in moments.of(person, definitions, shop.shop, shop.as_of):
            if review_at is None or later < review_at:
                assert people.standing(definitions, person, shop.shop, later) == at_first


@often
@given(made.made_people(), st.lists(made.conditions(EXACT), min_size=1, max_size=3))
def test_the_next_review_is_the_very_instant_at_which_the_first_threshold_is_passed(shop, conditions):
    conditions = [each for each in conditions if not isinstance(each.get("window"), dict)] or [ONE_ORDER]
    definitions = [{"name": "S0", "tag": "s0", "conditions": conditions}]
    found = judged(shop, definitions, shop.as_of)
    for person, review_at in zip(shop.people, reviews(found), strict=True):
        at_first = answers(conditions, person, shop.shop, shop.as_of)
        later = moments.of(person, definitions, shop.shop, shop.as_of)
        passed = [each for each in later if answers(conditions, person, shop.shop, each) != at_first]
        begins = [each.processed_at + MICROSECOND for each in person.orders if each.processed_at >= shop.as_of]
        ends = [person.pins_until] if person.pins_until and person.pins_until > shop.as_of else []
        assert review_at == min(passed + begins + ends, default=None)


@pytest.mark.parametrize("measure", [*made.NUMBERS, *made.WORDS])
def test_a_measure_alone_is_read_plainly_and_never_reviewed_too_late(measure):
    @settings(often, max_examples=25)
    @given(made.made_people(most=5), made.conditions((measure,)))
    def check(shop, condition):
        definitions = [{"name": "S0", "tag": "s0", "conditions": [condition]}]
        found = judged(shop, definitions, shop.as_of)
        for person, bits, review_at in zip(shop.people, found.memberships.tolist(), reviews(found), strict=True):
            at_first = people.standing(definitions, person, shop.shop, shop.as_of)
            assert made.names_of(bits, definitions) == at_first
            for later in moments.of(person, definitions, shop.shop, shop.as_of):
                if review_at is None or later < review_at:
                    assert people.standing(definitions, person, shop.shop, later) == at_first

    check()


def tier(name, rank, enter, stay):
    spend = {"measure": "spend", "comparison": "at_least"}
    bars = {"conditions": [spend | {"value": enter}], "keep": [spend | {"value": stay}]}
    return {"name": name, "tag": name, "ladder": {"name": "Tiers", "rank": rank}} | bars


@pytest.mark.parametrize(
    ("spent", "was", "is_now"),
    [
        (450, set(), {"silver"}),
        (450, {"gold"}, {"gold"}),
        (350, {"gold"}, {"silver"}),
        (220, {"silver"}, {"silver"}),
        # Whoever falls from gold has been above silver's bar as well: they fall no deeper than who was in silver.
        (220, {"gold"}, {"silver"}),
        (220, set(), set()),
        (190, {"gold"}, set()),
    ],
)
def test_a_lower_bar_keeps_who_was_in_it_or_above(spent, was, is_now):
    tiers = [tier("silver", 1, 250, 200), tier("gold", 2, 500, 400)]
    order = RawOrder(1, 1, made.NOON - timedelta(days=1), Decimal(spent))
    shop = made.MadePeople(made.NOON, (Person(101, (order,), inside=frozenset(was)),), Shop())
    (bits,) = judged(shop, tiers, made.NOON).memberships.tolist()
    assert made.names_of(bits, tiers) == people.standing(tiers, shop.people[0], shop.shop, made.NOON) == is_now


@pytest.mark.parametrize(("bought_on", "was", "is_then"), [(20, False, True), (2, False, False)])
def test_who_buys_in_the_last_days_before_a_date_enters_when_the_date_begins(bought_on, was, is_then):
    window = {"days": 14, "before": "12-24"}
    late = {"measure": "orders", "window": window, "comparison": "at_least", "value": 1}
    definitions = [{"name": "Late", "tag": "late", "conditions": [late]}]
    order = RawOrder(1, 1, datetime(2023, 12, bought_on, 12, tzinfo=UTC), Decimal(1))
    now, turn = datetime(2023, 12, 22, tzinfo=UTC), datetime(2023, 12, 24, tzinfo=UTC)
    shop = made.MadePeople(now, (Person(101, (order,)),), Shop())
    found = judged(shop, definitions, now)
    assert (bool(found.memberships[0]), reviews(found)) == (was, [turn if is_then else None])
    assert bool(judged(shop, definitions, turn).memberships[0]) is is_then
