"""Definitions as merchants write them: what is taken, what is refused and in which words."""

import json

import pytest
import yaml
from hypothesis import given, settings

from plugin.segments import presets, rules
from plugin.segments.rules import Condition, InvalidDefinition, Segment
from plugin.segments.windows import LIFETIME
from tests.support import generated_orders as made


def with_condition(**condition):
    return {
        "name": "S",
        "tag": "s",
        "conditions": [{"measure": "orders", "comparison": "at_least", "value": 1} | condition],
    }


def problems(definition, minor_units=2):
    with pytest.raises(InvalidDefinition) as refused:
        Segment.from_definition(definition, 0, minor_units)
    return refused.value.problems


def only_problem(definition, minor_units=2):
    (problem,) = problems(definition, minor_units)
    return problem


def value_read(written, minor_units=2, **condition):
    definition = with_condition(**({"measure": "spend", "value": written} | condition))
    return Segment.from_definition(definition, 0, minor_units).conditions[0].value


@settings(max_examples=100, deadline=None)
@given(made.definition_lists())
def test_a_definition_comes_back_as_it_went_in(definitions):
    for definition in definitions:
        segment = Segment.from_definition(definition, 5, 2)
        assert Segment.from_definition(json.loads(json.dumps(segment.to_definition(2))), 5, 2) == segment


def test_a_definition_is_written_with_its_window_and_its_money_as_text():
    segment = Segment.from_definition(with_condition(measure="spend", value=[1, 2.5], comparison="between"), 0, 2)
    assert segment.to_definition(2)["conditions"] == [
        {"measure": "spend", "window": "lifetime", "comparison": "between", "value": ["1.00", "2.50"]}
    ]


def test_a_condition_without_a_window_is_about_the_whole_history():
    segment = Segment.from_definition(with_condition(), 3, 2)
    assert segment == Segment(3, "S", "s", (Condition("orders", LIFETIME, "at_least", 1),))


@pytest.mark.parametrize(
    ("written", "minor_units", "minor"),
    [("500.00", 2, 50_000), ("500", 0, 500), ("500.00", 0, 500), ("0.125", 3, 125), (0.29, 2, 29), (500, 2, 50_000)],
)
def test_money_becomes_exact_minor_units_of_the_currency(written, minor_units, minor):
    assert value_read(written, minor_units) == minor


def test_yaml_numbers_are_read_as_they_were_written():
    assert [value_read(written) for written in yaml.safe_load("[500.00, 1.10, 19.99, 4.35]")] == [
        50_000,
        110,
        1999,
        435,
    ]


@pytest.mark.parametrize(
    ("written", "minor_units", "message"),
    [
        ("0.5", 0, "must be a whole number"),
        ("1.005", 2, "must not have more than 2 decimals, the currency's smallest amount"),
        (0.1 + 0.2, 2, "must not have more than 2 decimals, the currency's smallest amount"),
        ("-1", 2, "must not be negative"),
        (10**16, 2, "must not be more than 10,000,000,000,000.00"),
    ],
)
def test_an_amount_the_currency_does_not_have_is_refused(written, minor_units, message):
    found = only_problem(with_condition(measure="spend", value=written), minor_units)
    assert found == ("conditions.0.value", message)


@pytest.mark.parametrize("written", [True, None, "", "1e3", "1_000", "NaN", "٣", " 3", float("inf"), {}, "9" * 400])
def test_what_is_not_a_plain_number_is_refused(written):
    found = only_problem(with_condition(value=written))
    assert found == ("conditions.0.value", "must be a number written in digits, such as 3 or 500.00")


