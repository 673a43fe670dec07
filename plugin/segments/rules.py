"""Segments as the engine reads them, made from definitions as merchants write them and turned back into those.

A definition is what the admin page edits and a YAML file holds; docs/segments.md describes it. All that is wrong with
one is said at once, in words for a shop owner.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from plugin.segments import amounts, category_keys, units, windows
from plugin.segments.asked import Asked
from plugin.segments.measures import MEASURES, Measure
from plugin.segments.operators import OPERATORS, Value
from plugin.segments.voice import Said, message
from plugin.segments.windows import LIFETIME, Window

LONGEST_TAG = LONGEST_LADDER = 255
MOST_SEGMENTS, MOST_RANKS, LONGEST_STAY_DAYS = 60, 1_000, 3_650
NOT_IN_TAGS = ",'\"\\"
# Control characters, line and paragraph separators, halves of surrogate pairs (which no database can store).
UNFIT_CATEGORIES = ("Cc", "Zl", "Zp", "Cs")
TOO_MANY = message("a shop can have {most} segments, these are {count}")
SAME_TAG = message("is the tag of segment {number} already (upper or lower case is one)")
NO_WINDOW = message("must be left out: {measure} looks at the whole history")
ONLY_DAYS = message("must be a number of days, or {lifetime}")
NO_CATEGORY = message("must be left out: {measure} is about all orders")


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
    window: Window
    comparison: str
    value: Value
    category: str | None = None
    """The key of plugin.segments.category_keys; None is about all orders."""

    @property
    def asked(self) -> Asked:
        return Asked(self.measure, self.window, self.category)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Of the segments of one ladder a customer carries only the one of the highest rank that fits."""

    name: str
    rank: int


@dataclass(frozen=True, slots=True)
class Segment:
    bit: int
    """Which bit of a customer's memberships says that they are in it."""
    name: str
    tag: str
    conditions: tuple[Condition, ...]
    """All must hold."""
    keep: tuple[Condition, ...] = ()
    """Who is in it, or in a higher one of its ladder, stays in it while all of these hold."""
    ladder: Ladder | None = None
    minimum_stay_days: int = 0
    """Who has entered stays for so many days, whatever happens."""
    on: bool = True
    """Whether anybody is put into it; one that is off is kept, and can be tried."""

    def __post_init__(self) -> None:
        if not 0 <= self.bit < MOST_SEGMENTS:
            raise ValueError(f"bit {self.bit} is not one of the {MOST_SEGMENTS} a shop has")
        if not self.conditions:
            raise ValueError("a segment without conditions would hold everybody")

    @property
    def all_conditions(self) -> tuple[Condition, ...]:
        """Those to enter and those to stay."""
        return self.conditions + self.keep

    @classmethod
    def from_definition(cls, definition: object, bit: int, minor_units: int) -> "Segment":
        """InvalidDefinition if it cannot be; `minor_units` is the number of decimals of the shop's currency."""
        reader = _Reader(minor_units, [])
        parts = reader.segment(definition)
        if reader.problems:
            raise InvalidDefinition(reader.problems)
        return cls(bit, **parts)

    def to_definition(self, minor_units: int) -> dict[str, Any]:
        conditions, keep = ([_written(one, minor_units) for one in part] for part in (self.conditions, self.keep))
        definition: dict[str, Any] = {"name": self.name, "tag": self.tag, "conditions": conditions}
        if keep:
            definition["keep"] = keep
        if self.ladder:
            definition["ladder"] = {"name": self.ladder.name, "rank": self.ladder.rank}
        if self.minimum_stay_days:
            definition["minimum_stay"] = self.minimum_stay_days
        if not self.on:
            definition["on"] = False
        return definition


def validate(definitions: object, minor_units: int) -> None:
    """Check all definitions of a shop, and against each other; InvalidDefinition paths begin with a position."""
    if not isinstance(definitions, list | tuple):
        raise InvalidDefinition([Problem("", Said("must be a list of segments"))])
    problems = []
    if len(definitions) > MOST_SEGMENTS:
        problems.append(Problem("", Said(TOO_MANY, most=MOST_SEGMENTS, count=len(definitions))))
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
            problems.append(Problem(f"{i}.tag", Said(SAME_TAG, number=first)))
    return problems


