"""Fetches the members of mirrored segments of Shopify's, and clears mirrors that nobody asks for. A run like others
(plugin.runs), taken further by workers.work_on_runs: when a segment first asks for one, and every night.

Each page and the place behind it are one transaction: a killed run goes on from there.
"""

import time
from datetime import datetime

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Mirror, Run
from plugin.db.types import from_microseconds, to_microseconds
from plugin.shop import shops
from plugin.shopify import errors, segments
from plugin.standing import mirror_members, mirrors
from plugin.turns import Turn

log = structlog.get_logger()

# What a comparison does, one after the other: forget what an earlier one saw, see everybody who is in the segment, let
# those go who are not, forget again.
CLEARING, SEEING, LEAVING, FORGETTING = "clearing", "seeing", "leaving", "forgetting"


def advance(run: Run, turn: Turn, until: float) -> bool:
    """Take the run further for as long as time.monotonic() is below `until`; True when no mirror is left to do.

    Raises the ShopifyError tree; what Shopify refuses of one segment is noted with its mirror.
    """
    while True:
        turn.renew()
        with db.read() as session:
            mirror = _next(session, run)
        if mirror is None:
            return True
        if mirror.dropped_at is not None:
            if run.position.get("mirror") == mirror.bit:
                _move(run, {})
            _drop(mirror)
        else:
            _step(run, mirror)
        if time.monotonic() >= until:
            return False


def _next(session: Session, run: Run) -> Mirror | None:
    """The mirror being compared; else one that is to be dropped, or was not compared since the run was asked for."""
    mine = (Mirror.shop_id == run.shop_id,)
    begun = session.get(Mirror, (run.shop_id, run.position.get("mirror", -1)))
    if begun is not None and begun.dropped_at is None:
        return begun
    due = or_(Mirror.dropped_at.is_not(None), Mirror.tried_at.is_(None), Mirror.tried_at < run.created_at)
    return session.scalar(select(Mirror).where(*mine, due).order_by(Mirror.dropped_at.is_(None), Mirror.bit).limit(1))


def _drop(mirror: Mirror) -> None:
    with db.write() as session:
        shops.hold(session, mirror.shop_id)
        row = session.get(Mirror, (mirror.shop_id, mirror.bit))
        if row is not None and row.dropped_at is not None:
            mirror_members.drop_some(session, row)


def _step(run: Run, mirror: Mirror) -> None:
    """One step of a comparison, in one transaction with its place."""
    if run.position.get("mirror") != mirror.bit:
        _move(run, {"mirror": mirror.bit, "part": CLEARING, "began": to_microseconds(clock.now())})
    part, began = run.position["part"], from_microseconds(run.position["began"])
    if part == SEEING:
        _see(run, mirror, began)
        return
    with db.write() as session:
        shops.hold(session, run.shop_id)
        row = session.get_one(Mirror, (mirror.shop_id, mirror.bit))
        if part == LEAVING:
            last = mirror_members.let_go(session, row, run.position.get("after", 0), began, clock.now())
            _moved(session, run, {"part": FORGETTING} if last is None else {"after": last})
        elif not mirror_members.forget_marks(session, row, began):
            if part == CLEARING:
                # Everything from here on counts from now: clearing may have taken a while.
                _moved(session, run, {"part": SEEING, "began": to_microseconds(clock.now())})
            else:
                _finish(session, run, row, began)


def _see(run: Run, mirror: Mirror, began: datetime) -> None:
    client, cursor = shops.admin_client(run.shop_id), run.position.get("cursor")
    try:
        if cursor is None:
            found = segments.find(client, mirror.segment_id)
            if found is None:
                _fail(run, mirror, mirrors.DELETED)
                return
            _name(mirror, found.name)
        page = segments.members(client, mirror.segment_id, cursor)
    except errors.QueryRefused as error:
        if cursor is not None and not run.position.get("again"):
            # A place in a list may be forgotten: once, the list is begun anew.
            _move(run, {**_place(run), "cursor": None, "again": True})
            return
        _fail(
            run,
            mirror,
            mirrors.UNREADABLE.format(reason=str(error).partition(": ")[2].rstrip(".") or "no reason given"),
        )
        return
    shops.note_answered(run.shop_id)
    with db.write() as session:
        shops.hold(session, run.shop_id)
        row = session.get_one(Mirror, (mirror.shop_id, mirror.bit))
        mirror_members.fold_page(session, row, page.customer_ids, began, clock.now())
        seen = {"seen": run.position.get("seen", 0) + len(page.customer_ids)}
        _moved(session, run, seen | ({"part": LEAVING} if page.cursor is None else {"cursor": page.cursor}), page.total)


def _finish(session: Session, run: Run, row: Mirror, began: datetime) -> None:
    first = row.refreshed_at is None
    row.refreshed_at, row.tried_at, row.error = began, clock.now(), None
    row.members = mirror_members.count(session, row)
    _set(session, run, {})
    if first:
        # Segments that waited for it can be judged.
        runs.start_refresh(session, run.shop_id, clock.now())
    log.info("segment_mirrored", shop_id=run.shop_id, segment=row.segment_id, members=row.members)


def _fail(run: Run, mirror: Mirror, reason: str) -> None:
    """Who was in it stays in it: a merchant may have deleted the segment by mistake."""
    log.warning("segment_not_mirrored", shop_id=run.shop_id, segment=mirror.segment_id, reason=reason)
    with db.write() as session:
        shops.hold(session, run.shop_id)
        row = session.get_one(Mirror, (mirror.shop_id, mirror.bit))
        row.tried_at, row.error = clock.now(), reason[:500]
        _set(session, run, {})


def _name(mirror: Mirror, name: str) -> None:
    if mirror.name != name[:255]:
        with db.write() as session:
            session.get_one(Mirror, (mirror.shop_id, mirror.bit)).name = name[:255]


def _place(run: Run) -> dict[str, object]:
    return {name: run.position[name] for name in ("mirror", "part", "began")}


def _move(run: Run, position: dict[str, object]) -> None:
    with db.write() as session:
        _set(session, run, position)


def _moved(session: Session, run: Run, moved: dict[str, object], total: int | None = None) -> None:
    _set(session, run, {**run.position, **moved}, total)


def _set(session: Session, run: Run, position: dict[str, object], total: int | None = None) -> None:
    row = session.get_one(Run, (run.shop_id, run.id))
    row.position = run.position = position
    row.done_count, row.total_count = int(str(position.get("seen", 0))), total or row.total_count
