"""Works out what tags customers should carry and records it: load columns, evaluate, write down only what changed.

Its callers share one meaning of "in the segment": a drained batch, a look-up, the sweep, a whole shop.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import structlog
from sqlalchemy import BigInteger, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from plugin import clock, queues, runs
from plugin.db import arrays
from plugin.db import session as db
from plugin.db.models import DUE_LATER, Customer, Movement, Run, Shop
from plugin.db.types import new_ids, to_microseconds
from plugin.segments import needs, tally
from plugin.segments.baseline import Baseline
from plugin.segments.customers import Store
from plugin.segments.evaluate import NEVER, Evaluation, evaluate
from plugin.segments.gathering import Gathering
from plugin.segments.needs import Needs
from plugin.segments.rules import Segment
from plugin.shop import shops
from plugin.standing import baselines, loading, reverting, segment_store, stays
from plugin.standing.loading import Loaded, Standing
from plugin.standing.reading_ahead import ReadingAhead
from plugin.tagging import tag_changes
from plugin.turns import Turn

log = structlog.get_logger()

# One transaction of a whole-shop refresh: a delivery that arrives meanwhile waits for it.
CHUNK = 64_000
DUE = (
    select(Customer.customer_id)
    .where(Customer.shop_id == bindparam("shop_id"), DUE_LATER)
    .where(type_coerce(Customer.next_review_at, BigInteger) <= bindparam("now"))
    .order_by(Customer.next_review_at)
    .limit(bindparam("most", type_=BigInteger))
)
# Where a run keeps how many customers it has moved.
MOVED = "moved"
LATEST = to_microseconds(datetime(9999, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a shop's customers are judged by."""

    segments: Sequence[Segment]
    needs: Needs
    store: Store


def refresh_customers(session: Session, shop_id: int, customer_ids: Sequence[int], as_of: datetime, cause: str) -> int:
    """Bring these customers up to date as of an instant; returns how many changed segments. Holds nothing itself."""
    if not _has_history(session, shop_id):
        return 0
    rules = rules_of(session, shop_id, as_of)
    changed = 0
    for start in range(0, len(customer_ids), CHUNK):
        loaded = loading.some(session, shop_id, customer_ids[start : start + CHUNK], rules.needs, as_of)
        found = _judge(loaded, rules)
        changed += _record(session, shop_id, loaded.standing, found, as_of, cause)
    return changed


def refresh_shop(run: Run, turn: Turn, cause: str, until: float = math.inf) -> bool:
    """Judge every customer of a shop, chunk by chunk for as long as time.monotonic() is below `until`, and work out
    its baseline; True when that is done.

    The run shows how far, and where to go on. It is done early when something was changed meanwhile and everybody is
    to be judged anew anyway.
    """
    shop_id = run.shop_id
    with db.read() as session:
        if not _has_history(session, shop_id):
            return True
        # With those who are gone: without them, every customer's row would have to be looked at.
        total = session.scalar(select(func.count()).select_from(Customer).where(Customer.shop_id == shop_id)) or 0
    began_after = after = int(run.position.get("after", 0))
    gathering, rules = Gathering(), None
    with ReadingAhead(shop_id, CHUNK) as chunks:
        while True:
            with db.write() as session:
                write = shops.hold(session, shop_id)
                turn.renew(session)
                row = session.get_one(Run, (shop_id, run.id))
                if runs.is_superseded(session, row):
                    log.info("refresh_superseded", shop_id=shop_id, done=row.done_count)
                    row.position = {**row.position, runs.SUPERSEDED: True}
                    return True
                runs.begin(row, "judging", clock.now())
                session.flush()
                # Read once: whoever changes a shop's segments, or switches tags off, asks for a run at once.
                if rules is None:
                    if not after:
                        baselines.begin(session, shop_id)
                    rules = rules_of(session, shop_id, clock.now())
                loaded = chunks.following(session, write, after, rules.needs)
                count = _refresh_chunk(session, row, loaded, rules, cause, gathering)
                runs.show(row, "judging", (row.done_count if after else 0) + count, total, clock.wall())
                if not count:
                    break
                after = int(loaded.standing.customer_ids[-1])
                row.position = {**row.position, "after": after}
                chunks.wait()
            if time.monotonic() >= until:
                return False
    _gather_before(shop_id, began_after, turn, gathering)
    with db.write() as session:
        again = _keep(session, shop_id, gathering.baseline())
    if again:
        queues.wake("run", shop_id)
    return True


def _keep(session: Session, shop_id: int, baseline: Baseline) -> bool:
    """Keep the shop's numbers; True if everybody is to be judged again, now that they can be compared with them."""
    first = baselines.save(session, shop_id, baseline, clock.now())
    again = first and needs.of(segment_store.active(session, shop_id)).baseline
    if again:
        runs.start_refresh(session, shop_id, clock.now())
    return again


def _refresh_chunk(session: Session, run: Run, loaded: Loaded, rules: Rules, cause: str, gathering: Gathering) -> int:
    """Bring these customers up to date; returns how many they are."""
    standing, found = judge(session, run, loaded, rules, gathering)
    moved = tally.of(standing.wanted_tags, found.memberships)
    if _record(session, run.shop_id, standing, found, loaded.as_of, cause, run.id):
        run.position = {**run.position, MOVED: (tally.from_json(run.position.get(MOVED)) + moved).as_json()}
    return len(standing.customer_ids)


def judge(
    session: Session, run: Run, loaded: Loaded, rules: Rules, gathering: Gathering | None = None
) -> tuple[Standing, Evaluation]:
    """Where customers stand and where they belong by a run, without recording it.

    An undo judges them as if the run it undoes had not been: whoever that let in is not kept by a lower bar.
    """
    if undone := run.position.get(runs.UNDOES):
        loaded = reverting.as_before(session, run.shop_id, undone, loaded)
    return loaded.standing, _judge(loaded, rules, gathering)


