"""Segments as the engine reads them, made from definitions as merchants write them and turned back into those.

A definition is what the admin page edits and a YAML file holds; docs/segments.md describes it. All that is wrong with
one is said at once, in words for a shop owner.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from plugin.segments import amounts
from plugin.segments.measures import MEASURES, Measure
from plugin.segments.operators import OPERATORS, Value

MOST_SEGMENTS = 60
LONGEST_TAG = 255
NOT_IN_TAGS = ",'\"\\"
LIFETIME = "lifetime"
# Control characters, line and paragraph separators, halves of surrogate pairs (which no database can store).
UNFIT_CATEGORIES = ("Cc", "Zl", "Zp", "Cs")


class Problem(NamedTuple):
    path: str
    """Where, such as `conditions.0.value`; empty for the whole."""
    message: str


class InvalidDefinition(ValueError):
    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{path}: {message}" if path else message for path, message in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Condition:
    measure: str
    window_days: int | None
    """None is lifetime."""
    comparison: str
    value: Value


@dataclass(frozen=True, slots=True)
class Segment:
    bit: int
    """Which bit of a customer's memberships says that they are in it."""
    name: str
    tag: str
    conditions: tuple[Condition, ...]
    """All must hold."""

    def __post_init__(self) -> None:
        if not 0 <= self.bit < MOST_SEGMENTS:
            raise ValueError(f"bit {self.bit} is not one of the {MOST_SEGMENTS} a shop has")
        if not self.conditions:
            raise ValueError("a segment without conditions would hold everybody")

    @classmethod
    def from_definition(cls, definition: object, bit: int, minor_units: int) -> "Segment":
        """InvalidDefinition if it cannot be; `minor_units` is the number of decimals of the shop's currency."""
        reader = _Reader(minor_units, [])
        name, tag, conditions = reader.segment(definition)
        if reader.problems:
            raise InvalidDefinition(reader.problems)
        return cls(bit, name, tag, tuple(condition for condition in conditions if condition is not None))

    def to_definition(self, minor_units: int) -> dict[str, Any]:
        conditions = [_written(condition, minor_units) for condition in self.conditions]
        return {"name": self.name, "tag": self.tag, "conditions": conditions}


def validate(definitions: object, minor_units: int) -> None:
    """Check all definitions of a shop, and against each other; InvalidDefinition paths begin with a position."""
    if not isinstance(definitions, list | tuple):
        raise InvalidDefinition([Problem("", "must be a list of segments")])
    problems = []
    if len(definitions) > MOST_SEGMENTS:
        problems.append(Problem("", f"a shop can have {MOST_SEGMENTS} segments, these are {len(definitions)}"))
    for i, definition in enumerate(definitions):
        reader = _Reader(minor_units, [])
        reader.segment(definition)
        problems += [Problem(f"{i}.{path}".rstrip("."), message) for path, message in reader.problems]
    problems += _clashing_tags(definitions)
    if problems:
        raise InvalidDefinition(problems)


def _clashing_tags(definitions: Sequence[object]) -> list[Problem]:
    problems = []
    owner: dict[str, int] = {}
    for i, definition in enumerate(definitions):
        tag = definition.get("tag") if isinstance(definition, Mapping) else None
        # Shopify keeps the first spelling of a tag and takes every other for the same one.
        if isinstance(tag, str) and owner.setdefault(tag.strip().casefold(), i) != i:
            first = owner[tag.strip().casefold()] + 1
            problems.append(Problem(f"{i}.tag", f"is the tag of segment {first} already (upper or lower case is one)"))
    return problems


