"""The brake: a run that would change very many customers' tags waits for the merchant's word, and the store with it.

workers.work_on_runs asks `lets_pass` before a run records anything: all are judged once just to count, where they may
be too many. While a run waits nothing is written (tag_changes.is_held); the page confirms or declines it.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import UNFINISHED_RUN, Customer, Movement, Run
from plugin.segments import tally
from plugin.segments.columns import IntArray
from plugin.segments.tally import Tally
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import baselines, judged_by, loading, refresh, segment_store
from plugin.turns import Turn

log = structlog.get_logger()

# What a run's position says: how far it has counted, and what; that it waited for these numbers.
MEASURED, COUNTED, NUMBERS = "measured", "counted", "numbers"
CONFIRMED = "confirmed"
# An undo passes if it changes no more customers than the run it undoes, whose numbers the merchant has seen.
NO_MORE_THAN = "no_more_than"


class NotWaiting(Exception):
    """The run does not wait, or not any more; the message says so to the merchant."""


def lets_pass(run: Run, turn: Turn, until: float) -> bool:
    """Whether a run may record what it finds; False while that is being counted, and when it waits.

    It passes if it was confirmed, if nobody was ever in a segment of the shop (the page has shown the numbers of the
    first), and if it changes the tags of few customers.
    """
    after = _begin(run, turn)
    while after is not None:
        after = _count_some(run, turn, after)
        if after is not None and time.monotonic() >= until:
            return False
    return _verdict(run)


def confirm(session: Session, shop_id: int, run_id: int, now: datetime) -> None:
    """The merchant wants what the run would do. The caller wakes the stage "run"; NotWaiting if it is too late."""
    run = _decidable(session, shop_id, run_id)
    run.state = runs.RUNNING
    run.position = {**run.position, runs.PASSED: True, CONFIRMED: clock_text(now)}
    log.info("run_confirmed", shop_id=shop_id)


def decline(session: Session, shop_id: int, run_id: int, now: datetime) -> None:
    """The merchant wants none of it: what all were judged by before holds again.

    Where that is not known, or was the same, the segments that would have changed are switched off. The run goes on
    holding the shop until everybody is judged by that. The caller wakes the stage "run".
    """
    run = _decidable(session, shop_id, run_id)
    before = run.position.get(judged_by.BEFORE)
    if before is not None and not judged_by.same(before, run.position.get(judged_by.BY)):
        judged_by.restore(session, shop_id, before, now)
    else:
        _switch_off(session, shop_id, run.position[NUMBERS], now)
    run.position = {**run.position, runs.DECLINED: clock_text(now)}
    runs.start_refresh(session, shop_id, now, **{runs.PASSED: True, "after_decline": True})
    log.info("run_declined", shop_id=shop_id)


def completed(session: Session, run: Run, now: datetime) -> None:
    """A run has judged everybody: that is what counts from now on, and whatever waited before it is over."""
    if runs.SUPERSEDED in run.position or judged_by.BY not in run.position:
        return
    shops.get(session, run.shop_id).judged_by = run.position[judged_by.BY]
    _end_older(session, run, now)


def numbers(run: Run) -> dict[str, Any] | None:
    """What a run waits, or waited, with: `customers` of `of`, tags `added` and `removed` with how often."""
    found: dict[str, Any] | None = run.position.get(NUMBERS)
    return found


def clock_text(instant: datetime) -> str:
    """An instant in a run's position."""
    return instant.isoformat()


def _begin(run: Run, turn: Turn) -> int | None:
    """Write down what the run judges by; the customer to go on counting behind, None if nothing is to be counted."""
    with db.write() as session:
        shops.hold(session, run.shop_id)
        turn.renew(session)
        row = session.get_one(Run, (run.shop_id, run.id))
        if judged_by.BY not in row.position:
            shop = shops.get(session, run.shop_id)
            kept = {judged_by.BY: judged_by.now(session, run.shop_id), judged_by.BEFORE: shop.judged_by}
            row.position = {**row.position, **kept}
        if row.position.get(runs.PASSED):
            return None
        if not _may_be_too_many(session, row):
            row.position = {**row.position, runs.PASSED: True}
            return None
        if MEASURED not in row.position:
            baselines.begin(session, run.shop_id)
        runs.begin(row, "counting", clock.now())
        measured: int = row.position.get(MEASURED, 0)
        return measured


def _may_be_too_many(session: Session, run: Run) -> bool:
    shop = shops.get(session, run.shop_id)
    if shop.imported_at is None or shop.tagging_off_at is not None:
        return False  # nobody is judged; or the merchant has had all tags taken off, which is no change of mind
    moved = select(Movement.id).where(Movement.shop_id == run.shop_id).limit(1)
    if session.scalar(moved) is None:
        return False
    return segment_store.customer_count(session, run.shop_id) >= ShopSettings.of(shop.settings).brake_least


