"""Long pieces of work: importing the history, counting it anew and refreshing the whole shop, which a merchant can
watch; comparing its tags and its orders with Shopify's; reading answers from metafields; erasing it.

A run is a row with a state and a position; workers.work_on_runs takes it further until it is finished. One that waits
for the merchant is left alone.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import time_left
from plugin.db.models import UNFINISHED_RUN, Run
from plugin.db.scope import ALL_SHOPS
from plugin.db.types import from_microseconds, to_microseconds

IMPORT, RECOUNT, REFRESH, ERASURE = "import", "recount", "refresh", "erasure"
COMPARISON, RECONCILIATION, ANSWERS, MIRROR = "comparison", "reconciliation", "answers", "mirror"
# A merchant need not hear of these every night or week.
QUIET = (COMPARISON, RECONCILIATION, ANSWERS, MIRROR)
# Nobody waits for these: whatever else a shop has to do comes first.
GIVES_WAY = (COMPARISON, ANSWERS, MIRROR)
# What ends with everybody judged anew.
JUDGING = (IMPORT, RECOUNT, REFRESH)
QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
# Would change the tags of so many customers that the merchant is asked first (tagging.brake).
WAITING = "waiting"
# What a run's position says of it: it may change the tags of however many; everybody is judged anew after it anyway;
# the merchant wants none of it; which run it undoes, which one undid it.
PASSED, SUPERSEDED, DECLINED, UNDOES, UNDONE_BY = "passed", "superseded", "declined", "undoes", "undone_by"
# Where a run's position holds the last customer or order it has dealt with.
# The parts of an import (history.backfill) after which it lists the orders anew if their lines are wanted by then.
LISTS_ORDERS_YET = ("customers", "orders")
GOES_ON_AFTER = ("after", "packed", "sorted", "looked_at", "measured")


def start(session: Session, shop_id: int, kind: str, now: datetime) -> None:
    """Ask for a run, unless one of its kind is under way."""
    if not _unfinished(session, shop_id, kind):
        session.add(Run(shop_id=shop_id, kind=kind, state=QUEUED, created_at=now, position={}))


def start_import(session: Session, shop_id: int, now: datetime) -> None:
    """Ask for the shop's history, unless that is under way."""
    start(session, shop_id, IMPORT, now)


def start_import_of_lines(session: Session, shop_id: int, now: datetime) -> None:
    """Ask for the shop's history with the lines of orders, unless an import is under way that has yet to list them."""
    unfinished = _unfinished(session, shop_id, IMPORT)
    if not any(run.position.get("part", "customers") in LISTS_ORDERS_YET for run in unfinished):
        session.add(Run(shop_id=shop_id, kind=IMPORT, state=QUEUED, created_at=now, position={}))


def start_refresh(session: Session, shop_id: int, now: datetime, **said: Any) -> Run | None:
    """Ask for every customer to be judged anew. One that has not begun yet serves for this call as well, unless
    something is `said` of this one or was of that. Returns the run if it is a new one.
    """
    queued = [run for run in _unfinished(session, shop_id, REFRESH) if run.state == QUEUED]
    if not said and any(not run.position for run in queued):
        return None
    run = Run(shop_id=shop_id, kind=REFRESH, state=QUEUED, created_at=now, position=said)
    session.add(run)
    session.flush()
    return run


def start_refresh_if_none(session: Session, shop_id: int, now: datetime) -> None:
    """Ask for every customer to be judged anew, unless that is about to begin, whatever was said of it."""
    if not any(run.state == QUEUED for run in _unfinished(session, shop_id, REFRESH)):
        start_refresh(session, shop_id, now)


def is_superseded(session: Session, run: Run) -> bool:
    """Whether everybody will be judged anew after this run, because something was changed since it began."""
    return is_being_recounted(session, run.shop_id) or any(
        other.state == QUEUED and other.id != run.id for other in _unfinished(session, run.shop_id, REFRESH)
    )


def next_run(session: Session, shop_id: int) -> Run | None:
    """What to work on: the shop's oldest unfinished run; some give way to all others, and judging to counting anew."""
    todo = (Run.shop_id == shop_id, UNFINISHED_RUN, Run.state != WAITING)
    behind = (*GIVES_WAY, REFRESH) if is_being_recounted(session, shop_id) else GIVES_WAY
    return session.scalar(select(Run).where(*todo).order_by(Run.kind.in_(behind), Run.created_at).limit(1))


