"""How many customers change segments, and how many enter and leave each: what a run shows of what it does or would do.

Pure values; standing.refresh and tagging.brake count with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from plugin.segments.columns import IntArray


@dataclass(frozen=True, slots=True)
class Tally:
    """`customers` who change at all; `added` and `removed`: how many segments' bits do, by bit."""

    customers: int = 0
    added: Mapping[int, int] = field(default_factory=dict)
    removed: Mapping[int, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.customers + other.customers, _sum(self.added, other.added), _sum(self.removed, other.removed))

    def as_json(self) -> dict[str, Any]:
        """For a run's position: keys of JSON are texts."""
        added, removed = ({str(bit): count for bit, count in each.items()} for each in (self.added, self.removed))
        return {"customers": self.customers, "added": added, "removed": removed}


def of(before: IntArray, after: IntArray) -> Tally:
    """What changes between two states of the same customers."""
    flipped = before ^ after
    changed = np.flatnonzero(flipped)
    if not len(changed):
        return Tally()
    return Tally(len(changed), _bits(flipped[changed] & after[changed]), _bits(flipped[changed] & before[changed]))


def from_json(stored: Mapping[str, Any] | None) -> Tally:
    """What `as_json` wrote; nothing if it wrote nothing."""
    if not stored:
        return Tally()
    added, removed = ({int(bit): count for bit, count in stored[name].items()} for name in ("added", "removed"))
    return Tally(stored["customers"], added, removed)


def _bits(masks: IntArray) -> dict[int, int]:
    every = int(np.bitwise_or.reduce(masks))
    return {bit: int(np.count_nonzero(masks >> bit & 1)) for bit in range(every.bit_length()) if every >> bit & 1}


def _sum(some: Mapping[int, int], more: Mapping[int, int]) -> dict[int, int]:
    return {bit: some.get(bit, 0) + more.get(bit, 0) for bit in sorted({*some, *more})}