def _written(condition: Condition, minor_units: int) -> dict[str, Any]:
    unit = MEASURES[condition.measure].unit
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    written = [amounts.written(value, unit, minor_units) for value in values]
    definition: dict[str, Any] = {"measure": condition.measure}
    if MEASURES[condition.measure].windowed:
        definition["window"] = condition.window_days or LIFETIME
    definition["comparison"] = condition.comparison
    definition["value"] = written if isinstance(condition.value, tuple) else written[0]
    return definition


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one definition to its end, noting every problem on the way."""

    minor_units: int
    problems: list[Problem]

    def segment(self, definition: object) -> tuple[str, str, list[Condition | None]]:
        if not isinstance(definition, Mapping):
            self.problems.append(Problem("", "must be a segment with name, tag and conditions"))
            return "", "", []
        self._only_known(definition, {"name", "tag", "conditions"}, "")
        name = self._text(definition, "name")
        if not name.strip():
            self._refuse("name", "must not be empty")
        tag = self._tag(definition)
        conditions = definition.get("conditions")
        if not isinstance(conditions, list | tuple) or not conditions:
            self._refuse("conditions", "must be a list of at least one condition")
            return name, tag, []
        return name, tag, [self._condition(each, f"conditions.{i}") for i, each in enumerate(conditions)]

    def _refuse(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def _only_known(self, written: Mapping[Any, Any], known: set[str], prefix: str) -> None:
        for key in written:
            if key not in known:
                self._refuse(f"{prefix}{key}", f"is not known here; known are {_listed(known)}")

    def _text(self, definition: Mapping[Any, Any], key: str) -> str:
        text = definition.get(key, "")
        if not isinstance(text, str):
            self._refuse(key, "must be a text")
            return "-"  # said once: not empty as well
        if any(unicodedata.category(character) in UNFIT_CATEGORIES for character in text):
            self._refuse(key, "must not contain line breaks or control characters")
        return text

    def _tag(self, definition: Mapping[Any, Any]) -> str:
        tag = self._text(definition, "tag")
        if not tag.strip():
            self._refuse("tag", "must not be empty")
        elif tag != tag.strip():
            self._refuse("tag", "must not begin or end with a blank")
        if len(tag.strip()) > LONGEST_TAG:
            self._refuse("tag", f"must not be longer than {LONGEST_TAG} characters")
        if any(character in NOT_IN_TAGS for character in tag):
            self._refuse("tag", "must not contain commas, quotes or backslashes")
        return tag

    def _condition(self, written: object, path: str) -> Condition | None:
        if not isinstance(written, Mapping):
            self._refuse(path, "must be a condition with measure, comparison and value")
            return None
        self._only_known(written, {"measure", "window", "comparison", "value"}, f"{path}.")
        measure, comparison = written.get("measure"), written.get("comparison")
        if not isinstance(measure, str) or measure not in MEASURES:
            self._refuse(f"{path}.measure", f"must be one of {_listed(MEASURES)}")
            measure = None
        if not isinstance(comparison, str) or comparison not in OPERATORS:
            self._refuse(f"{path}.comparison", f"must be one of {_listed(OPERATORS)}")
            comparison = None
        # Without its measure nothing says whether a window or a value is right.
        window_days = self._window(written, MEASURES[measure], path) if measure else None
        value = self._value(written, MEASURES[measure], comparison, path) if measure and comparison else None
        if measure is None or comparison is None or value is None:
            return None
        return Condition(measure, window_days, comparison, value)

    def _window(self, written: Mapping[Any, Any], measure: Measure, path: str) -> int | None:
        window = written.get("window", LIFETIME)
        if window == LIFETIME:
            return None
        if not measure.windowed:
            self._refuse(f"{path}.window", f"must be left out: {measure.name} looks at the whole history")
            return None
        try:
            days = amounts.parse(window, amounts.DAYS, 0)
        except ValueError as problem:
            self._refuse(f"{path}.window", f"{problem} (a number of days, or {LIFETIME})")
            return None
        if days == 0:
            self._refuse(f"{path}.window", "must be at least 1 day")
        return days

    def _value(self, written: Mapping[Any, Any], measure: Measure, comparison: str, path: str) -> Value | None:
        try:
            return OPERATORS[comparison].parse(
                written.get("value"), lambda raw: amounts.parse(raw, measure.unit, self.minor_units)
            )
        except ValueError as problem:
            self._refuse(f"{path}.value", str(problem))
            return None


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))