def waiting(session: Session, shop_id: int) -> Run | None:
    """The run that waits for the merchant's word, the newest if there are several."""
    mine = (Run.shop_id == shop_id, UNFINISHED_RUN, Run.state == WAITING)
    found = session.scalars(select(Run).where(*mine).order_by(Run.created_at.desc()))
    # One that was declined holds the shop until everybody is judged by what was before.
    return next((run for run in found if DECLINED not in run.position), None)


def begin(run: Run, stage: str, now: datetime) -> None:
    """The run is being worked on; `stage` is what the page calls it."""
    run.state = RUNNING
    run.stage = stage
    run.started_at = run.started_at or now


def show(run: Run, stage: str, done: int, total: int | None, now: datetime) -> None:
    """How far the run is with a stage. When that was first shown, and how far it was, is kept for `time_left`."""
    pace = run.position.get("pace", {})
    if pace.get("stage") != stage or done < pace["done"]:
        run.position = {**run.position, "pace": {"stage": stage, "at": to_microseconds(now), "done": done}}
    run.stage, run.done_count, run.total_count = stage, done, total


def left(run: Run, now: datetime) -> str:
    """How long the stage will still take, in words; empty if there is no telling (yet). `now` as it was for `show`."""
    pace = run.position.get("pace", {})
    if run.state != RUNNING or pace.get("stage") != run.stage:
        return ""
    seconds = (now - from_microseconds(pace["at"])).total_seconds()
    return time_left.in_words(pace["done"], run.done_count, run.total_count, seconds)


def of(session: Session, shop_id: int, most: int) -> list[Run]:
    """The shop's runs that were asked for last, the newest first."""
    return list(session.scalars(select(Run).where(Run.shop_id == shop_id).order_by(Run.created_at.desc()).limit(most)))


def finish(run: Run, now: datetime, error: str | None = None) -> None:
    """The run is over, well or with the reason why not."""
    run.state = FAILED if error else DONE
    run.error = error
    run.finished_at = now


def abandon(session: Session, shop_id: int, now: datetime, reason: str) -> None:
    """End what is under way but an erasure: there is nobody left to do it for."""
    for run in session.scalars(select(Run).where(Run.shop_id == shop_id, Run.kind != ERASURE, UNFINISHED_RUN)):
        finish(run, now, reason)


def forget(session: Session, shop_id: int, erased: set[int]) -> None:
    """Let no run's place name what was erased: to go on after the number before is the same."""
    for run in session.scalars(select(Run).where(Run.shop_id == shop_id)):
        moved = {name: _before(place, erased) for name in GOES_ON_AFTER if (place := run.position.get(name)) in erased}
        if moved:
            run.position = {**run.position, **moved}


def is_being_recounted(session: Session, shop_id: int) -> bool:
    """Whether some histories were made by the settings before, some by those of now."""
    return bool(_unfinished(session, shop_id, RECOUNT))


def is_being_erased(session: Session, shop_id: int) -> bool:
    """Whether the shop's data is on its way out."""
    return bool(_unfinished(session, shop_id, ERASURE))


def latest(session: Session, shop_id: int) -> Run | None:
    """The run a merchant wants to hear about: the one being worked on, else the newest."""
    told = (Run.shop_id == shop_id, Run.kind.not_in(QUIET))
    under_way = (*told, UNFINISHED_RUN, Run.state != WAITING)
    current = session.scalar(select(Run).where(*under_way).order_by(Run.created_at).limit(1))
    if current is not None:
        return current
    return session.scalar(select(Run).where(*told).order_by(Run.created_at.desc()).limit(1))


def newest(session: Session, shop_id: int, kind: str) -> Run:
    """The run of a kind that was asked for last; there must be one."""
    found = latest_of(session, shop_id, kind)
    if found is None:
        raise LookupError(f"No {kind} was ever asked for")
    return found


def latest_of(session: Session, shop_id: int, kind: str) -> Run | None:
    """The run of a kind that was asked for last, if any."""
    mine = (Run.shop_id == shop_id, Run.kind == kind)
    return session.scalar(select(Run).where(*mine).order_by(Run.created_at.desc()).limit(1))


def shops_waiting(session: Session) -> list[int]:
    """Shops with unfinished runs, for the sweep."""
    todo = select(Run.shop_id).where(UNFINISHED_RUN, Run.state != WAITING).distinct()
    return list(session.scalars(todo.execution_options(**ALL_SHOPS)))


def _unfinished(session: Session, shop_id: int, kind: str) -> list[Run]:
    todo = (Run.shop_id == shop_id, Run.kind == kind, UNFINISHED_RUN, Run.state != WAITING)
    return list(session.scalars(select(Run).where(*todo)))


def _before(number: int, erased: set[int]) -> int:
    while number in erased:
        number -= 1
    return number
