"""What is known of the customers who are judged, and of their store: all that the engine takes.

Whoever loads them (plugin.standing.loading) fills in what the segments in use ask for (plugin.segments.needs) and
leaves the rest empty. Pure values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

import numpy as np
from numpy.typing import NDArray

from plugin.segments.baseline import Baseline
from plugin.segments.columns import AnyColumns, Columns, IntArray

QUINTILES, TABLE = "quintiles", "table"
"""What recency, frequency and spend are scored by: fifths of the shop's own buyers, or one table for every shop."""


@dataclass(frozen=True, slots=True)
class Store:
    """`history_from`: the second before which orders are hidden from us; None when all are visible.

    `mirrors`: which bit of a customer's `mirrored` fact stands for a segment of Shopify's, by its id.
    """

    baseline: Baseline | None = None
    zone: tzinfo = UTC
    minor_units: int = 2
    rfm_scale: str = QUINTILES
    history_from: int | None = None
    mirrors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """Arrays have one entry a customer, in the order of `orders`; instants are whole seconds since the epoch.

    `facts`: what is known beside orders, choices.UNKNOWN where it is not; words as choices.codes numbers them.
    `members`: the segments they are recorded to be in. `stays`: by bit, until when they stay, 0 for not at all.
    `pinned_in`, `pinned_out`: segments somebody put them into or kept them out of, one bit each; `pins_until`: when the
    first of those pins ends.
    """

    orders: AnyColumns
    categories: Mapping[str, AnyColumns]
    facts: Mapping[str, IntArray]
    members: IntArray
    stays: Mapping[int, IntArray]
    pinned_in: IntArray
    pinned_out: IntArray
    pins_until: IntArray

    @classmethod
    def of(
        cls,
        orders: AnyColumns,
        *,
        categories: Mapping[str, AnyColumns] | None = None,
        facts: Mapping[str, IntArray] | None = None,
        members: IntArray | None = None,
        stays: Mapping[int, IntArray] | None = None,
        pinned_in: IntArray | None = None,
        pinned_out: IntArray | None = None,
        pins_until: IntArray | None = None,
    ) -> "Customers":
        """Customers of whom nothing is known but what is given."""
        nothing = np.zeros(len(orders), np.int64)
        given = (members, pinned_in, pinned_out, pins_until)
        known_members, pins_in, pins_out, until = (nothing if each is None else each for each in given)
        return cls(orders, categories or {}, facts or {}, known_members, stays or {}, pins_in, pins_out, until)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def columns(self) -> Columns:
        """The orders themselves, where they are not sums already."""
        return _columns(self.orders)

    def only(self, i: int) -> "Customers":
        """Customer number i alone. Not for columns that are sums already."""
        chosen = slice(i, i + 1)
        return Customers(
            orders=_columns(self.orders).only(i),
            categories={key: _columns(each).only(i) for key, each in self.categories.items()},
            facts={name: each[chosen] for name, each in self.facts.items()},
            members=self.members[chosen],
            stays={bit: each[chosen] for bit, each in self.stays.items()},
            pinned_in=self.pinned_in[chosen],
            pinned_out=self.pinned_out[chosen],
            pins_until=self.pins_until[chosen],
        )


def pinned(bits: IntArray, bit: int) -> NDArray[np.bool_]:
    """Which of the customers have one bit set."""
    return (bits >> bit & 1).astype(np.bool_)


def _columns(columns: AnyColumns) -> Columns:
    if not isinstance(columns, Columns):
        raise TypeError("sums of many customers are not taken apart")
    return columns
