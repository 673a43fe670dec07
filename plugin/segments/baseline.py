"""Numbers of a whole store that single customers are compared with.

Pure. plugin.segments.gathering works them out, plugin.standing.baselines keeps them.
"""

from dataclasses import dataclass

PERCENTILES = 100
FIFTHS = 5
FEWEST_BUYERS = 100
"""With fewer, one buyer more or less would move the others about: nobody is compared with such a store."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Of all customers with an order that counts, over their lifetimes; money in minor units."""

    buyers: int
    orders: int
    spend: int
    spend_edges: tuple[int, ...]
    """Entry p, from 0 to 99: so much that fewer than p buyers in 100 spent less, or exactly p. Empty without buyers.

    Whoever spent at least entry 95 is among the top 5 %, and equal spends are on the same side of every edge.
    """
    median_orders: int
    median_gap_seconds: int | None
    """Of everybody who bought twice, the average time between two of their orders; the median of those."""
    gap_edges: tuple[int, ...] = ()
    """Of those averages entry p, from 0 to 99, like `spend_edges`: by the seconds of entry 90 the orders of 90 in 100
    of those who came back have come back."""
    recency_edges: tuple[int, ...] = ()
    """Four numbers of days, falling: 20, 40, 60 and 80 in 100 buyers have not bought for longer than who has fewer."""
    orders_edges: tuple[int, ...] = ()
    """Four numbers of orders, rising: 20, 40, 60 and 80 in 100 buyers placed fewer than who has so many."""
    spend_fifths: tuple[int, ...] = ()
    """The same of spend. Unlike `spend_edges`, who spent the least together with many others is below all of them."""

    @property
    def average_spend(self) -> int:
        """Of a buyer, rounded down."""
        return self.spend // max(self.buyers, 1)


def usable(baseline: Baseline) -> bool:
    """Whether there are enough buyers to compare one with, and all numbers to do it by."""
    return baseline.buyers >= FEWEST_BUYERS and len(baseline.recency_edges) == FIFTHS - 1
