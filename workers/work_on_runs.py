"""Takes a shop's oldest unfinished run further: an import, counting the orders or judging every customer anew,
comparing with Shopify, reading answers from metafields, or erasing the shop."""

import time
from collections.abc import Callable

import structlog

from plugin import clock, queues, runs
from plugin.db import session as db
from plugin.db.models import Run
from plugin.history import backfill, metafields, reconcile, recounting
from plugin.history.listing import BeingPrepared
from plugin.shop import privacy, shops
from plugin.shopify import errors
from plugin.standing import category_needs, mirror_needs, mirroring, refresh
from plugin.tagging import brake, tag_comparison, undo
from plugin.turns import Turn
from workers import turn

log = structlog.get_logger()

# Then the other shops get their turn, and who wants the worker to stop does not wait for long.
SECONDS_A_JOB = 10
# While Shopify prepares a file there is nothing to do but to ask again.
POLL_SECONDS = 0.5
POLLS_A_JOB = 10
# Runs that are done with the list that Shopify makes.
LISTS: dict[str, Callable[[Run, Turn, float], bool]] = {
    runs.COMPARISON: tag_comparison.advance,
    runs.RECONCILIATION: reconcile.advance,
    runs.ANSWERS: metafields.advance,
    runs.MIRROR: mirroring.advance,
}


def work_on_runs(shop_id: int) -> None:
    """Work on the shop's next run until it is finished, or Shopify needs more time."""

    def work(mine: Turn) -> bool:
        with db.read() as session:
            run = runs.next_run(session, shop_id)
        return run is not None and _go_on(run, mine)

    turn.run("run", shop_id, work)


def _go_on(run: Run, mine: Turn) -> bool:
    """Take a run further; returns whether more is left of it. What a run cannot get over ends it, with the reason."""
    if run.kind == runs.ERASURE:
        privacy.erase_shop(run, mine)
        log.info("shop_erased")
        return False
    try:
        finished = _work(run, mine)
    except errors.ShopifyError as error:
        if not error.transient:
            _finish(run, str(error))
        raise
    except errors.UNREADABLE as error:
        # Shopify's data or our reading of it: asking for the same again would end the same.
        log.exception("run_failed", run=run.kind)
        _finish(run, f"Something in the data could not be read ({type(error).__name__})")
        return False
    if finished:
        _finish(run)
        queues.wake("run" if run.kind == runs.RECOUNT else "sync", run.shop_id)
        if run.kind in (runs.IMPORT, runs.REFRESH):
            queues.wake("days", run.shop_id)
    return not finished


def _work(run: Run, mine: Turn) -> bool:
    if run.kind in LISTS:
        return _list(run, mine, LISTS[run.kind])
    if run.kind == runs.RECOUNT:
        return recounting.advance(run, mine, time.monotonic() + SECONDS_A_JOB)
    judging = {"after", brake.MEASURED, runs.PASSED} & run.position.keys()
    if run.kind == runs.IMPORT and not judging and not _list(run, mine, backfill.advance):
        return False
    if not judging:
        _prepare(run.shop_id)
    until = time.monotonic() + SECONDS_A_JOB
    if not brake.lets_pass(run, mine, until):
        return False
    cause = "import" if run.kind == runs.IMPORT else "settings"
    return refresh.refresh_shop(run, mine, cause, until)


def _prepare(shop_id: int) -> None:
    """Begin what the shop's segments need besides orders; those that need it wait for it."""
    with db.write() as session:
        shops.hold(session, shop_id)
        category_needs.prepare(session, shop_id, clock.now())
        mirror_needs.prepare(session, shop_id, clock.now())
    queues.wake("products", shop_id)


def _list(run: Run, mine: Turn, advance: Callable[[Run, Turn, float], bool]) -> bool:
    """Do what begins with a list that Shopify makes; True at its end."""
    stage = "ordering" if run.kind == runs.IMPORT else "comparing"
    with db.write() as session:
        runs.begin(session.get_one(Run, (run.shop_id, run.id)), run.stage or stage, clock.now())
    until = time.monotonic() + SECONDS_A_JOB
    for _ in range(POLLS_A_JOB):
        try:
            return advance(run, mine, until)
        except BeingPrepared:
            time.sleep(POLL_SECONDS)
    return False


def _finish(run: Run, error: str | None = None) -> None:
    with db.write() as session:
        row = session.get_one(Run, (run.shop_id, run.id))
        runs.finish(row, clock.now(), error)
        if error is None:
            brake.completed(session, row, clock.now())
            undo.completed(session, row, clock.now())
    log.info("run_finished", run=run.kind, error=error)
