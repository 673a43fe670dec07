"""What a segment asks, in sentences for shop owners: the admin page, explanations and the CLI print these, so that all
say the same. What was found of one customer stands in plugin.segments.findings and reasons.
"""

from collections.abc import Sequence
from datetime import datetime

from plugin.segments import choices
from plugin.segments.amounts import Money
from plugin.segments.measures import MEASURES
from plugin.segments.operators import IS_NOT, OPERATORS
from plugin.segments.rules import Condition, Segment
from plugin.segments.windows import Window

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# A condition about products of a category, by measure; about all orders the measure itself has the words.
OF_CATEGORY = {
    "orders": "placed {amount} with {category}{window}",
    "units": "bought {amount} of {category}{window}",
    "spend": "spent {amount} on {category}{window}",
    "average_order_value": "spent {amount} an order on {category}{window}",
    "days_since_last_order": "last ordered {category} {amount} ago",
    "days_since_first_order": "first ordered {category} {amount} ago",
}
CATEGORIES = {
    "product_type": "products of type {}",
    "vendor": "products by {}",
    "product_tag": "products tagged {}",
    "collection": "products of collection {}",
    "product": "product {}",
}


def sentence(segment: Segment, money: Money) -> str:
    """ "Customers who placed at least 3 orders in the last 90 days"; `money` says an amount of minor units."""
    return f"Customers who {_joined([phrase(condition, money) for condition in segment.conditions])}"


def beside(segment: Segment, money: Money) -> list[str]:
    """What else decides: the lower bar to stay, the minimum stay, the ladder. One sentence each."""
    said = []
    if segment.keep:
        said.append(f"Once in, they stay while they {_joined([phrase(each, money) for each in segment.keep])}.")
    if segment.minimum_stay_days:
        days = "day" if segment.minimum_stay_days == 1 else f"{segment.minimum_stay_days:,} days"
        said.append(f"Once in, they stay for at least {'a ' if days == 'day' else ''}{days}.")
    if segment.ladder:
        step = f"Step {segment.ladder.rank} of {segment.ladder.name}"
        said.append(f"{step}: who fits several steps is in the highest one only.")
    return said


def phrase(condition: Condition, money: Money) -> str:
    """ "placed at least 3 orders in the last 90 days"."""
    measure = MEASURES[condition.measure]
    if measure.of_choices:
        return choices.phrase(condition.measure, _words(condition), negated=condition.comparison == IS_NOT)
    said = OF_CATEGORY[condition.measure] if condition.category else measure.phrase
    return said.format(
        amount=OPERATORS[condition.comparison].words(condition.value, measure.unit, money),
        window=window(condition.window),
        category=category(condition.category),
    )


def window(asked: Window) -> str:
    """ " in the last 90 days", with the blank before it; nothing for a lifetime."""
    if asked.days is None:
        return ""
    days = "day" if asked.days == 1 else f"{asked.days:,} days"
    if asked.before is None:
        return f" in the last {days}"
    month, day = asked.before
    return f" in the {days} before {day} {MONTHS[month - 1]}"


def category(key: str | None) -> str:
    """ "products of type Coffee"."""
    if key is None:
        return ""
    kind, _, value = key.partition(":")
    return CATEGORIES[kind].format(value)


def date(instant: datetime) -> str:
    """ "3 March 2026", in the time zone of the instant."""
    return f"{instant.day} {MONTHS[instant.month - 1]} {instant.year}"


def of_one_ladder(segment: Segment, segments: Sequence[Segment]) -> list[Segment]:
    """The segment with all others of its ladder."""
    if segment.ladder is None:
        return [segment]
    return [other for other in segments if other.ladder and other.ladder.name == segment.ladder.name]


def _words(condition: Condition) -> list[str]:
    value = condition.value if isinstance(condition.value, tuple) else ()
    return [word for word in value if isinstance(word, str)]


def _joined(phrases: Sequence[str]) -> str:
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"
