"""What a segment asks and what was found of a customer, in sentences for shop owners.

The admin page, explanations and the CLI print these, so that all say the same. Dates are said in the time zone of the
`as_of` they are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.segments import amounts, evaluate
from plugin.segments.amounts import Money
from plugin.segments.as_of import UNDEFINED
from plugin.segments.columns import EPOCH
from plugin.segments.customers import Customers, Store
from plugin.segments.measures import MEASURES
from plugin.segments.operators import OPERATORS
from plugin.segments.rules import Condition, Segment
from plugin.segments.windows import Window

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


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
        window=_window(condition.window),
    )


def explain(customers: Customers, i: int, segment: Segment, as_of: datetime, money: Money, store: Store) -> Explanation:
    """Why customer number i is in the segment or is not."""
    customer = customers.only(i)
    numbers, standings = evaluate.standings(customer, [segment], as_of, store)
    conditions = tuple(
        ConditionExplanation(
            sentence=phrase(condition, money),
            holds=bool(evaluate.holding(condition, numbers, store)[0]),
            found=_found(condition, int(numbers[condition.asked][0]), as_of, money),
        )
        for condition in segment.conditions
    )
    return Explanation(
        inside=bool(standings[segment.bit].inside[0]),
        sentence=sentence(segment, money),
        conditions=conditions,
        changes_at=_changes_at(customer, segment, as_of, store),
    )


def _changes_at(customer: Customers, segment: Segment, as_of: datetime, store: Store) -> datetime | None:
    """Goes from review to review: not each one moves the customer in or out. Every step passes a threshold for good."""
    now = evaluate.evaluate(customer, [segment], as_of, store)
    later, at = now, as_of
    while later.memberships[0] == now.memberships[0]:
        if later.next_review_at[0] == evaluate.NEVER:
            return None
        at = (EPOCH + timedelta(microseconds=int(later.next_review_at[0]))).astimezone(as_of.tzinfo)
        later = evaluate.evaluate(customer, [segment], at, store)
    return at


def _found(condition: Condition, number: int, as_of: datetime, money: Money) -> str:
    measure = MEASURES[condition.measure]
    if number == UNDEFINED:
        return "no orders yet"
    amount = amounts.say(number, measure.unit, money)
    nothing = number == 0 and measure.unit is not amounts.MONEY
    if nothing:
        amount = "less than a day" if measure.unit is amounts.DAYS else f"no {measure.unit.many}"
    return measure.finding.format(amount=amount, period=_period(condition.window, nothing, as_of))


def _period(window: Window, nothing: bool, as_of: datetime) -> str:
    if window.days is None:
        return "yet" if nothing else "in all"
    if window.before is not None:
        return _window(window).strip()
    since = as_of - timedelta(days=window.days)
    year = "" if since.year == as_of.year else f" {since.year}"
    return f"since {since.day} {since:%B}{year}"


def _window(window: Window) -> str:
    if window.days is None:
        return ""
    days = "day" if window.days == 1 else f"{window.days:,} days"
    if window.before is None:
        return f" in the last {days}"
    month, day = window.before
    return f" in the {days} before {day} {MONTHS[month - 1]}"


def _joined(phrases: Sequence[str]) -> str:
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"
