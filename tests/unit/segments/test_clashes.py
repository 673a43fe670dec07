"""Definitions that can be read and make no sense are told so, at the place that is wrong."""

import pytest
from hypothesis import given, settings

from plugin.segments import clashes, presets, rules
from plugin.segments.clashes import Known
from plugin.segments.rules import InvalidDefinition
from tests.support import generated_orders as made
from tests.support import oracle


def condition(measure, comparison, value, **more):
    return {"measure": measure, "comparison": comparison, "value": value, **more}


def segment(*conditions, tag="a", **more):
    return {"name": tag.upper(), "tag": tag, "conditions": list(conditions), **more}


def ladder(*rungs):
    """Steps of one ladder, lowest first."""
    return [segment(rung, tag="abcdef"[i], ladder={"name": "Steps", "rank": i + 1}) for i, rung in enumerate(rungs)]


def errors(*definitions, known=None):
    return [tuple(problem) for problem in clashes.find(definitions, 2, known).errors]


def warnings(*definitions, known=None):
    found = clashes.find(definitions, 2, known)
    assert not found.errors
    return [tuple(problem) for problem in found.warnings]


CONTRADICTION = "contradicts condition 1: no customer can meet both"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (condition("orders", "at_least", 5), condition("orders", "below", 3)),
        (condition("orders", "at_least", 3), condition("orders", "below", 3)),
        (condition("spend", "between", [1, 5], window=30), condition("spend", "at_least", 5, window=30)),
        # More in a month than in a quarter, or of coffee than of everything, nobody can have bought.
        (condition("units", "at_least", 5, window=30), condition("units", "below", 5, window=90)),
        (condition("orders", "below", 2), condition("orders", "at_least", 2, window=7)),
        (condition("orders", "at_least", 2, category={"vendor": "Acme"}), condition("orders", "below", 2)),
    ],
)
def test_conditions_that_nobody_can_meet_together_are_refused(one, other):
    assert errors(segment(one, other)) == [("0.conditions.1.value", CONTRADICTION)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (condition("orders", "at_least", 2), condition("orders", "below", 3)),
        (condition("orders", "at_least", 5), condition("orders", "below", 3, window=90)),
        (condition("orders", "below", 5, window=30), condition("orders", "at_least", 5, window=90)),
        (condition("spend", "at_least", 5, window=30), condition("orders", "below", 3, window=90)),
        (condition("orders", "at_least", 1), condition("orders", "below", 1, category={"vendor": "Acme"})),
    ],
)
def test_conditions_that_somebody_can_meet_together_are_not(one, other):
    assert errors(segment(one, other)) == []


@settings(max_examples=200, deadline=None)
@given(made.made_stores(most_orders=6), made.conditions(), made.conditions())
def test_what_is_refused_as_a_contradiction_holds_nobody(store, one, other):
    definition = segment(one, other)
    if errors(definition):
        assert not any(oracle.is_member(definition, store.counting(each), store.as_of) for each in store.customers)


def test_a_bar_to_stay_must_not_be_higher_than_the_bar_to_enter():
    enter, stay = condition("spend", "at_least", 500, window=365), condition("spend", "at_least", 600, window=365)
    ((path, said),) = errors(segment(enter, keep=[stay]))
    assert path == "0.keep.0.value"
    assert said.startswith("must not ask for more")
    ((path, said),) = warnings(segment(enter, keep=[enter]))
    assert (path, said.split(":")[0]) == ("0.keep", "asks for as much as the conditions to enter")
    assert warnings(segment(stay, keep=[enter])) == []


def test_two_steps_of_a_ladder_cannot_have_one_rank():
    first, second = ladder(condition("orders", "between", [1, 2]), condition("orders", "at_least", 2))
    second["ladder"]["rank"] = 1
    assert errors(first, second) == [("1.ladder.rank", "is the rank of A already: which of the two comes first?")]


@pytest.mark.parametrize(
    "rungs",
    [
        [condition("spend", "at_least", 500), condition("spend", "at_least", 400)],
        [condition("spend", "at_least", 500), condition("spend", "at_least", 500)],
        [condition("orders", "between", [3, 5]), condition("orders", "at_least", 2)],
        [condition("orders", "at_least", 3, window=30), condition("orders", "at_least", 3, window=90)],
    ],
)
def test_a_step_that_everybody_of_a_lower_one_fits_is_refused(rungs):
    ((path, said),) = errors(*ladder(*rungs))
    assert path == "1.conditions.0.value"
    assert said.startswith("everybody who fits A fits this higher step as well")


def test_a_hole_between_two_steps_is_pointed_out_and_can_be_saved():
    holed = ladder(condition("days_since_last_order", "below", 90), condition("days_since_last_order", "at_least", 100))
    assert warnings(*holed) == [("1.conditions.0.value", "leaves a hole: A ends before B begins")]
    clashes.validate(holed, 2)


def test_steps_that_overlap_are_pointed_out():
    overlapping = ladder(condition("orders", "between", [1, 5]), condition("orders", "between", [4, 9]))
    ((path, said),) = warnings(*overlapping)
    assert (path, said.split(":")[0]) == ("1.conditions.0.value", "overlaps with A")


def test_a_ladders_name_spelt_otherwise_is_pointed_out():
    first, second = ladder(condition("orders", "between", [1, 2]), condition("orders", "at_least", 2))
    second["ladder"]["name"] = "steps"
    assert warnings(first, second) == [("1.ladder.name", "is another ladder than Steps, spelt otherwise")]


def test_a_tag_that_customers_carry_already_is_pointed_out():
    ((path, said),) = warnings(segment(condition("orders", "at_least", 1), tag="vip"), known=Known(store_tags=["VIP"]))
    assert path == "0.tag"
    assert said.startswith("is on customers of the store already")


def test_a_category_without_a_product_is_pointed_out():
    asked = segment(condition("orders", "at_least", 1, category={"product_type": "Cofee"}))
    assert warnings(asked, known=Known(categories={"product_type:Coffee"})) == [
        ("0.conditions.0.category", "no product of the shop has the product type Cofee")
    ]
    assert warnings(asked, known=Known(categories={"product_type:Cofee"})) == warnings(asked) == []


def test_the_segments_of_a_new_shop_have_nothing_to_mend():
    assert warnings(*presets.DEFAULTS) == []


def test_what_makes_no_sense_cannot_be_saved_and_what_cannot_be_read_neither():
    with pytest.raises(InvalidDefinition, match="contradicts"):
        clashes.validate([segment(condition("orders", "at_least", 3), condition("orders", "below", 2))], 2)
    with pytest.raises(InvalidDefinition, match="must be a list"):
        clashes.validate("segments", 2)
    rules.validate(presets.DEFAULTS, 2)