def _count_some(run: Run, turn: Turn, after: int) -> int | None:
    """Judge some more customers just to count; the last of them, None at the end or if that has become idle."""
    with db.read() as session:
        row = session.get_one(Run, (run.shop_id, run.id))
        if runs.is_superseded(session, row):
            return None
        now, total = clock.now(), segment_store.customer_count(session, run.shop_id)
        rules = refresh.rules_of(session, run.shop_id, now)
        loaded = loading.following(session, run.shop_id, after, refresh.CHUNK, rules.needs, now)
        standing, found = refresh.judge(session, row, loaded, rules)
        ids = standing.customer_ids
        ours = ~_of_others(session, run.shop_id, ids) if len(ids) else ids
        counted = tally.of(standing.wanted_tags & ours, found.memberships & ours)
    last = int(ids[-1]) if len(ids) else None
    with db.write() as session:
        turn.renew(session)
        row = session.get_one(Run, (run.shop_id, run.id))
        counted += tally.from_json(row.position.get(COUNTED))
        row.position = {**row.position, COUNTED: counted.as_json(), MEASURED: after if last is None else last}
        runs.show(row, "counting", row.done_count + len(ids) if after else len(ids), total, clock.wall())
    return last


def _of_others(session: Session, shop_id: int, ids: IntArray) -> IntArray:
    """By customer, the tags that are not ours to write whatever we want: others gave them, or took them off."""
    masks = np.zeros(len(ids), np.int64)
    theirs = Customer.foreign_tags.bitwise_or(Customer.declined_tags)
    between = (Customer.customer_id >= int(ids[0]), Customer.customer_id <= int(ids[-1]))
    query = select(Customer.customer_id, theirs).where(Customer.shop_id == shop_id, theirs != 0, *between)
    for customer_id, mask in session.execute(query):
        place = int(np.searchsorted(ids, customer_id))
        if ids[place] == customer_id:
            masks[place] = mask
    return masks


def _verdict(run: Run) -> bool:
    with db.write() as session:
        shops.hold(session, run.shop_id)
        row = session.get_one(Run, (run.shop_id, run.id))
        if row.position.get(runs.PASSED) or runs.is_superseded(session, row):
            return True
        counted = tally.from_json(row.position.get(COUNTED))
        total = segment_store.customer_count(session, run.shop_id)
        settings = ShopSettings.of(shops.get(session, run.shop_id).settings)
        few = counted.customers < settings.brake_least or counted.customers <= settings.brake_share * total
        if few or counted.customers <= row.position.get(NO_MORE_THAN, 0):
            row.position = {**row.position, runs.PASSED: True}
            return True
        row.state, row.stage = runs.WAITING, ""
        row.position = {**row.position, NUMBERS: _said(session, run.shop_id, counted, total, clock.now())}
        _end_older(session, row, clock.now())
    log.warning("run_waits", shop_id=run.shop_id, customers=counted.customers, of=total)
    return False


def _said(session: Session, shop_id: int, counted: Tally, total: int, now: datetime) -> dict[str, Any]:
    """In tags, because bits may be another segment's by the time it is read."""
    tags = segment_store.tags_by_bit(session, shop_id)

    def by_tag(counts: Mapping[int, int]) -> dict[str, int]:
        return {tags[bit]: count for bit, count in sorted(counts.items()) if bit in tags}

    numbers = {"added": by_tag(counted.added), "removed": by_tag(counted.removed)}
    return {"at": clock_text(now), "customers": counted.customers, "of": total, **numbers}


def _end_older(session: Session, run: Run, now: datetime) -> None:
    mine = (Run.shop_id == run.shop_id, UNFINISHED_RUN, Run.state == runs.WAITING, Run.id != run.id)
    for row in session.scalars(select(Run).where(*mine)):
        if runs.DECLINED not in row.position:
            row.position = {**row.position, runs.SUPERSEDED: True}
        runs.finish(row, now)


def _decidable(session: Session, shop_id: int, run_id: int) -> Run:
    shops.hold(session, shop_id)
    run = session.get(Run, (shop_id, run_id))
    if run is None or run.state != runs.WAITING or runs.DECLINED in run.position:
        raise NotWaiting("This change does not wait for you any more.")
    todo = (Run.shop_id == shop_id, UNFINISHED_RUN, Run.state != runs.WAITING)
    if session.scalar(select(Run.id).where(*todo, Run.kind.in_(runs.JUDGING)).limit(1)) is not None:
        raise NotWaiting("Something was changed since. Its numbers will be shown here in a moment.")
    return run


def _switch_off(session: Session, shop_id: int, waited_with: Mapping[str, Any], now: datetime) -> None:
    changing = {*waited_with["added"], *waited_with["removed"]}
    for segment in segment_store.active(session, shop_id):
        if segment.on and segment.tag in changing:
            segment_store.switch(session, shop_id, segment.bit, False, now)
