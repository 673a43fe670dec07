"""What was found of one customer for one condition, in words: "4 orders since 3 March". plugin.segments.reasons asks.

Pure. A measure that can be unknown has a row in UNKNOWN; one of choice is said by the customer's own word.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from plugin.segments import amounts, choices, words
from plugin.segments.amounts import DAYS, MONEY, Money
from plugin.segments.as_of import UNDEFINED
from plugin.segments.measures import MEASURES
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


def say(condition: Condition, number: int, as_of: datetime, money: Money, told: Mapping[str, str | None]) -> str:
    """The number (or word) a condition was judged by. Dates are those of `as_of`'s time zone."""
    measure = MEASURES[condition.measure]
    suffix = OF_CATEGORY.format(words.category(condition.category)) if condition.category else ""
    if measure.of_choices:
        return _word(condition.measure, told)
    if number == UNDEFINED:
        period = _period(condition.window, True, as_of)
        return UNKNOWN.get(condition.measure, NO_ORDERS).format(period=period) + suffix
    amount = amounts.say(number, measure.unit, money)
    nothing = number == 0 and measure.unit is not MONEY
    if nothing:
        amount = "less than a day" if measure.unit is DAYS else f"no {measure.unit.many}"
    return measure.finding.format(amount=amount, period=_period(condition.window, nothing, as_of)) + suffix


def _word(measure: str, told: Mapping[str, str | None]) -> str:
    choice = choices.CHOICES[measure]
    word = told.get(measure) or choice.unset
    if word is None:
        return "not known"
    return choices.phrase(measure, [part for part in word.split(",") if part], negated=False)


def _period(window: Window, nothing: bool, as_of: datetime) -> str:
    if window.days is None:
        return "yet" if nothing else "in all"
    if window.before is not None:
        return words.window(window).strip()
    since = as_of - timedelta(days=window.days)
    year = "" if since.year == as_of.year else f" {since.year}"
    return f"since {since.day} {words.MONTHS[since.month - 1]}{year}"
