"""The table of comparisons: how a value is written, which numbers it lets in and its words.

Every comparison is one interval that holds its low end and not its high end, so no number falls between two tiers.
To add one: a row here and a row in docs/segments.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin.segments.amounts import MONEY, Money, Unit, say
from plugin.segments.columns import IntArray

Value = int | tuple[int, int]
Interval = tuple[int, int | None]
"""From, and up to but not including; None has no upper end."""


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    parse: Callable[[object, Callable[[object], int]], Value]
    """Turns what was written into a value, reading each number with the given function; ValueError if it cannot."""
    interval: Callable[[Any], Interval]
    words: Callable[[Any, Unit, Money], str]

    def mask(self, numbers: IntArray, value: Value) -> NDArray[np.bool_]:
        """Which numbers are inside. An undefined one is negative, and every interval begins at 0 or later."""
        low, high = self.interval(value)
        inside: NDArray[np.bool_] = numbers >= low
        if high is not None:
            inside &= numbers < high
        return inside

    def thresholds(self, value: Value) -> list[int]:
        """The numbers whose crossing can change the answer."""
        return [bound for bound in self.interval(value) if bound]


def _one_number(raw: object, read: Callable[[object], int]) -> Value:
    if isinstance(raw, list | tuple):
        raise ValueError("must be a single number")
    return read(raw)


def _two_numbers(raw: object, read: Callable[[object], int]) -> Value:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise ValueError("must be two numbers: from, and up to but not including")
    low, high = read(raw[0]), read(raw[1])
    if low >= high:
        raise ValueError("the first number must be smaller than the second")
    return low, high


def _at_least_words(low: int, unit: Unit, money: Money) -> str:
    return f"at least {say(low, unit, money)}"


def _below_words(high: int, unit: Unit, money: Money) -> str:
    if high == 1 and unit.fewer == "fewer":
        return f"no {unit.many}"
    return f"{unit.fewer} than {say(high, unit, money)}"


def _between_words(value: tuple[int, int], unit: Unit, money: Money) -> str:
    low, high = value
    if unit is MONEY:
        return f"at least {money(low)} but less than {money(high)}"
    if high - low == 1:
        return f"exactly {say(low, unit, money)}"
    return f"{low:,} to {say(high - 1, unit, money)}"


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("at_least", _one_number, lambda low: (low, None), _at_least_words),
        Operator("below", _one_number, lambda high: (0, high), _below_words),
        Operator("between", _two_numbers, lambda low_high: low_high, _between_words),
    )
}