def _written(condition: Condition, minor_units: int) -> dict[str, Any]:
    measure = MEASURES[condition.measure]
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    written = [each if isinstance(each, str) else amounts.written(each, measure.unit, minor_units) for each in values]
    definition: dict[str, Any] = {"measure": condition.measure}
    if measure.windowed:
        definition["window"] = windows.written(condition.window)
    if condition.category is not None:
        definition["category"] = category_keys.written(condition.category)
    definition["comparison"] = condition.comparison
    definition["value"] = written if len(written) > 1 else written[0]
    return definition


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one definition to its end, noting every problem on the way."""

    minor_units: int
    problems: list[Problem]

    def segment(self, definition: object) -> dict[str, Any]:
        if not isinstance(definition, Mapping):
            self.problems.append(Problem("", Said("must be a segment with name, tag and conditions")))
            return {}
        self._only_known(definition, {"name", "tag", "conditions", "keep", "ladder", "minimum_stay", "on"}, "")
        name = self._text(definition, "name")
        if not name.strip():
            self._refuse("name", Said("must not be empty"))
        if not isinstance(definition.get("on", True), bool):
            self._refuse("on", Said("must be true or false"))
        return {
            "name": name,
            "tag": self._tag(definition),
            "conditions": self._conditions(definition, "conditions"),
            "keep": self._conditions(definition, "keep") if "keep" in definition else (),
            "ladder": self._ladder(definition["ladder"]) if "ladder" in definition else None,
            "minimum_stay_days": self._whole(definition, "minimum_stay", LONGEST_STAY_DAYS),
            "on": definition.get("on") is not False,
        }

    def _conditions(self, definition: Mapping[Any, Any], key: str) -> tuple[Condition, ...]:
        conditions = definition.get(key)
        if not isinstance(conditions, list | tuple) or not conditions:
            self._refuse(key, Said("must be a list of at least one condition"))
            return ()
        read = [self._condition(each, f"{key}.{i}") for i, each in enumerate(conditions)]
        return tuple(condition for condition in read if condition is not None)

    def _ladder(self, written: object) -> Ladder | None:
        if not isinstance(written, Mapping):
            self._refuse("ladder", Said("must be a name and a rank"))
            return None
        self._only_known(written, {"name", "rank"}, "ladder.")
        name = self._text(written, "name", "ladder.")
        if not name.strip() or len(name) > LONGEST_LADDER:
            self._refuse("ladder.name", Said("must have 1 to {most} characters", most=LONGEST_LADDER))
        return Ladder(name.strip(), self._whole(written, "rank", MOST_RANKS, "ladder."))

    def _whole(self, written: Mapping[Any, Any], key: str, largest: int, prefix: str = "") -> int:
        """A whole number from 1 on; where a segment leaves it out, 0."""
        if key not in written and not prefix:
            return 0
        try:
            number = amounts.parse(written.get(key), units.DAYS, 0)
        except ValueError as problem:
            self._refuse(f"{prefix}{key}", problem.args[0])
            return 0
        if not 1 <= number <= largest:
            self._refuse(f"{prefix}{key}", Said("must be from 1 to {most}", most=largest))
        return number

    def _refuse(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def _only_known(self, written: Mapping[Any, Any], known: set[str], prefix: str) -> None:
        for key in written:
            if key not in known:
                self._refuse(f"{prefix}{key}", Said("is not known here; known are {known}", known=_listed(known)))

    def _text(self, definition: Mapping[Any, Any], key: str, prefix: str = "") -> str:
        text = definition.get(key, "")
        if not isinstance(text, str):
            self._refuse(f"{prefix}{key}", Said("must be a text"))
            return "-"  # said once: not empty as well
        if any(unicodedata.category(character) in UNFIT_CATEGORIES for character in text):
            self._refuse(f"{prefix}{key}", Said("must not contain line breaks or control characters"))
        return text

    def _tag(self, definition: Mapping[Any, Any]) -> str:
        tag = self._text(definition, "tag")
        if not tag.strip():
            self._refuse("tag", Said("must not be empty"))
        elif tag != tag.strip():
            self._refuse("tag", Said("must not begin or end with a blank"))
        if len(tag.strip()) > LONGEST_TAG:
            self._refuse("tag", Said("must not be longer than {most} characters", most=LONGEST_TAG))
        if any(character in NOT_IN_TAGS for character in tag):
            self._refuse("tag", Said("must not contain commas, quotes or backslashes"))
        return tag

    def _condition(self, written: object, path: str) -> Condition | None:
        if not isinstance(written, Mapping):
            self._refuse(path, Said("must be a condition with measure, comparison and value"))
            return None
        self._only_known(written, {"measure", "window", "category", "comparison", "value"}, f"{path}.")
        measure, comparison = written.get("measure"), written.get("comparison")
        if not isinstance(measure, str) or measure not in MEASURES:
            self._refuse(f"{path}.measure", Said("must be one of {known}", known=_listed(MEASURES)))
            measure = None
        fitting = [each.name for each in OPERATORS.values() if not measure or MEASURES[measure].compared_by(each)]
        if not isinstance(comparison, str) or comparison not in fitting:
            self._refuse(f"{path}.comparison", Said("must be one of {known}", known=_listed(fitting)))
            comparison = None
        # Without its measure nothing says whether a window or a value is right.
        window = self._window(written, MEASURES[measure], path) if measure else LIFETIME
        category = self._category(written, MEASURES[measure], path) if measure else None
        value = self._value(written, MEASURES[measure], comparison, path) if measure and comparison else None
        if measure is None or comparison is None or value is None:
            return None
        return Condition(measure, window, comparison, value, category)

    def _window(self, written: Mapping[Any, Any], measure: Measure, path: str) -> Window:
        raw = written.get("window", windows.WRITTEN_LIFETIME)
        if raw != windows.WRITTEN_LIFETIME and not measure.windowed:
            self._refuse(f"{path}.window", Said(NO_WINDOW, measure=measure.name))
            return LIFETIME
        try:
            window = windows.parse(raw)
        except ValueError as problem:
            self._refuse(f"{path}.window", problem.args[0])
            return LIFETIME
        if window.before is not None and not measure.of_orders:
            self._refuse(f"{path}.window", Said(ONLY_DAYS, lifetime=windows.WRITTEN_LIFETIME))
        return window

    def _category(self, written: Mapping[Any, Any], measure: Measure, path: str) -> str | None:
        if "category" not in written:
            return None
        if not measure.of_categories:
            self._refuse(f"{path}.category", Said(NO_CATEGORY, measure=measure.name))
            return None
        try:
            return category_keys.parse(written["category"])
        except ValueError as problem:
            self._refuse(f"{path}.category", problem.args[0])
            return None

    def _value(self, written: Mapping[Any, Any], measure: Measure, comparison: str, path: str) -> Value | None:
        try:
            return OPERATORS[comparison].parse(written.get("value"), lambda raw: measure.read(raw, self.minor_units))
        except ValueError as problem:
            self._refuse(f"{path}.value", problem.args[0])
            return None


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))
