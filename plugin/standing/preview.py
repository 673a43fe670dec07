"""What candidate segments would do: who would be in them, enter and leave, compared with the saved ones.

Records nothing. Both are judged as standing.refresh would, on the same customers at the same instant. A small shop is
read from the database; of a large one a copy of its columns (standing.column_copy) is made at first use: it may be some
minutes old. Copies hold orders alone: what else segments ask about is read from the database, which takes seconds.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin import clock
from plugin.db.models import Customer
from plugin.segments import clashes, evaluate, memberships, needs
from plugin.segments.columns import Columns, IntArray
from plugin.segments.customers import Customers, Store
from plugin.segments.evaluate import Numbers
from plugin.segments.memberships import Truths
from plugin.segments.needs import Needs
from plugin.segments.rules import MOST_SEGMENTS, Segment
from plugin.shop import shops
from plugin.standing import baselines, column_copy, loading, pins, segment_store
from plugin.standing.loading import Standing
from plugin.standing.waits import Wait

log = structlog.get_logger()

SMALL_SHOP = 50_000
EVERYBODY = 2**31
SAMPLE = 10
# What was measured of all customers is used again for previews of about the same instant.
SAME_INSTANT = timedelta(minutes=5)
RENEWED_AFTER = timedelta(minutes=10)
# Numbers of a million customers take 4 MB a measure and window.
MOST_NUMBERS = 16


@dataclass(frozen=True, slots=True)
class SegmentPreview:
    """Of one segment: how many customers would be in it, enter it and leave it; of the latter two some, by id.

    `waits`: why it would hold nobody for now; `waits_days`: for so many more days of history (depth.ALL_OF_IT: ever).
    """

    tag: str
    name: str
    members: int
    entering: int
    leaving: int
    some_entering: tuple[int, ...]
    some_leaving: tuple[int, ...]
    waits_days: int = 0
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The candidates in their order, then saved segments that are not among them: everybody leaves those.

    `as_of` is the instant judged by; `read_at` when the customers were read, which is earlier where a copy was used.
    `changed`: customers of whom any segment would change, if the candidates were saved as they are.
    """

    as_of: datetime
    read_at: datetime
    customers: int
    segments: tuple[SegmentPreview, ...]
    changed: int


@dataclass(slots=True, eq=False)
class _Measured:
    """A shop's customers, and what has been measured of all of them as of an instant."""

    as_of: datetime
    read_at: datetime
    customer_ids: IntArray
    slices: Any
    standing: Standing | None = None
    path: Path | None = None
    store: Store | None = None
    numbers: Numbers = field(default_factory=dict)


_lock = threading.Lock()
_last: _Measured | None = None
_renewing: set[int] = set()


def preview(session: Session, shop_id: int, definitions: Sequence[Mapping[str, Any]], as_of: datetime) -> Preview:
    """Try candidate definitions; rules.InvalidDefinition if they cannot be saved either.

    One that is off is tried as if it were switched on, unless that is what is tried: to switch it off.
    In a large shop `as_of` may be some minutes earlier than asked for: the answer says so.
    """
    clashes.validate(definitions, segment_store.minor_units(session, shop_id))
    active = segment_store.active(session, shop_id)
    candidates = _candidates(session, shop_id, definitions, active)
    waits, saved_waits = (segment_store.waiting(session, shop_id, each, as_of) for each in (candidates, active))
    judged = [segment for segment in candidates if segment.bit not in waits]
    saved = [segment for segment in active if segment.on and segment.bit not in saved_waits]
    on, held = [segment for segment in judged if segment.on], {segment.bit for segment in active if segment.on}
    tried = [segment for segment in judged if segment.on or segment.bit not in held]
    hidden = shops.get(session, shop_id).history_from is not None
    asked = needs.of([*judged, *saved], hidden=hidden)
    with _lock:
        measured = _measured(session, shop_id, as_of, asked, [*judged, *saved])
        store = baselines.store(session, shop_id, asked)
        numbers = _numbers(measured, [*judged, *saved], store)
        then, now = (_members(measured, numbers, each, store) for each in (on, saved))
        changed = _differing(measured, then, now)
        if len(on) < len(tried):
            # What would be switched on changes nothing yet of those it shares a ladder with.
            then = _members(measured, numbers, tried, store) | then
        lines = []
        for segment in candidates:
            tag = segment.tag.casefold()
            lines.append(_line(measured, segment, then.get(tag), now.pop(tag, None), waits.get(segment.bit)))
        gone = {segment.tag.casefold(): segment for segment in saved}
        lines += [_line(measured, gone[tag], None, inside) for tag, inside in now.items()]
        return Preview(measured.as_of, measured.read_at, len(measured.customer_ids), tuple(lines), changed)


