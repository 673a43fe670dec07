"""The table of comparisons: how a value is written, which numbers it lets in and its words.

Every comparison of numbers is one interval that holds its low end and not its high end, so no number falls between two
tiers. Those of choices let in what is, or is not, one of some words. To add one: a row here and in docs/segments.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plugin.segments import amounts
from plugin.segments.columns import IntArray
from plugin.segments.units import Unit
from plugin.segments.voice import Forms, Said, Voice

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
    words: Callable[[Any, Unit, Voice], str]
    blanks: Callable[[Unit], Forms] | None = None
    """The same for a form, where every number of the value stands by itself: {count}, or {low} and {count}."""
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
        raise ValueError(Said("must be a single number"))
    return read(raw)


def _two_numbers(raw: object, read: Callable[[object], int]) -> Value:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise ValueError(Said("must be two numbers: from, and up to but not including"))
    low, high = read(raw[0]), read(raw[1])
    if low >= high:
        raise ValueError(Said("the first number must be smaller than the second"))
    return low, high


def _some_words(raw: object, read: Callable[[object], str]) -> Value:
    words = raw if isinstance(raw, list | tuple) else [raw]
    if not 0 < len(words) <= MOST_WORDS:
        raise ValueError(Said("must be a word, or a list of at most {most} words", most=MOST_WORDS))
    return tuple(sorted({read(word) for word in words}))


def _between_words(value: tuple[int, int], unit: Unit, voice: Voice) -> str:
    return amounts.between(*value, unit, voice)


def _not_in_numbers(_value: object, _unit: Unit, _voice: Voice) -> str:
    raise TypeError("plugin.segments.choices says words")


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("at_least", _one_number, lambda low: (low, None), amounts.at_least, lambda unit: unit.at_least),
        Operator("below", _one_number, lambda high: (0, high), amounts.below, lambda unit: unit.below),
        Operator("between", _two_numbers, lambda low_high: low_high, _between_words, lambda unit: unit.within),
        Operator(IS, _some_words, lambda _: (0, None), _not_in_numbers, of_choices=True),
        Operator(IS_NOT, _some_words, lambda _: (0, None), _not_in_numbers, of_choices=True),
    )
}
