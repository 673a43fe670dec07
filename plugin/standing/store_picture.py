"""Where a shop's customers and their spend are: everybody on the rungs of the two ladders any shop is described by.

workers.count_days has it counted after midnight and whenever a whole shop was judged; the page draws it. The rungs are
the shop's own segments, and presets below them or where it has none. Puts nobody into any segment.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from plugin.db import models
from plugin.db import session as db
from plugin.segments import catalogue, counting, evaluate, needs
from plugin.segments.as_of import AsOf
from plugin.segments.customers import Customers, Store
from plugin.segments.needs import Needs
from plugin.segments.rules import Segment
from plugin.segments.windows import Window
from plugin.standing import baselines, loading, segment_store
from plugin.turns import Turn

LADDERS = ("Where they stand", "How long ago they bought")
YEAR = Window(365)
READ_AT_ONCE = 32_000
ABOVE_ALL = 1_000


@dataclass(frozen=True, slots=True)
class Rung:
    """Customers on one rung and on no higher one, and what they spent in the last 365 days, in minor units."""

    name: str
    customers: int
    spend: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """`rungs` from the lowest up. Who is on none of them is in none of the numbers."""

    name: str
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Of the whole shop; `ladders` leaves out those that the orders we can see do not decide."""

    counted_at: datetime
    customers: int
    buyers: int
    spend: int
    ladders: tuple[Ladder, ...]


def latest(session: Session, shop_id: int) -> Picture | None:
    """The picture that was counted last; None before the first."""
    row = session.get(models.StorePicture, shop_id)
    if row is None:
        return None
    told = dict(row.picture)
    ladders = tuple(Ladder(each["name"], tuple(Rung(**rung) for rung in each["rungs"])) for each in told.pop("ladders"))
    return Picture(counted_at=row.counted_at, ladders=ladders, **told)


def count(shop_id: int, now: datetime, turn: Turn | None = None) -> None:
    """Count the shop as it is now; does nothing for one that was not imported yet."""
    with db.read() as session:
        shop = session.get(models.Shop, shop_id)
        if shop is None or shop.imported_at is None:
            return
        ladders = _ladders(session, shop_id, now)
        rungs = [rung for ladder in ladders for rung in ladder]
        asked = needs.of(rungs, hidden=shop.history_from is not None)
        store = baselines.store(session, shop_id, asked)
    picture = _picture(shop_id, ladders, asked, store, now, turn)
    told = asdict(picture)
    del told["counted_at"]
    with db.write() as session:
        if session.get(models.Shop, shop_id) is not None:
            session.merge(models.StorePicture(shop_id=shop_id, counted_at=now, picture=told))


def _ladders(session: Session, shop_id: int, now: datetime) -> list[list[Segment]]:
    """Each ladder's rungs from the lowest up, with bits of their own: they are no segments of anybody."""
    found: list[list[Segment]] = []
    for name in LADDERS:
        own, first = _rungs(_own(session, shop_id), name), sum(map(len, found))
        # Of a ladder's segments those that are on take nobody from those that are off.
        own = {rank: rung for rank, rung in own.items() if rung.on} or own
        lowest = min(own, default=ABOVE_ALL)
        # A preset above one of the shop's own would take customers from it: the page shows both numbers.
        below = {rank: rung for rank, rung in _rungs(_presets(session, shop_id), name).items() if rank < lowest}
        rungs = [_plain(rung, first + i) for i, (_, rung) in enumerate(sorted((below | own).items()))]
        if not segment_store.waiting(session, shop_id, rungs, now):
            found.append(rungs)
    return found


def _rungs(segments: Sequence[Segment], name: str) -> dict[int, Segment]:
    """The segments of one ladder, by rank."""
    return {each.ladder.rank: each for each in segments if each.ladder is not None and each.ladder.name == name}


def _presets(session: Session, shop_id: int) -> list[Segment]:
    digits = segment_store.minor_units(session, shop_id)
    return [Segment.from_definition(preset.definition(), 0, digits) for preset in catalogue.presets()]


def _own(session: Session, shop_id: int) -> list[Segment]:
    """The shop's segments that ask for nothing but orders: a picture needs no more of anybody."""
    plain = Needs()
    mine = segment_store.active(session, shop_id)
    return [each for each in mine if replace(needs.of([each]), stays=frozenset()) == plain]


def _plain(rung: Segment, bit: int) -> Segment:
    """Its conditions alone: what somebody was before, or was pinned to, says nothing about where they are."""
    return replace(rung, bit=bit, keep=(), minimum_stay_days=0)


def _picture(
    shop_id: int, ladders: Sequence[Sequence[Segment]], asked: Needs, store: Store, now: datetime, turn: Turn | None
) -> Picture:
    rungs = [rung for ladder in ladders for rung in ladder]
    sizes, spends, after = np.zeros(len(rungs), np.int64), np.zeros(len(rungs), np.int64), 0
    everybody, buyers, total = 0, 0, 0
    while True:
        if turn is not None:
            turn.renew()
        with db.read() as session:
            loaded = loading.following(session, shop_id, after, READ_AT_ONCE, asked, now)
            if not len(loaded.standing.customer_ids):
                break
            for some, _ in loaded.pieces:
                spent, inside = _of_some(some, rungs, store, now)
                sizes += inside.sum(axis=1)
                spends += inside.astype(np.int64) @ spent
                everybody, total = everybody + len(spent), total + int(spent.sum())
                buyers += int(np.count_nonzero(np.diff(some.columns.starts)))
        after = int(loaded.standing.customer_ids[-1])
    counted = [Rung(rung.name, int(size), int(spend)) for rung, size, spend in zip(rungs, sizes, spends, strict=True)]
    named = [Ladder(_name(ladder), tuple(counted[rung.bit] for rung in ladder)) for ladder in ladders]
    return Picture(now, everybody, buyers, total, tuple(named))


def _of_some(
    some: Customers, rungs: Sequence[Segment], store: Store, now: datetime
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """What each of them spent in a year, and one row a rung saying who is on it."""
    known = Customers.of(some.orders, facts=some.facts)
    _, standings = evaluate.standings(known, rungs, now, store)
    spent = counting.spent(AsOf.of(some.orders, now, {}, Store()), YEAR)
    return spent, np.array([standings[rung.bit].inside for rung in rungs]).reshape(len(rungs), len(known))


def _name(ladder: Sequence[Segment]) -> str:
    return ladder[0].ladder.name if ladder[0].ladder is not None else ""
