"""What a segment asks, in sentences for shop owners: the admin page, explanations and the CLI print these, so that all
say the same. What was found of one customer stands in plugin.segments.findings and reasons.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.segments import amounts, choices
from plugin.segments.measures import MEASURES
from plugin.segments.operators import IS_NOT, OPERATORS
from plugin.segments.phrases import CATEGORIES, OF_CATEGORY, PHRASES
from plugin.segments.rules import Condition, Segment
from plugin.segments.units import MONEY, Unit
from plugin.segments.voice import MANY, Forms, Voice, forms

# Around the number of a blank while a sentence is put together; no text contains them.
_MARK = re.compile("\ue000([0-9]+)\ue001")
STAY = forms("Once in, they stay for at least a day.", "Once in, they stay for at least {count} days.")


@dataclass(frozen=True, slots=True)
class Blank:
    """A part of a condition's sentence that can be changed.

    `path`: where it stands in the condition (value, value.0, value.1, window, window.days, window.before, category).
    `kind`: number, money, words, category or date. `value`: as the rule holds it. `text`: as the sentence would say it.
    """

    path: str
    kind: str
    value: Any
    text: str
    unit: Unit | None = None


def sentence(segment: Segment, voice: Voice) -> str:
    """ "Customers who placed at least 3 orders in the last 90 days"."""
    said = joined([phrase(condition, voice) for condition in segment.conditions], voice)
    return voice.text("Customers who {conditions}", conditions=said)


def beside(segment: Segment, voice: Voice) -> list[str]:
    """What else decides: the lower bar to stay, the minimum stay, the ladder. One sentence each."""
    said = []
    if segment.keep:
        conditions = joined([phrase(each, voice) for each in segment.keep], voice)
        said.append(voice.text("Once in, they stay while they {conditions}.", conditions=conditions))
    if segment.minimum_stay_days:
        said.append(voice.plural(*STAY, segment.minimum_stay_days))
    if segment.ladder:
        step = {"rank": voice.number(segment.ladder.rank), "ladder": voice.text(segment.ladder.name)}
        said.append(voice.text("Step {rank} of {ladder}: who fits several steps is in the highest one only.", **step))
    return said


def phrase(condition: Condition, voice: Voice) -> str:
    """ "placed at least 3 orders in the last 90 days"."""
    measure = MEASURES[condition.measure]
    if measure.of_choices:
        return choices.phrase(condition.measure, _words(condition), voice, negated=condition.comparison == IS_NOT)
    amount = OPERATORS[condition.comparison].words(condition.value, measure.unit, voice)
    days = condition.window.days or 0
    return _phrase(condition, voice, _date(condition, voice), days, amount=amount, days=voice.number(days))


def pieces(condition: Condition, voice: Voice) -> list[str | Blank]:
    """The same sentence for a form: its texts, and its blanks where the reader's language has them."""
    blanks: list[Blank] = []

    def mark(blank: Blank) -> str:
        blanks.append(blank)
        return f"\ue000{len(blanks) - 1}\ue001"

    parts = _MARK.split(_marked(condition, voice, mark))
    found = [blanks[int(part)] if place % 2 else part for place, part in enumerate(parts)]
    return [part for part in found if part]


def frame(voice: Voice) -> tuple[str, str]:
    """What stands before and behind the conditions of a sentence: "Customers who " and nothing."""
    before, _, behind = voice.text("Customers who {conditions}", conditions="\ue000").partition("\ue000")
    return before, behind


def category(key: str, voice: Voice) -> str:
    """ "products of type Coffee"."""
    kind, _, value = key.partition(":")
    return voice.text(CATEGORIES[kind], value=value)


def joined(said: Sequence[str], voice: Voice) -> str:
    """ "a, b and c"."""
    if len(said) < 2:
        return "".join(said)
    return voice.text("{several} and {last}", several=", ".join(said[:-1]), last=said[-1])


def of_one_ladder(segment: Segment, segments: Sequence[Segment]) -> list[Segment]:
    """The segment with all others of its ladder."""
    if segment.ladder is None:
        return [segment]
    return [other for other in segments if other.ladder and other.ladder.name == segment.ladder.name]


def _marked(condition: Condition, voice: Voice, mark: Callable[[Blank], str]) -> str:
    measure, negated = MEASURES[condition.measure], condition.comparison == IS_NOT
    if measure.of_choices:
        listed = choices.listed(condition.measure, _words(condition), voice)
        blank = Blank("value", "words", condition.value, listed, measure.unit)
        return choices.around(condition.measure, mark(blank), voice, negated=negated)
    numbers = {name: mark(blank) for name, blank in _numbers(condition, measure.unit, voice)}
    blanks = OPERATORS[condition.comparison].blanks
    amount = voice.plural(*blanks(measure.unit), MANY, **numbers) if blanks else ""
    window, date = condition.window, _date(condition, voice)
    days = Blank("window.days" if date else "window", "number", window.days, voice.number(window.days or 0))
    fills = {"amount": amount, "days": mark(days) if window.days else ""}
    if condition.category:
        about = Blank("category", "category", condition.category, category(condition.category, voice))
        fills["category"] = mark(about)
    date = mark(Blank("window.before", "date", window.before, date)) if date else date
    return _phrase(condition, voice, date, MANY, **fills)


def _numbers(condition: Condition, unit: Unit, voice: Voice) -> Iterable[tuple[str, Blank]]:
    kind = "money" if unit is MONEY else "number"
    value = condition.value
    if isinstance(value, int):
        yield "count", Blank("value", kind, value, amounts.figure(value, unit, voice), unit)
        return
    for name, path, each in zip(("low", "count"), ("value.0", "value.1"), value, strict=True):
        if isinstance(each, int):
            yield name, Blank(path, kind, each, amounts.figure(each, unit, voice), unit)


def _phrase(condition: Condition, voice: Voice, date: str, count: int, **fills: str) -> str:
    """The phrase that fits the window; `count` decides which form of it."""
    said = (OF_CATEGORY if condition.category else PHRASES)[condition.measure]
    if condition.category:
        fills.setdefault("category", category(condition.category, voice))
    dated: Forms | None = said.before if date else said.recently
    if condition.window.days is None or dated is None:
        return voice.text(said.ever, **fills)
    return voice.plural(*dated, count, date=date, **fills)


def _date(condition: Condition, voice: Voice) -> str:
    before = condition.window.before
    return voice.day_of_year(*before) if before else ""


def _words(condition: Condition) -> list[str]:
    value = condition.value if isinstance(condition.value, tuple) else ()
    return [word for word in value if isinstance(word, str)]
