"""From conditions that hold to segments customers are in: lower bars to stay, minimum stays, pins and ladders.

Pure; `evaluate` calls it, explanations read its reasons.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from plugin.segments import columns
from plugin.segments.as_of import DAY
from plugin.segments.columns import IntArray
from plugin.segments.customers import Customers, pinned
from plugin.segments.rules import Condition, Segment

Truths = NDArray[np.bool_]
Holding = Callable[[Condition], Truths]


@dataclass(slots=True, eq=False)
class Standing:
    """Of one segment, one truth a customer. They are in it if anything speaks for it and no higher rung fits."""

    holds: Truths
    """All conditions hold."""
    kept: Truths
    """They were in it, or in a higher one of its ladder, and all keep conditions hold."""
    stays: Truths
    """They were in it and their minimum stay has not ended."""
    pinned_in: Truths
    pinned_out: Truths
    inside: Truths


def standings(segments: Sequence[Segment], customers: Customers, seconds: int, holding: Holding) -> dict[int, Standing]:
    """By bit. What speaks for a segment: its conditions, being kept or staying, a pin; a pin against it outweighs."""
    pins = bool(customers.pinned_in.any() or customers.pinned_out.any())
    found = {segment.bit: _alone(segment, segments, customers, seconds, holding, pins) for segment in segments}
    for rungs in _ladders(segments):
        _highest_only([found[bit] for bit in rungs])
    return found


def stays(
    segments: Sequence[Segment], customers: Customers, standings: Mapping[int, Standing], as_of: datetime
) -> dict[int, IntArray]:
    """By bit, of segments with a minimum stay: the second until which who is in it now stays, 0 for nobody else."""
    found = {}
    microseconds = columns.microseconds(as_of)
    for segment in segments:
        if not segment.minimum_stay_days:
            continue
        inside, was = standings[segment.bit].inside, pinned(customers.members, segment.bit)
        # Rounded up: nobody leaves a moment early.
        until = -(-microseconds // 1_000_000) + segment.minimum_stay_days * DAY
        before = customers.stays.get(segment.bit, np.zeros(len(customers), np.int64))
        still = np.where(before > microseconds // 1_000_000, before, 0)
        found[segment.bit] = np.where(inside, np.where(was, still, until), 0)
    return found


def _alone(
    segment: Segment, segments: Sequence[Segment], customers: Customers, seconds: int, holding: Holding, pins: bool
) -> Standing:
    nobody = np.zeros(len(customers), np.bool_)
    holds = _all(segment.conditions, holding)
    kept = stays = nobody
    if segment.keep:
        kept = (customers.members & _bits_at_or_above(segment, segments) != 0) & _all(segment.keep, holding)
    if segment.bit in customers.stays:
        stays = pinned(customers.members, segment.bit) & (customers.stays[segment.bit] > seconds)
    inside = holds if kept is nobody else holds | kept
    inside = inside if stays is nobody else inside | stays
    if not pins:
        return Standing(holds, kept, stays, nobody, nobody, inside)
    pinned_in, pinned_out = pinned(customers.pinned_in, segment.bit), pinned(customers.pinned_out, segment.bit)
    return Standing(holds, kept, stays, pinned_in, pinned_out, (inside & ~pinned_out) | pinned_in)


def _all(conditions: Sequence[Condition], holding: Holding) -> Truths:
    first, *others = conditions
    found = holding(first)
    for condition in others:
        found = found & holding(condition)
    return found


def _bits_at_or_above(segment: Segment, segments: Sequence[Segment]) -> int:
    """Whoever falls from a higher rung has been above this one's bar as well: they must not fall deeper than others."""
    bits = 1 << segment.bit
    for other in segments:
        if segment.ladder and other.ladder and other.ladder.name == segment.ladder.name:
            bits |= (1 << other.bit) if other.ladder.rank > segment.ladder.rank else 0
    return bits


def _highest_only(falling: Sequence[Standing]) -> None:
    """Of a ladder's rungs, highest first, keep the first one that fits; one that somebody is pinned into before all."""
    taken = np.zeros(len(falling[0].inside), np.bool_)
    chosen = []
    for rung in falling:
        chosen.append(rung.pinned_in & ~taken)
        taken |= rung.pinned_in
    for rung, by_pin in zip(falling, chosen, strict=True):
        by_fit = rung.inside & ~taken
        taken |= by_fit
        rung.inside = by_pin | by_fit


def _ladders(segments: Sequence[Segment]) -> Iterable[list[int]]:
    """The bits of each ladder's segments, highest rank first."""
    found: dict[str, list[tuple[int, int]]] = {}
    for segment in segments:
        if segment.ladder:
            found.setdefault(segment.ladder.name, []).append((segment.ladder.rank, segment.bit))
    return ([bit for _, bit in sorted(rungs, reverse=True)] for rungs in found.values())
