"""Takes a shop's oldest unfinished run further: an import, or judging every customer anew."""

import time

import structlog

from plugin import backfill, clock, queues, refresh, runs, shops
from plugin.db import session as db
from plugin.db.models import Run
from plugin.shopify import errors

log = structlog.get_logger()

# While Shopify prepares a file there is nothing to do but to ask again.
POLL_SECONDS = 0.5
POLLS_A_JOB = 10


def work_on_runs(shop_id: int) -> None:
    """Work on the shop's next run until it is finished, or Shopify needs more time."""
    queues.awake("run", shop_id)
    with db.read() as session:
        run = runs.next_run(session, shop_id)
    if run is None:
        return
    try:
        finished = _work(shop_id, run)
    except errors.ShopifyError as error:
        _stopped(shop_id, run, error)
        return
    if finished:
        with db.write() as session:
            runs.finish(session.get_one(Run, (shop_id, run.id)), clock.now())
        log.info("run_finished", shop_id=shop_id, run=run.kind)
        queues.wake("sync", shop_id)
    queues.wake("run", shop_id)


def _work(shop_id: int, run: Run) -> bool:
    if run.kind == runs.IMPORT and "after" not in run.position and not _import(shop_id, run):
        return False
    refresh.refresh_shop(shop_id, run, cause="import" if run.kind == runs.IMPORT else "settings")
    return True


def _import(shop_id: int, run: Run) -> bool:
    with db.write() as session:
        runs.begin(session.get_one(Run, (shop_id, run.id)), run.stage or "ordering", clock.now())
    client = shops.admin_client(shop_id)
    for _ in range(POLLS_A_JOB):
        if backfill.advance(client, shop_id, run):
            return True
        time.sleep(POLL_SECONDS)
    return False


def _stopped(shop_id: int, run: Run, error: errors.ShopifyError) -> None:
    """A passing fault leaves the run as it is, for the sweep; anything else ends it with its reason."""
    log.warning("run_interrupted", shop_id=shop_id, run=run.kind, kind=type(error).__name__, reason=str(error))
    if isinstance(error, errors.TokenRejected):
        shops.note_token_rejected(shop_id, str(error))
    if not error.transient:
        with db.write() as session:
            runs.finish(session.get_one(Run, (shop_id, run.id)), clock.now(), str(error))
