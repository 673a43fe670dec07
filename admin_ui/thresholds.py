"""The form of thresholds, made from definitions: which fields there are, what they are called, how they are grouped.

`pages` and `settings_page` show it, `api` and `settings_api` find the field an error belongs to. Knows no segment by
name: any set has a form.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from admin_ui import language
from plugin.segments import amounts
from plugin.segments.measures import MEASURES, Measure
from plugin.segments.rules import Problem
from plugin.segments.units import DAYS, MONEY, Unit
from plugin.segments.voice import message
from plugin.segments.windows import WRITTEN_LIFETIME

Definition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One number a merchant can change. Its name is the path to it: `segments.2.conditions.0.value`.

    `suggested`: what would fit the store instead, and `because`: the evidence for it.
    """

    name: str
    label: str
    value: str
    suffix: str
    is_money: bool
    suggested: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One segment's part of the form."""

    number: int
    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Segments that ask for the same kind of thing."""

    heading: str
    rules: tuple[Rule, ...]


def groups(numbered: Iterable[tuple[int, Definition]], currency: str) -> list[Group]:
    """All segments with something to change, grouped by what their first condition measures. Their numbers are part of
    the fields' names.
    """
    found: dict[str, list[Rule]] = {}
    for number, definition in numbered:
        fields = tuple(_fields(number, definition, currency))
        first = MEASURES[definition["conditions"][0]["measure"]]
        if fields:
            found.setdefault(_heading(first.unit), []).append(Rule(number, definition["name"], fields))
    return [Group(heading, tuple(rules)) for heading, rules in found.items()]


def with_suggestions(groups: list[Group], suggested: Callable[[Field], tuple[str, str] | None]) -> list[Group]:
    """The same groups with what is suggested beside each field (value, evidence), where it is another number."""

    def beside(field: Field) -> Field:
        found = suggested(field)
        return replace(field, suggested=found[0], because=found[1]) if found and found[0] != field.value else field

    return [
        replace(group, rules=tuple(replace(rule, fields=tuple(map(beside, rule.fields))) for rule in group.rules))
        for group in groups
    ]


def errors_by_field(definitions: list[Definition], problems: Iterable[Problem], minor_units: int) -> dict[str, str]:
    """What is wrong, by the name of the field it is about."""
    errors: dict[str, str] = {}
    for path, wrong in problems:
        name = ".".join(filter(None, ["segments", path]))
        errors.setdefault(_half_to_blame(definitions, name, minor_units), sentence(wrong))
    return errors


def sentence(wrong: str) -> str:
    """What is wrong with a definition, to the merchant."""
    said = language.said(wrong)
    return f"{said[:1].upper()}{said[1:]}."


def with_numbers(definition: Definition, numbers: Mapping[str, object]) -> Definition:
    """A copy with these numbers at their paths (`conditions.0.value`); KeyError where there is none."""
    changed: Definition = copy.deepcopy(definition)
    for path, number in numbers.items():
        *way, last = path.split(".")
        place: Any = changed
        try:
            for step in way:
                place = place[_key(place, step)]
            if isinstance(place[_key(place, last)], bool | list | dict):
                raise KeyError(path)
            place[_key(place, last)] = number
        except (IndexError, TypeError, ValueError) as error:
            raise KeyError(path) from error
    return changed


def _key(place: object, step: str) -> int | str:
    return int(step) if isinstance(place, list) else step


def _heading(unit: Unit) -> str:
    if unit is MONEY:
        return language.said(message("How much they spend"))
    return language.said(message("How long ago they bought") if unit.in_days else message("How often they buy"))


def _fields(number: int, definition: Definition, currency: str) -> Iterable[Field]:
    for i, condition in enumerate(definition["conditions"]):
        measure, path = MEASURES[condition["measure"]], f"segments.{number}.conditions.{i}"
        value, comparison = condition["value"], condition["comparison"]
        if measure.of_choices:
            continue
        noun = _noun(measure, currency)
        if comparison == "between":
            yield _value_field(f"{path}.value.0", _label(FROM, noun), value[0], measure.unit)
            yield _value_field(f"{path}.value.1", _label(BELOW[measure.unit.fewer], noun), value[1], measure.unit)
        else:
            said = BELOW[measure.unit.fewer] if comparison == "below" else AT_LEAST
            yield _value_field(f"{path}.value", _label(said, noun), value, measure.unit)
        window = condition.get("window", WRITTEN_LIFETIME)
        if isinstance(window, int):
            label = language.said(message("In the last (days)"))
            yield Field(f"{path}.window", label, str(window), language.said(DAYS.many), is_money=False)


def _value_field(name: str, label: str, value: object, unit: Unit) -> Field:
    return Field(name, label, str(value), language.said(unit.many), is_money=unit is MONEY)


def _label(words: str, noun: str) -> str:
    return language.current().text(words, noun=noun)


def _noun(measure: Measure, currency: str) -> str:
    named = measure.unit is MONEY or measure.unit.in_days
    noun = language.said(NOUNS[measure.name if named else measure.unit.many])
    return f"{noun} ({currency})" if measure.unit is MONEY else noun


FROM, AT_LEAST = message("{noun}, from"), message("{noun}, at least")
BELOW = {"fewer": message("{noun}, fewer than"), "less": message("{noun}, less than")}
NOUNS = {
    "orders": message("Orders"),
    "items": message("Items"),
    "points": message("Points"),
    "times": message("Times"),
    "percent": message("Percent"),
    "spend": message("Spend"),
    "average_order_value": message("Average order value"),
    "days_since_last_order": message("Days since last order"),
    "days_since_first_order": message("Days since first order"),
    "days_since_signup": message("Days since signup"),
    "usual_gap": message("Usual gap"),
}


def _half_to_blame(definitions: list[Definition], name: str, minor_units: int) -> str:
    """Of a value with two ends, the end that cannot be read; the second if only together they make no sense."""
    parts = name.split(".")
    if len(parts) != 5 or parts[4] != "value":
        return name
    condition = definitions[int(parts[1])][parts[2]][int(parts[3])]
    value, measure = condition.get("value"), MEASURES.get(condition.get("measure", ""))
    if measure is None or not isinstance(value, list) or len(value) != 2:
        return name
    try:
        amounts.parse(value[0], measure.unit, minor_units)
    except ValueError:
        return f"{name}.0"
    return f"{name}.1"
