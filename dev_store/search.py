"""Shopify's search syntax, as far as `orders(query:)` and `customers(query:)` need it: terms that must all hold.

`resolvers` filters with it. A field that cannot be searched is ignored with a warning, as Shopify does.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

Field = Callable[[Any], Any]

_TERM: Final = re.compile(r"""(-?)(\w+):(>=|<=|>|<|=)?('[^']*'|"[^"]*"|[^\s()'"]+)""")
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class UnsupportedSearch(ValueError):
    """Valid at Shopify perhaps, but nothing the development store understands."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A term that was ignored, in the words of `extensions.search`."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Search:
    """A compiled query: `matches` decides, `warnings` tell what was ignored."""

    matches: Callable[[Any], bool]
    warnings: tuple[Warned, ...]


def compile_query(text: str | None, fields: Mapping[str, Field], zone: tzinfo) -> Search:
    """Turn a search text into a test. Dates without a time are days of the shop's `zone`."""
    tests: list[Callable[[Any], bool]] = []
    warnings: list[Warned] = []
    for negated, name, comparison, value in _terms(text or ""):
        if name not in fields:
            warnings.append(Warned(name, value))
            continue
        test = _test(fields[name], comparison, value, zone)
        tests.append(_not(test) if negated else test)
    return Search(lambda item: all(test(item) for test in tests), tuple(warnings))


def _terms(text: str) -> Iterable[tuple[str, str, str, str]]:
    rest = text.strip()
    while rest:
        if rest[:4].upper() == "AND ":
            rest = rest[4:].lstrip()
            continue
        found = _TERM.match(rest)
        if found is None:
            raise UnsupportedSearch(f"The development store does not understand this search: {rest!r}")
        yield found[1], found[2], found[3] or "", found[4].strip("'\"")
        rest = rest[found.end() :].lstrip()


def _test(field: Field, comparison: str, value: str, zone: tzinfo) -> Callable[[Any], bool]:
    compare = _COMPARISONS.get(comparison)

    def matches(item: Any) -> bool:
        held = field(item)
        if held is None:
            return False
        if isinstance(held, datetime):
            return _instant_matches(held, compare, value, zone)
        if isinstance(held, bool):
            return held is (value.lower() == "true")
        if isinstance(held, (set, frozenset)):
            return value.casefold() in held
        if isinstance(held, int):
            return compare(held, int(value)) if compare else held == int(value.rpartition("/")[2])
        return str(held).casefold() == value.casefold()

    return matches


def _instant_matches(held: datetime, compare: Callable[[Any, Any], bool] | None, value: str, zone: tzinfo) -> bool:
    asked = datetime.fromisoformat(value)
    asked = asked if asked.tzinfo else asked.replace(tzinfo=zone)
    if compare:
        return compare(held, asked)
    return asked <= held < asked + timedelta(days=1) if len(value) == 10 else held == asked


def _not(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda item: not test(item)
