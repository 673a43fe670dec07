"""What is known of customers beside their orders: their sign-up, their answer to the promoter question, their words of
choice. Functions for the table of plugin.segments.measures.
"""

from collections.abc import Callable

import numpy as np

from plugin.segments import ages, counting
from plugin.segments.as_of import DAY, UNDEFINED, AsOf, Crossings
from plugin.segments.columns import IntArray
from plugin.segments.windows import Window

PROMOTER_SCORE, PROMOTER_AT = "promoter_score", "promoter_at"


def fact(name: str) -> Callable[[AsOf, Window], IntArray]:
    """A measure that is one fact as it stands."""

    def numbers(seen: AsOf, _window: Window) -> IntArray:
        return seen.facts[name]

    return numbers


def days_since_signup(seen: AsOf, _window: Window) -> IntArray:
    return ages.of_instants(seen, seen.facts[counting.SIGNED_UP_AT])


def days_since_signup_crossings(seen: AsOf, _: Window, thresholds: IntArray, numbers: IntArray) -> Crossings:
    return ages.crossings_of_instants(seen, seen.facts[counting.SIGNED_UP_AT], thresholds, numbers)


def promoter_score(seen: AsOf, window: Window) -> IntArray:
    """The last answer, unless the window has let go of it."""
    at = seen.facts[PROMOTER_AT]
    given = (at != UNDEFINED) & (at <= seen.seconds)
    if window.days is not None:
        given &= at > seen.seconds - window.days * DAY
    return np.where(given, seen.facts[PROMOTER_SCORE], UNDEFINED)


def promoter_score_crossings(seen: AsOf, window: Window, _: IntArray, numbers: IntArray) -> Crossings:
    """An answer is worth nothing once it is as old as the window; one of the future begins to be."""
    at = seen.facts[PROMOTER_AT]
    coming = (at != UNDEFINED) & (at > seen.seconds)
    leaving = (numbers != UNDEFINED) & (window.days is not None)
    either = np.flatnonzero(coming | leaving)
    length = np.where(coming, 0, (window.days or 0) * DAY)
    return either, (at + length)[either]
