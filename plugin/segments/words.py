"""What a segment asks and what was found of a customer, in sentences for shop owners.

The admin page, explanations and the CLI print these, so that all say the same. Dates are said in the time zone of the
`as_of` they are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.segments import amounts, evaluate
from plugin.segments.amounts import Money
from plugin.segments.as_of import AsOf
from plugin.segments.columns import EPOCH, Columns
from plugin.segments.measures import MEASURES, UNDEFINED
from plugin.segments.operators import OPERATORS
from plugin.segments.rules import Condition, Segment


@dataclass(frozen=True, slots=True)
class ConditionExplanation:
    sentence: str
    """What is asked: "placed at least 3 orders in the last 90 days"."""
    holds: bool
    found: str
    """What was found: "4 orders since 3 March"."""


@dataclass(frozen=True, slots=True)
class Explanation:
    inside: bool
    sentence: str
    conditions: tuple[ConditionExplanation, ...]
    changes_at: datetime | None
    """When the customer enters or leaves if nothing happens until then; None if never."""


def sentence(segment: Segment, money: Money) -> str:
    """ "Customers who placed at least 3 orders in the last 90 days"; `money` says an amount of minor units."""
    return f"Customers who {_joined([phrase(condition, money) for condition in segment.conditions])}"


def phrase(condition: Condition, money: Money) -> str:
    measure = MEASURES[condition.measure]
    return measure.phrase.format(
        amount=OPERATORS[condition.comparison].words(condition.value, measure.unit, money),
        window=_window(condition.window_days),
    )


def explain(columns: Columns, i: int, segment: Segment, as_of: datetime, money: Money) -> Explanation:
    """Why customer number i of the columns is in the segment or is not."""
    customer = columns.only(i)
    numbers = evaluate.numbers_of(AsOf.of(customer, as_of), segment.conditions)
    conditions = tuple(
        ConditionExplanation(
            sentence=phrase(condition, money),
            holds=bool(evaluate.holding(condition, numbers)[0]),
            found=_found(condition, int(numbers[condition.measure, condition.window_days][0]), as_of, money),
        )
        for condition in segment.conditions
    )
    return Explanation(
        inside=all(condition.holds for condition in conditions),
        sentence=sentence(segment, money),
        conditions=conditions,
        changes_at=_changes_at(customer, segment, as_of),
    )


def _changes_at(customer: Columns, segment: Segment, as_of: datetime) -> datetime | None:
    """Goes from review to review: not each one moves the customer in or out. Every step passes a threshold for good."""
    now = evaluate.evaluate(customer, [segment], as_of)
    later, at = now, as_of
    while later.memberships[0] == now.memberships[0]:
        if later.next_review_at[0] == evaluate.NEVER:
            return None
        at = (EPOCH + timedelta(microseconds=int(later.next_review_at[0]))).astimezone(as_of.tzinfo)
        later = evaluate.evaluate(customer, [segment], at)
    return at


def _found(condition: Condition, number: int, as_of: datetime, money: Money) -> str:
    measure = MEASURES[condition.measure]
    if number == UNDEFINED:
        return "no orders yet"
    amount = amounts.say(number, measure.unit, money)
    nothing = number == 0 and measure.unit is not amounts.MONEY
    if nothing:
        amount = "less than a day" if measure.unit is amounts.DAYS else f"no {measure.unit.many}"
    return measure.finding.format(amount=amount, period=_period(condition.window_days, nothing, as_of))


def _period(window_days: int | None, nothing: bool, as_of: datetime) -> str:
    if window_days is None:
        return "yet" if nothing else "in all"
    since = as_of - timedelta(days=window_days)
    year = "" if since.year == as_of.year else f" {since.year}"
    return f"since {since.day} {since:%B}{year}"


def _window(window_days: int | None) -> str:
    if window_days is None:
        return ""
    return " in the last day" if window_days == 1 else f" in the last {window_days:,} days"


def _joined(phrases: Sequence[str]) -> str:
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"
