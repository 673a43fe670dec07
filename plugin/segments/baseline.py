"""Numbers of a whole store that single customers are compared with.

Pure. plugin.segments.gathering works them out, plugin.standing.baselines keeps them.
"""

from dataclasses import dataclass

PERCENTILES = 100


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
