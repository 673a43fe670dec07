"""The table of measures: the numbers of all customers as of an instant, and when time alone moves them.

`evaluate` reads it; plugin.segments.phrases has the words. To add a measure: a row at the end, its two functions, a row
there and one in docs/segments.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugin.segments import against_store, ages, amounts, choices, counting, profile, rfm, rhythm
from plugin.segments.as_of import AsOf, Crossings
from plugin.segments.columns import IntArray
from plugin.segments.operators import Operator
from plugin.segments.units import DAYS, DAYS_AGO, ITEMS, MONEY, ORDERS, PERCENT, POINTS, TIMES, WORDS, Unit
from plugin.segments.windows import Window

Truths = NDArray[np.bool_]

OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    name: str
    unit: Unit
    numbers: Callable[[AsOf, Window], IntArray]
    """Of every customer; UNDEFINED where there is none, and no comparison holds for that."""
    crossings: Callable[[AsOf, Window, IntArray, IntArray], Crossings]
    """Of (seen, window, thresholds, numbers): who passes one of these thresholds next because time goes by, and when;
    rather too early than too late. They ascend. The threshold of a choice is 0: whoever has another word then."""
    windowed: bool = False
    of_orders: bool = True
    """Made of orders: a window may be the days before a date."""
    of_categories: bool = False
    """It can be asked of the orders with products of a category alone."""
    of_choices: bool = False
    """Its numbers stand for words (plugin.segments.choices), which have their own phrases there."""
    mirrored: bool = False
    """Its words are ids of segments kept in Shopify, its numbers have a bit for each."""
    comes_and_goes: bool = False
    """Time alone can make a number of none, or none of a number, so that even at least 0 begins and ceases to hold."""
    newest_decides: bool = False
    """Only the newest order counts: older ones that we cannot see would change nothing."""
    older_only_add: bool = False
    """Orders that we cannot see can only make it more."""
    summed_by_shopify: str = ""
    """The fact with Shopify's own number over a lifetime, for where older orders are hidden from us."""
    whole: Callable[[AsOf], Truths] | None = None
    """Whose number is not only a part of the truth where older orders are hidden."""
    relative: bool = False
    """Of nobody in a store that has too few buyers to be compared with."""
    scored: bool = False
    """By the shop's scale; the absolute table needs no baseline."""
    facts: tuple[str, ...] = ()
    """What it needs to know of customers beside their orders."""

    @property
    def compares(self) -> bool:
        """Whether it needs the store's baseline: for everybody, or in place of a customer's own rhythm."""
        return self.relative or self.name == OVERDUE

    def compared_by(self, operator: Operator) -> bool:
        """Whether a comparison makes sense for it."""
        return operator.of_choices == self.of_choices

    def read(self, raw: object, minor_units: int) -> int | str:
        """One number, or word, of a condition's value as it was written; ValueError if it is none."""
        if not self.of_choices:
            return amounts.parse(raw, self.unit, minor_units)
        (word,) = choices.read(self.name, raw)
        return word


def _choice(name: str, fact: str = "", *, mirrored: bool = False) -> Measure:
    return Measure(
        name=name,
        unit=WORDS,
        of_orders=False,
        of_choices=True,
        mirrored=mirrored,
        facts=(fact or name,),
        numbers=profile.fact(fact or name),
        crossings=rfm.no_crossings,
    )


MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            name="orders",
            unit=ORDERS,
            windowed=True,
            of_categories=True,
            older_only_add=True,
            summed_by_shopify=counting.LIFETIME_ORDERS,
            whole=counting.whole_orders,
            numbers=counting.orders,
            crossings=counting.orders_crossings,
        ),
        Measure(
            name="units",
            unit=ITEMS,
            windowed=True,
            of_categories=True,
            older_only_add=True,
            numbers=counting.units,
            crossings=counting.units_crossings,
        ),
        Measure(
            name="spend",
            unit=MONEY,
            windowed=True,
            of_categories=True,
            older_only_add=True,
            summed_by_shopify=counting.LIFETIME_SPEND,
            whole=counting.whole_spend,
            numbers=counting.spend,
            crossings=counting.spend_crossings,
        ),
        Measure(
            name="days_since_last_order",
            unit=DAYS_AGO,
            of_categories=True,
            newest_decides=True,
            numbers=ages.days_since_last,
            crossings=ages.days_since_last_crossings,
        ),
        Measure(
            name="days_since_first_order",
            unit=DAYS_AGO,
            of_categories=True,
            older_only_add=True,
            numbers=ages.days_since_first,
            crossings=ages.days_since_first_crossings,
        ),
        Measure(
            name="average_order_value",
            unit=MONEY,
            windowed=True,
            of_categories=True,
            comes_and_goes=True,
            numbers=counting.average,
            crossings=counting.average_crossings,
        ),
        Measure(
            name="days_since_signup",
            unit=DAYS_AGO,
            of_orders=False,
            facts=(counting.SIGNED_UP_AT,),
            comes_and_goes=True,
            numbers=profile.days_since_signup,
            crossings=profile.days_since_signup_crossings,
        ),
        Measure(
            name="usual_gap",
            unit=DAYS,
            numbers=rhythm.usual_gap,
            crossings=rhythm.usual_gap_crossings,
        ),
        Measure(
            name=OVERDUE,
            unit=TIMES,
            numbers=rhythm.overdue,
            crossings=rhythm.overdue_crossings,
        ),
        Measure(
            name="spend_percentile",
            unit=PERCENT,
            relative=True,
            numbers=against_store.spend_percentile,
            crossings=rfm.no_crossings,
        ),
        Measure(
            name="spend_against_average",
            unit=TIMES,
            relative=True,
            numbers=against_store.spend_against_average,
            crossings=rfm.no_crossings,
        ),
        Measure(
            name="recency_score",
            unit=POINTS,
            relative=True,
            scored=True,
            numbers=rfm.recency,
            crossings=rfm.recency_crossings,
        ),
        Measure(
            name="frequency_score",
            unit=POINTS,
            relative=True,
            scored=True,
            numbers=rfm.frequency,
            crossings=rfm.no_crossings,
        ),
        Measure(
            name="monetary_score",
            unit=POINTS,
            relative=True,
            scored=True,
            numbers=rfm.monetary,
            crossings=rfm.no_crossings,
        ),
        Measure(
            name="rfm_group",
            unit=WORDS,
            of_choices=True,
            relative=True,
            scored=True,
            numbers=rfm.group,
            crossings=rfm.group_crossings,
        ),
        Measure(
            name="score",
            unit=POINTS,
            relative=True,
            scored=True,
            numbers=rfm.score,
            crossings=rfm.score_crossings,
        ),
        _choice("country"),
        _choice("province"),
        _choice("consent"),
        Measure(
            name="promoter_score",
            unit=POINTS,
            windowed=True,
            of_orders=False,
            facts=(profile.PROMOTER_SCORE, profile.PROMOTER_AT),
            comes_and_goes=True,
            numbers=profile.promoter_score,
            crossings=profile.promoter_score_crossings,
        ),
        _choice("shopify_rfm"),
        _choice("shopify_segment", "mirrored", mirrored=True),
    )
}