def prepare(session: Session, shop_id: int) -> None:
    """Somebody may soon ask for previews of this shop: have a copy made in the background if that takes one."""
    if _is_large(session, shop_id) and column_copy.usable(session, shop_id) is None:
        renew(shop_id)


def forget(session: Session, shop_id: int) -> None:
    """Somebody is being erased: let go of whatever was copied of the shop. The caller holds it."""
    global _last  # noqa: PLW0603 - one memory a process
    column_copy.forget(session, shop_id)
    with _lock:
        _last = None


def renew(shop_id: int) -> threading.Thread | None:
    """Copy the shop anew in the background, unless this process is at it."""
    if shop_id in _renewing:
        return None
    _renewing.add(shop_id)
    thread = threading.Thread(target=_renew, args=(shop_id,), name=f"copy-{shop_id}", daemon=True)
    thread.start()
    return thread


def _renew(shop_id: int) -> None:
    try:
        column_copy.make(shop_id)
    except Exception:
        log.exception("shop_not_copied", shop_id=shop_id)  # previews go on with the copy there is
    finally:
        _renewing.discard(shop_id)


def _candidates(
    session: Session, shop_id: int, definitions: Sequence[Mapping[str, Any]], active: Sequence[Segment]
) -> list[Segment]:
    """Each with the bit it would have: a saved segment's own, because who is in it and pinned to it stands there."""
    digits = segment_store.minor_units(session, shop_id)
    own = {segment.tag.casefold(): segment.bit for segment in active}
    taken = segment_store.tags_by_bit(session, shop_id).keys()
    free = [*(bit for bit in range(MOST_SEGMENTS) if bit not in taken), *(taken - set(own.values()))]
    found = []
    for definition in definitions:
        tag = str(definition.get("tag")).casefold()
        found.append(Segment.from_definition(definition, own[tag] if tag in own else free.pop(0), digits))
    return found


def _measured(session: Session, shop_id: int, as_of: datetime, asked: Needs, segments: Sequence[Segment]) -> _Measured:
    """The shop's customers: from memory, from a copy, or from the database. Copies know of orders only."""
    global _last  # noqa: PLW0603 - one memory a process
    if asked.facts or asked.categories:
        return _read(session, shop_id, as_of, asked)
    copy = column_copy.usable(session, shop_id)
    if copy is None and not _is_large(session, shop_id):
        return _read(session, shop_id, as_of, asked)
    if copy is None:
        column_copy.make(shop_id)
        copy = column_copy.usable(session, shop_id)
    if copy is None:  # erased or removed this very moment
        return _read(session, shop_id, as_of, asked)
    if clock.now() - copy.made_at > RENEWED_AFTER and not column_copy.is_current(session, shop_id, copy):
        renew(shop_id)
    if _last is None or _last.path != copy.path or not timedelta(0) <= as_of - _last.as_of < SAME_INSTANT:
        _last = _Measured(as_of, copy.made_at, copy.customer_ids, copy.slices, path=copy.path)
    _last.standing = None
    if any(each.keep or each.minimum_stay_days for each in segments) or pins.any_of(session, shop_id):
        _last.standing = loading.following(session, shop_id, 0, EVERYBODY, asked, _last.as_of).standing
    return _last


def _read(session: Session, shop_id: int, as_of: datetime, asked: Needs) -> _Measured:
    loaded = loading.following(session, shop_id, 0, EVERYBODY, asked, as_of)
    pieces = [(places, customers) for customers, places in loaded.pieces]
    return _Measured(as_of, as_of, loaded.standing.customer_ids, lambda: pieces, standing=loaded.standing)