def due(session: Session, shop_id: int, now: datetime, limit: int) -> list[int]:
    """The customers whose standing may change by time alone by now; those due longest, in no order."""
    if not _has_history(session, shop_id):
        return []
    (found,) = arrays.integers(session, DUE, shop_id=shop_id, now=to_microseconds(now), most=limit)
    ids: list[int] = found.tolist()
    return ids


def shops_due(session: Session, now: datetime) -> Iterator[int]:
    """Shops with customers to review, for the sweep."""
    for shop_id in session.scalars(select(Shop.id).where(Shop.uninstalled_at.is_(None))).all():
        if due(session, shop_id, now, limit=1):
            yield shop_id


def rules_of(session: Session, shop_id: int, as_of: datetime) -> Rules:
    """What the shop's customers are judged by now."""
    segments = segment_store.judged(session, shop_id, as_of)
    needed = needs.of(segments, hidden=shops.get(session, shop_id).history_from is not None)
    return Rules(segments, needed, baselines.store(session, shop_id, needed))


def _judge(loaded: Loaded, rules: Rules, gathering: Gathering | None = None) -> Evaluation:
    count = len(loaded.standing.customer_ids)
    memberships, reviews = np.zeros((2, count), np.int64)
    ends = {bit: np.zeros(count, np.int64) for bit in rules.needs.stays}
    for customers, places in loaded.pieces:
        found = evaluate(customers, rules.segments, loaded.as_of, rules.store)
        memberships[places], reviews[places] = found.memberships, found.next_review_at
        if gathering is not None:
            gathering.add(customers.columns, loaded.as_of)
        for bit, until in ends.items():
            until[places] = found.stays[bit]
    return Evaluation(memberships, reviews, ends)


def _gather_before(shop_id: int, end: int, turn: Turn, gathering: Gathering) -> None:
    """Add the customers up to `end`, whom an earlier job has judged: a second for a million of them."""
    after = 0
    while after < end:
        turn.renew()
        with db.read() as session:
            loaded = loading.following(session, shop_id, after, CHUNK, Needs(), clock.now())
            for customers, _ in loaded.pieces:
                columns = customers.columns
                gathering.add(columns.those(columns.customer_ids <= end), clock.now())
        after = int(loaded.standing.customer_ids[-1]) if len(loaded.standing.customer_ids) else end


def _record(
    session: Session,
    shop_id: int,
    standing: Standing,
    found: Evaluation,
    as_of: datetime,
    cause: str,
    run_id: int | None = None,
) -> int:
    """Write the differences: most customers of a whole shop have none, and writing is what costs."""
    moved = found.memberships != standing.wanted_tags
    # What lies beyond the year 9999 (an order of the far future) is as good as never.
    reviews = np.where(found.next_review_at >= LATEST, NEVER, found.next_review_at)
    rescheduled = reviews != standing.next_review_at
    # An index hangs on the reviews: it would be written anew for nothing where they stay.
    for those, with_wish, with_review in (
        (moved & rescheduled, True, True),
        (moved & ~rescheduled, True, False),
        (rescheduled & ~moved, False, True),
    ):
        rows = np.flatnonzero(those)
        new: dict[str, list[int | None]] = {"customer_id": standing.customer_ids[rows].tolist()}
        if with_wish:
            # A new wish is tried at once, even where Shopify refused the last one.
            new |= {"wanted_tags": found.memberships[rows].tolist(), "sync_after": [None] * len(rows)}
            new["changed_by"] = [run_id] * len(rows)
        if with_review:
            new["next_review_at"] = [None if at == NEVER else at for at in reviews[rows].tolist()]
        if len(rows):
            arrays.update(session, Customer, shop_id, "customer_id", new)
    for bit, ends in found.stays.items():
        changed = np.flatnonzero(ends != standing.stays[bit])
        if len(changed):
            stays.record(session, shop_id, bit, standing.customer_ids[changed], ends[changed])
    if moved.any():
        _record_movements(session, shop_id, standing, found, as_of, cause, run_id)
        tag_changes.let_return(session, shop_id)
    return int(moved.sum())


def _record_movements(
    session: Session,
    shop_id: int,
    standing: Standing,
    found: Evaluation,
    as_of: datetime,
    cause: str,
    run_id: int | None,
) -> None:
    flipped = standing.wanted_tags ^ found.memberships
    for bit in range(int(np.bitwise_or.reduce(flipped)).bit_length()):
        moved = np.flatnonzero(flipped >> bit & 1)
        columns = {
            "id": new_ids(len(moved)),
            "customer_id": standing.customer_ids[moved].tolist(),
            "entered": (found.memberships[moved] >> bit & 1).astype(bool).tolist(),
        }
        same = {"shop_id": shop_id, "bit": bit, "at": to_microseconds(as_of), "cause": cause, "run_id": run_id}
        rows = columns | {name: [value] * len(moved) for name, value in same.items()}
        if len(moved):
            arrays.insert(session, Movement, rows)
            left = moved[found.memberships[moved] >> bit & 1 == 0]
            if bit not in found.stays and len(left):
                stays.end(session, shop_id, bit, standing.customer_ids[left])


def _has_history(session: Session, shop_id: int) -> bool:
    """Until the history is imported nobody is judged: their past would be missing, and everybody a first-time buyer.
    Nor while it is counted anew: some would be judged by the orders that count now, some by those that did before.
    """
    imported = session.scalar(select(Shop.imported_at).where(Shop.id == shop_id)) is not None
    return imported and not runs.is_being_recounted(session, shop_id)