@pytest.mark.parametrize(
    ("condition", "path", "message"),
    [
        ({"value": 2.5}, "value", "must be a whole number"),
        ({"value": -1}, "value", "must not be negative"),
        ({"value": [1, 2]}, "value", "must be a single number"),
        ({"comparison": "between", "value": 1}, "value", "must be two numbers: from, and up to but not including"),
        ({"comparison": "between", "value": [2, 2]}, "value", "the first number must be smaller than the second"),
        ({"comparison": "equals"}, "comparison", "must be one of at_least, below, between"),
        ({"window": 0}, "window", "must be at least 1 day (a number of days, or lifetime)"),
        ({"window": 36_501}, "window", "must not be more than 36,500 (a number of days, or lifetime)"),
        ({"window": 1.5}, "window", "must be a whole number (a number of days, or lifetime)"),
        ({"measure": "days_since_last_order", "value": 36_501}, "value", "must not be more than 36,500"),
        ({"windw": 3}, "windw", "is not known here; known are category, comparison, measure, value, window"),
    ],
)
def test_a_condition_that_cannot_be_is_refused_with_its_reason(condition, path, message):
    assert only_problem(with_condition(**condition)) == (f"conditions.0.{path}", message)


def test_an_age_has_no_window():
    found = only_problem(with_condition(measure="days_since_last_order", window=30))
    assert found.message == "must be left out: days_since_last_order looks at the whole history"
    Segment.from_definition(with_condition(measure="days_since_last_order", window="lifetime"), 0, 2)


def test_an_unknown_measure_names_the_known_ones():
    found = only_problem(with_condition(measure="visits"))
    assert found.path == "conditions.0.measure"
    assert "days_since_last_order" in found.message


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("", "must not be empty"),
        ("   ", "must not be empty"),
        (" vip", "must not begin or end with a blank"),
        ("a,b", "must not contain commas, quotes or backslashes"),
        ("it's", "must not contain commas, quotes or backslashes"),
        ('"vip"', "must not contain commas, quotes or backslashes"),
        ("a\\b", "must not contain commas, quotes or backslashes"),
        ("a\nb", "must not contain line breaks or control characters"),
        ("\ud800", "must not contain line breaks or control characters"),
        ("x" * 256, "must not be longer than 255 characters"),
        (7, "must be a text"),
    ],
)
def test_a_tag_shopify_would_change_or_refuse_is_refused(tag, message):
    assert only_problem(with_condition() | {"tag": tag}) == ("tag", message)


def test_everything_wrong_is_said_at_once():
    found = problems({"name": " ", "tag": "a,b", "colour": "red", "conditions": [{}, 3]})
    assert [problem.path for problem in found] == [
        "colour",
        "name",
        "tag",
        "conditions.0.measure",
        "conditions.0.comparison",
        "conditions.1",
    ]


@pytest.mark.parametrize(
    "definition", [None, [], "vip", {"name": "S", "tag": "s"}, {"name": "S", "tag": "s", "conditions": {}}]
)
def test_what_is_no_segment_at_all_is_refused(definition):
    assert problems(definition)


def test_tags_that_shopify_takes_for_one_clash():
    with pytest.raises(InvalidDefinition) as refused:
        rules.validate([with_condition() | {"tag": tag} for tag in ("STRASSE", "b", "Straße")], 2)
    assert [problem.path for problem in refused.value.problems] == ["2.tag"]


def test_problems_in_a_list_say_which_segment():
    with pytest.raises(InvalidDefinition) as refused:
        rules.validate([with_condition(), with_condition(value=-1) | {"tag": "t"}, None], 2)
    assert [problem.path for problem in refused.value.problems] == ["1.conditions.0.value", "2"]


def test_a_shop_has_sixty_segments_at_most():
    sixty_one = [with_condition() | {"tag": f"t{i}"} for i in range(61)]
    rules.validate(sixty_one[:60], 2)
    with pytest.raises(InvalidDefinition, match="60 segments"):
        rules.validate(sixty_one, 2)


@pytest.mark.parametrize("minor_units", [0, 2, 3])
def test_the_default_segments_are_right_in_every_currency(minor_units):
    rules.validate(presets.DEFAULTS, minor_units)


def test_a_bit_no_shop_has_is_refused():
    with pytest.raises(ValueError, match="bit 60"):
        Segment.from_definition(with_condition(), 60, 2)
