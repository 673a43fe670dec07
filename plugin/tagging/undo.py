"""Takes back what a change of settings did: the segments and settings from before it hold again, everybody is judged by
them, and so exactly what we wrote is turned back.

The page asks for it; workers.work_on_runs judges, and tells when that is done. What somebody else has changed since is
theirs: it is left, and listed among the writes.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import and_, insert, or_, select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import UNFINISHED_RUN, Customer, ForeignChange, Movement, Run, TagChange
from plugin.db.types import new_id
from plugin.segments import tally
from plugin.shop import shops
from plugin.standing import judged_by, refresh, segment_store
from plugin.tagging import brake, tag_changes

log = structlog.get_logger()

ROWS_AT_ONCE = 1_000

NO_CHANGE = "What it changed follows from your customers' orders. Change the rule, or pin the customer."
UNKNOWN = "What held before it is not known."
ALREADY = "It was undone already."
SWITCHED = "It switched all tags off or on: that is done under Data and permissions."
BUSY = "Something else is under way. Try again when it is done."
CHANGED_SINCE = "Segments or settings were changed again since. Undo that first."


class NotUndone(Exception):
    """This run cannot be undone; the message says why to the merchant."""


def why_not(run: Run, now_by: Mapping[str, Any], *, busy: bool) -> str | None:
    """Why a run cannot be undone, None if it can. `now_by`: what the shop is judged by; `busy`: `is_busy`."""
    by, before = (run.position.get(part) for part in (judged_by.BY, judged_by.BEFORE))
    over = run.state == runs.DONE and runs.SUPERSEDED not in run.position and runs.DECLINED not in run.position
    if run.kind != runs.REFRESH or not over or judged_by.same(by, before):
        return NO_CHANGE
    if by is None or before is None:
        return UNKNOWN
    if runs.UNDONE_BY in run.position:
        return ALREADY
    if by["tagging"] != before["tagging"]:
        return SWITCHED
    if busy:
        return BUSY
    return None if judged_by.same(by, now_by) else CHANGED_SINCE


def is_busy(session: Session, shop_id: int) -> bool:
    """Whether everybody is being judged, or is about to be, or a run waits."""
    todo = (Run.shop_id == shop_id, UNFINISHED_RUN, Run.kind.in_(runs.JUDGING))
    return session.scalar(select(Run.id).where(*todo).limit(1)) is not None


def start(session: Session, shop_id: int, run_id: int, now: datetime) -> None:
    """Undo a run; NotUndone if it cannot be. The caller wakes the stage "run".

    It waits for the merchant's word only if it would change more customers than the run did, whose numbers they saw.
    """
    shops.hold(session, shop_id)
    run = session.get(Run, (shop_id, run_id))
    if run is None:
        raise NotUndone(NO_CHANGE)
    reason = why_not(run, judged_by.now(session, shop_id), busy=is_busy(session, shop_id))
    if reason is not None:
        raise NotUndone(reason)
    judged_by.restore(session, shop_id, run.position[judged_by.BEFORE], now)
    moved = tally.from_json(run.position.get(refresh.MOVED)).customers
    runs.start_refresh(session, shop_id, now, **{runs.UNDOES: run_id, brake.NO_MORE_THAN: moved})
    log.info("run_undone", shop_id=shop_id)


def completed(session: Session, run: Run, now: datetime) -> None:
    """An undo has judged everybody: say so of what it undid, and list what was left to others."""
    undone = session.get(Run, (run.shop_id, run.position.get(runs.UNDOES, 0)))
    if undone is None or runs.SUPERSEDED in run.position:
        return
    undone.position = {**undone.position, runs.UNDONE_BY: run.id}
    rows = list(_left(session, run, undone.created_at, now))
    for start_at in range(0, len(rows), ROWS_AT_ONCE):
        session.connection().execute(insert(TagChange), rows[start_at : start_at + ROWS_AT_ONCE])


def _left(session: Session, run: Run, since: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """What the undo would have written, had nobody else given a tag, or taken it off, since the run that it undoes."""
    shop_id, tags = run.shop_id, segment_store.tags_by_bit(session, run.shop_id)
    mine = (Movement.shop_id == shop_id, Movement.run_id == run.id)
    theirs = and_(Customer.shop_id == shop_id, Customer.customer_id == Movement.customer_id)

    def has(column: Any) -> Any:
        return column.bitwise_rshift(Movement.bit).bitwise_and(1) == 1

    same = (ForeignChange.customer_id == Movement.customer_id, ForeignChange.bit == Movement.bit)
    off = select(ForeignChange.id).where(ForeignChange.shop_id == shop_id, *same, ForeignChange.added.is_(False))
    given = and_(Movement.entered, has(Customer.foreign_tags))
    taken = and_(~Movement.entered, ~has(Customer.applied_tags), off.where(ForeignChange.at >= since).exists())
    query = select(Movement.customer_id, Movement.bit, Movement.entered).join(Customer, theirs)
    for customer_id, bit, entered in session.execute(query.where(*mine, or_(given, taken))):
        tag = [tags[bit]] if bit in tags else []
        parts = {"added": tag if entered else [], "removed": [] if entered else tag}
        said = {"at": now, "outcome": tag_changes.LEFT, "error": None, "run_id": run.id}
        yield {"shop_id": shop_id, "id": new_id(), "customer_id": customer_id, **parts, **said}
