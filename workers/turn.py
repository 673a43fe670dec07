"""Runs a stage's work for one shop: one process at a time, and an owner for whatever stops it."""

from collections.abc import Callable

import structlog

from plugin import clock, queues, shops, turns, work_left
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shopify import errors
from plugin.turns import Turn, TurnLost

log = structlog.get_logger()


def run(stage: str, shop_id: int, work: Callable[[Turn], bool]) -> None:
    """Do a stage's work for a shop, unless another process is at it. `work` returns whether more is left.

    1. Say that we are awake, then take the turn. 2. Work. 3. Give the turn back. 4. Look once more: a job that came
    while we had the turn has left it to us. What fails for now, the minute sweep finds again.
    """
    queues.awake(stage, shop_id)
    with db.read() as session:
        shop = shops.get(session, shop_id)
    turn = None if shop.uninstalled_at is not None else turns.take(shop_id, stage)
    if turn is None:
        return
    with structlog.contextvars.bound_contextvars(shop=shop.domain, stage=stage):
        try:
            with turn:
                more = work(turn)
        except TurnLost:
            log.warning("turn_lost")
        except errors.ShopifyError as error:
            _stopped(shop, error)
        else:
            if more or _left(stage, shop_id):
                queues.wake(stage, shop_id)


def _left(stage: str, shop_id: int) -> bool:
    with db.read() as session:
        return work_left.at(session, shop_id, stage, clock.now())


def _stopped(shop: Shop, error: errors.ShopifyError) -> None:
    """Say what stopped us where it can be seen: in the log, and on the page if waiting will not mend it."""
    if isinstance(error, errors.Paused):
        return
    if isinstance(error, errors.TokenRejected):
        shops.note_token_rejected(shop.id, str(error))
        log.error("token_rejected", reason=str(error))
    elif error.pause:
        shops.note_refused(shop.id, str(error), clock.now() + error.pause)
        log.error("shopify_refused", kind=type(error).__name__, reason=str(error))
    else:
        log.warning("interrupted", kind=type(error).__name__, reason=str(error))
