"""The table of measures: the numbers of all customers as of an instant, when time alone moves them, and their words.

`evaluate` and `words` read it. To add a measure: a row at the end, its two functions, a row in docs/segments.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

from plugin.segments import ages, amounts, counting
from plugin.segments.amounts import DAYS, ITEMS, MONEY, ORDERS, Unit
from plugin.segments.as_of import AsOf, Crossings
from plugin.segments.columns import IntArray
from plugin.segments.operators import LONGEST_WORD, Operator
from plugin.segments.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    name: str
    unit: Unit
    numbers: Callable[[AsOf, Window], IntArray]
    """Of every customer; UNDEFINED where there is none, and no comparison holds for that."""
    crossings: Callable[[AsOf, Window, int, IntArray], Crossings]
    """Of (seen, window, threshold, numbers): who passes this threshold next because time goes by, and when; rather too
    early than too late. The threshold of a choice is 0: whoever has another word then."""
    phrase: str
    """What such customers did, in a sentence about a rule."""
    finding: str
    """What was found of one customer, in an explanation."""
    windowed: bool = False
    of_orders: bool = True
    """Made of orders: a window may be the days before a date."""
    of_categories: bool = False
    """It can be asked of the orders with products of a category alone."""
    of_choices: bool = False
    """Its numbers stand for words (plugin.segments.texts)."""
    mirrored: bool = False
    """Its words are ids of segments kept in Shopify, its numbers have a bit for each."""
    newest_decides: bool = False
    """Only the newest order counts: older ones that we cannot see would change nothing."""
    facts: tuple[str, ...] = ()
    """What it needs to know of customers beside their orders."""

    def compared_by(self, operator: Operator) -> bool:
        """Whether a comparison makes sense for it."""
        return operator.of_choices == self.of_choices

    def read(self, raw: object, minor_units: int) -> int | str:
        """One number, or word, of a condition's value as it was written; ValueError if it is none."""
        if not self.of_choices:
            return amounts.parse(raw, self.unit, minor_units)
        if not isinstance(raw, str) or not raw.strip() or len(raw) > LONGEST_WORD:
            raise ValueError("must be a word")
        return raw.strip()


MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            name="orders",
            unit=ORDERS,
            windowed=True,
            of_categories=True,
            numbers=counting.orders,
            crossings=counting.orders_crossings,
            phrase="placed {amount}{window}",
            finding="{amount} {period}",
        ),
        Measure(
            name="units",
            unit=ITEMS,
            windowed=True,
            of_categories=True,
            numbers=counting.units,
            crossings=counting.units_crossings,
            phrase="bought {amount}{window}",
            finding="{amount} {period}",
        ),
        Measure(
            name="spend",
            unit=MONEY,
            windowed=True,
            of_categories=True,
            numbers=counting.spend,
            crossings=counting.spend_crossings,
            phrase="spent {amount}{window}",
            finding="{amount} {period}",
        ),
        Measure(
            name="days_since_last_order",
            unit=DAYS,
            of_categories=True,
            newest_decides=True,
            numbers=ages.days_since_last,
            crossings=ages.days_since_last_crossings,
            phrase="last ordered {amount} ago",
            finding="last order {amount} ago",
        ),
        Measure(
            name="days_since_first_order",
            unit=DAYS,
            of_categories=True,
            numbers=ages.days_since_first,
            crossings=ages.days_since_first_crossings,
            phrase="first ordered {amount} ago",
            finding="first order {amount} ago",
        ),
    )
}