def _numbers(measured: _Measured, segments: Iterable[Segment], store: Store) -> Numbers:
    """What the segments ask of all customers; what was asked for before is not measured again."""
    conditions = {condition for segment in segments for condition in segment.all_conditions}
    if measured.store != store:
        measured.numbers, measured.store = {}, store
    missing = {each for each in conditions if each.asked not in measured.numbers}
    if len(measured.numbers) + len(missing) > MOST_NUMBERS:
        measured.numbers, missing = {}, conditions
    found: Numbers = {}
    for places, some in measured.slices() if missing else ():
        customers = some if isinstance(some, Customers) else Customers.of(some)
        for key, numbers in evaluate.numbers_of(customers, missing, measured.as_of, store).items():
            whole = found.setdefault(key, np.empty(len(measured.customer_ids), np.int64))
            whole[places] = numbers
    measured.numbers |= {key: _narrow(numbers) for key, numbers in found.items()}
    empty = dict.fromkeys({each.asked for each in conditions}, np.zeros(0, np.int64))
    return empty | measured.numbers


def _members(measured: _Measured, numbers: Numbers, segments: Sequence[Segment], store: Store) -> dict[str, Truths]:
    """Who is in each segment, by its tag's casefold."""
    seconds = int(measured.as_of.timestamp())
    customers = _as_they_stand(measured)
    found = memberships.standings(segments, customers, seconds, lambda each: evaluate.holding(each, numbers, store))
    return {segment.tag.casefold(): found[segment.bit].inside for segment in segments}


def _differing(measured: _Measured, then: Mapping[str, Truths], now: Mapping[str, Truths]) -> int:
    """How many customers are not in the same segments then as now."""
    nobody = np.zeros(len(measured.customer_ids), np.bool_)
    moved = [then.get(tag, nobody) ^ now.get(tag, nobody) for tag in {*then, *now}]
    return int(np.count_nonzero(np.logical_or.reduce([nobody, *moved])))


def _as_they_stand(measured: _Measured) -> Customers:
    """What is recorded of the customers, for lower bars, stays and pins; of a copy that is older than some, nothing."""
    columns = Columns.without_orders(measured.customer_ids)
    standing = measured.standing
    if standing is None or not len(standing.customer_ids):
        return Customers.of(columns)
    places = np.minimum(np.searchsorted(standing.customer_ids, measured.customer_ids), len(standing.customer_ids) - 1)
    known = standing.customer_ids[places] == measured.customer_ids
    pinned_in, pinned_out, _ = (np.where(known, each[places], 0) for each in standing.pins or (known * 0,) * 3)
    return Customers.of(
        columns,
        members=np.where(known, standing.wanted_tags[places], 0),
        stays={bit: np.where(known, each[places], 0) for bit, each in standing.stays.items()},
        pinned_in=pinned_in,
        pinned_out=pinned_out,
    )


def _narrow(numbers: IntArray) -> IntArray:
    """The same in half the memory, which is half the time for every comparison, where they fit."""
    fits = not len(numbers) or (numbers.max() < 2**31 and numbers.min() >= -(2**31))
    return numbers.astype(np.int32) if fits else numbers


def _line(
    measured: _Measured,
    segment: Segment,
    then: Truths | None,
    now: Truths | None,
    wait: Wait | None = None,
) -> SegmentPreview:
    nobody = np.zeros(len(measured.customer_ids), np.bool_)
    after_it, before_it = (nobody if each is None else each for each in (then, now))
    entering, leaving = after_it & ~before_it, before_it & ~after_it
    return SegmentPreview(
        tag=segment.tag,
        name=segment.name,
        members=int(np.count_nonzero(after_it)),
        entering=int(np.count_nonzero(entering)),
        leaving=int(np.count_nonzero(leaving)),
        some_entering=_some(measured, entering),
        some_leaving=_some(measured, leaving),
        waits_days=wait.days if wait else 0,
        waits=wait.words if wait else "",
    )


def _some(measured: _Measured, chosen: Truths) -> tuple[int, ...]:
    """A few of the customers chosen, spread over all of them."""
    places = np.flatnonzero(chosen)
    spread = places[np.unique(np.linspace(0, len(places) - 1, SAMPLE).astype(np.int64))] if len(places) else places
    return tuple(sorted(measured.customer_ids[spread].tolist()))


def _is_large(session: Session, shop_id: int) -> bool:
    some = select(Customer.customer_id).where(Customer.shop_id == shop_id).limit(SMALL_SHOP + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) > SMALL_SHOP
