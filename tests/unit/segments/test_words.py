"""Rules in sentences."""

import pytest

from plugin.language import ENGLISH
from plugin.segments import words
from plugin.segments.rules import Segment


def segment_of(*conditions):
    return Segment.from_definition({"name": "S", "tag": "s", "conditions": list(conditions)}, 0, 2)


def condition(measure, comparison, value, **window):
    return {"measure": measure, "comparison": comparison, "value": value} | window


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
    assert words.sentence(segment_of(asked), ENGLISH) == f"Customers who {said}"


def test_several_conditions_are_joined_into_one_sentence():
    asked = [condition("orders", "at_least", 2), condition("spend", "at_least", 9, window=30)]
    asked.append(condition("days_since_last_order", "below", 7))
    assert words.sentence(segment_of(*asked), ENGLISH) == (
        "Customers who placed at least 2 orders, spent at least $9.00 in the last 30 days"
        " and last ordered less than 7 days ago"
    )


@pytest.mark.parametrize(
    ("asked", "category", "said"),
    [
        (
            condition("orders", "at_least", 1),
            {"product_type": "Coffee"},
            "placed at least 1 order with products of type Coffee",
        ),
        (
            condition("orders", "below", 1, window=90),
            {"vendor": "Acme"},
            "placed no orders with products by Acme in the last 90 days",
        ),
        (
            condition("units", "at_least", 10),
            {"product_tag": "organic"},
            "bought at least 10 items of products tagged organic",
        ),
        (condition("spend", "at_least", 9), {"collection": 7}, "spent at least $9.00 on products of collection 7"),
        (
            condition("days_since_last_order", "at_least", 30),
            {"product": 8},
            "last ordered product 8 at least 30 days ago",
        ),
    ],
)
def test_a_rule_about_a_category_names_it(asked, category, said):
    assert words.sentence(segment_of(asked | {"category": category}), ENGLISH) == f"Customers who {said}"


def test_a_window_before_a_date_says_the_date():
    asked = condition("orders", "at_least", 1, window={"days": 14, "before": "12-24"})
    assert words.sentence(segment_of(asked), ENGLISH) == (
        "Customers who placed at least 1 order in the 14 days before December 24"
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            condition("orders", "at_least", 3, window=90),
            ["placed at least ", ("value", 3), " orders in the last ", ("window", 90), " days"],
        ),
        (
            condition("orders", "between", [1, 2]),
            ["placed at least ", ("value.0", 1), " but fewer than ", ("value.1", 2), " orders"],
        ),
        (condition("spend", "below", "12.50"), ["spent less than ", ("value", 1250)]),
        (
            condition("orders", "at_least", 1, window={"days": 14, "before": "12-24"}),
            [
                *("placed at least ", ("value", 1), " orders in the "),
                *(("window.days", 14), " days before ", ("window.before", (12, 24))),
            ],
        ),
        (
            condition("units", "below", 1, category={"vendor": "Acme"}),
            ["bought fewer than ", ("value", 1), " items of ", ("category", "vendor:Acme")],
        ),
        (
            condition("country", "is_not", ["DE", "AT"]),
            ["had their latest order sent elsewhere than to ", ("value", ("AT", "DE"))],
        ),
    ],
)
def test_a_rule_comes_apart_into_texts_and_blanks(asked, said):
    pieces = words.pieces(segment_of(asked).conditions[0], ENGLISH)
    assert [each if isinstance(each, str) else (each.path, each.value) for each in pieces] == said


def test_what_stands_around_the_conditions_comes_apart_too():
    assert words.frame(ENGLISH) == ("Customers who ", "")


def test_what_decides_beside_the_conditions_is_said_sentence_by_sentence():
    spent = condition("spend", "at_least", 500, window=365)
    steady = {"keep": [spent | {"value": 400}], "minimum_stay": 30, "ladder": {"name": "Tiers", "rank": 2}}
    segment = Segment.from_definition({"name": "S", "tag": "s", "conditions": [spent], **steady}, 0, 2)
    assert words.beside(segment, ENGLISH) == [
        "Once in, they stay while they spent at least $400.00 in the last 365 days.",
        "Once in, they stay for at least 30 days.",
        "Step 2 of Tiers: who fits several steps is in the highest one only.",
    ]
