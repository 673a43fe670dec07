"""What was found of one customer for one condition, in words: "4 orders since Mar 3, 2026". segments.reasons asks.

Pure. A measure that can be unknown has a row in phrases.UNKNOWN; one of choice is said by the customer's own word.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from plugin.segments import amounts, choices, phrases, words
from plugin.segments.as_of import UNDEFINED
from plugin.segments.measures import MEASURES
from plugin.segments.operators import IS
from plugin.segments.rules import Condition
from plugin.segments.units import MONEY
from plugin.segments.voice import Voice
from plugin.segments.windows import Window

Told = Mapping[str, str | None]
"""What is stored of a customer for the measures of choice: their country, consent and so on."""


def say(condition: Condition, number: int, holds: bool, as_of: datetime, voice: Voice, told: Told) -> str:
    """The number (or word) a condition was judged by."""
    if MEASURES[condition.measure].of_choices:
        return _word(condition, number, holds, told, voice)
    found = _unknown(condition, as_of, voice) if number == UNDEFINED else _known(condition, number, as_of, voice)
    if not condition.category:
        return found
    return voice.text(phrases.WITH_CATEGORY, found=found, category=words.category(condition.category, voice))


def _known(condition: Condition, number: int, as_of: datetime, voice: Voice) -> str:
    unit = MEASURES[condition.measure].unit
    nothing = number == 0 and unit is not MONEY
    said = amounts.say_none(unit, voice) if nothing else amounts.say(number, unit, voice)
    if condition.measure in phrases.FINDINGS:
        said = voice.text(phrases.FINDINGS[condition.measure], amount=said)
    return _over(condition.window, said, nothing, as_of, voice) if condition.measure in phrases.OVER_A_WINDOW else said


def _unknown(condition: Condition, as_of: datetime, voice: Voice) -> str:
    said = voice.text(phrases.UNKNOWN.get(condition.measure, phrases.NO_ORDERS_YET))
    # Of an average or an answer it matters when there was none; orders that never were have no time.
    dated = MEASURES[condition.measure].windowed and condition.measure in phrases.UNKNOWN
    return _over(condition.window, said, True, as_of, voice) if dated else said


def _word(condition: Condition, number: int, holds: bool, told: Told, voice: Voice) -> str:
    choice = choices.CHOICES[condition.measure]
    if MEASURES[condition.measure].mirrored:
        there = holds == (condition.comparison == IS)
        return voice.text("a member there") if there else voice.text("no member there")
    if number == UNDEFINED:
        return voice.text("not known")
    known = [word for word in choice.options or () if choice.code(word) == number]
    word = known[0] if known else told.get(condition.measure)
    return choices.phrase(condition.measure, [word], voice, negated=False) if word else voice.text("not known")


def _over(window: Window, found: str, nothing: bool, as_of: datetime, voice: Voice) -> str:
    if window.days is None:
        return voice.text(phrases.YET if nothing else phrases.IN_ALL, found=found)
    if window.before is not None:
        days = {"days": voice.number(window.days), "date": voice.day_of_year(*window.before)}
        return voice.plural(*phrases.BEFORE, window.days, found=found, **days)
    return voice.text(phrases.SINCE, found=found, date=voice.date(as_of - timedelta(days=window.days)))
