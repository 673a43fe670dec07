"""The table of comparisons: how a value is written, which numbers it lets in and its words.

Every comparison of numbers is one interval that holds its low end and not its high end, so no number falls between two
tiers. Those of choices let in what is, or is not, one of some words. To add one: a row here and in docs/segments.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin.segments.amounts import MONEY, Money, Unit, say
from plugin.segments.columns import IntArray

Value = int | tuple[int, int] | tuple[str, ...]
Interval = tuple[int, int | None]
"""From, and up to but not including; None has no upper end."""
MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    parse: Callable[[object, Callable[[object], Any]], Value]
    """Turns what was written into a value, reading each part with the given function; ValueError if it cannot."""
    interval: Callable[[Any], Interval]
    words: Callable[[Any, Unit, Money], str]
    of_choices: bool = False
    """It compares words, of measures whose numbers stand for words; its interval is everything that is known."""

    def mask(self, numbers: IntArray, value: Value) -> NDArray[np.bool_]:
        """Which numbers are inside. An undefined one is negative, and every interval begins at 0 or later."""
        low, high = self.interval(value)
        inside: NDArray[np.bool_] = numbers >= low
        if high is not None:
            inside &= numbers < high
        return inside

    def chosen(self, is_one: NDArray[np.bool_], numbers: IntArray) -> NDArray[np.bool_]:
        """Who has one of the words, or (`is_not`) another; nobody of whom no word is known."""
        known: NDArray[np.bool_] = numbers >= 0
        return known & (is_one if self.name == IS else ~is_one)

    def thresholds(self, value: Value) -> list[int]:
        """The numbers whose crossing can change the answer; of a choice any change can, which 0 stands for."""
        if self.of_choices:
            return [0]
        return [bound for bound in self.interval(value) if bound]


IS, IS_NOT = "is", "is_not"


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


def _some_words(raw: object, read: Callable[[object], str]) -> Value:
    words = raw if isinstance(raw, list | tuple) else [raw]
    if not 0 < len(words) <= MOST_WORDS:
        raise ValueError(f"must be a word, or a list of at most {MOST_WORDS} words")
    return tuple(sorted({read(word) for word in words}))


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


def _is_words(words: tuple[str, ...], _unit: Unit, _money: Money) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _is_not_words(words: tuple[str, ...], unit: Unit, money: Money) -> str:
    return f"not {_is_words(words, unit, money)}"


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("at_least", _one_number, lambda low: (low, None), _at_least_words),
        Operator("below", _one_number, lambda high: (0, high), _below_words),
        Operator("between", _two_numbers, lambda low_high: low_high, _between_words),
        Operator(IS, _some_words, lambda _: (0, None), _is_words, of_choices=True),
        Operator(IS_NOT, _some_words, lambda _: (0, None), _is_not_words, of_choices=True),
    )
}
