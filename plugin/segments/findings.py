"""What was found of one customer for one condition, in words: "4 orders since 3 March". plugin.segments.reasons asks.

Pure. A measure that can be unknown has a row in UNKNOWN; one of choice is said by the customer's own word.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from plugin.segments import amounts, choices, words
from plugin.segments.amounts import DAYS, MONEY, Money
from plugin.segments.as_of import UNDEFINED
from plugin.segments.measures import MEASURES
from plugin.segments.operators import IS
from plugin.segments.rules import Condition
from plugin.segments.windows import Window

NO_ORDERS = "no orders yet"
# Why a measure has no number, where it is not that the customer never ordered.
UNKNOWN = {
    "average_order_value": "no orders {period}",
    "days_since_signup": "when they signed up is not known",
    "usual_gap": "fewer than 3 orders: no usual gap yet",
    "overdue": "nothing to compare the time since the last order with yet",
    "spend_percentile": "nothing to compare with yet: no orders, or too few buyers in the store",
    "spend_against_average": "nothing to compare with yet: no orders, or too few buyers in the store",
    "promoter_score": "no answer {period}",
}
OF_CATEGORY = " with {}"


Told = Mapping[str, str | None]
"""What is stored of a customer for the measures of choice: their country, consent and so on."""


def say(condition: Condition, number: int, holds: bool, as_of: datetime, money: Money, told: Told) -> str:
    """The number (or word) a condition was judged by. Dates are those of `as_of`'s time zone."""
    measure = MEASURES[condition.measure]
    suffix = OF_CATEGORY.format(words.category(condition.category)) if condition.category else ""
    if measure.of_choices:
        return _word(condition, number, holds, told)
    if number == UNDEFINED:
        period = _period(condition.window, True, as_of)
        return UNKNOWN.get(condition.measure, NO_ORDERS).format(period=period) + suffix
    amount = amounts.say(number, measure.unit, money)
    nothing = number == 0 and measure.unit is not MONEY
    if nothing:
        amount = "less than a day" if measure.unit is DAYS else f"no {measure.unit.many}"
    return measure.finding.format(amount=amount, period=_period(condition.window, nothing, as_of)) + suffix


def _word(condition: Condition, number: int, holds: bool, told: Told) -> str:
    choice = choices.CHOICES[condition.measure]
    if MEASURES[condition.measure].mirrored:
        return "a member there" if holds == (condition.comparison == IS) else "no member there"
    if number == UNDEFINED:
        return "not known"
    known = [word for word in choice.options or () if choice.code(word) == number]
    word = known[0] if known else told.get(condition.measure)
    return choices.phrase(condition.measure, [word], negated=False) if word else "not known"


def _period(window: Window, nothing: bool, as_of: datetime) -> str:
    if window.days is None:
        return "yet" if nothing else "in all"
    if window.before is not None:
        return words.window(window).strip()
    since = as_of - timedelta(days=window.days)
    year = "" if since.year == as_of.year else f" {since.year}"
    return f"since {since.day} {words.MONTHS[since.month - 1]}{year}"
