"""Runs a stage's work for one shop: one process at a time, and an owner for whatever stops it."""

from collections.abc import Callable

import structlog
from sqlalchemy.exc import NoResultFound

from plugin import clock, queues, turns, work_left
from plugin.db import session as db
from plugin.db.models import Shop
from plugin.shop import shops
from plugin.shopify import errors
from plugin.turns import Turn, TurnLost

log = structlog.get_logger()

# What is done for a shop that removed the app: what it has told us is heard to the end, its old rows are
# dropped like everybody's, and its data is erased.
AFTER_UNINSTALL = {"notice", "drain", "heard", "run", "prune"}


def run(stage: str, shop_id: int, work: Callable[[Turn], bool]) -> None:
    """Do a stage's work for a shop, unless another process is at it. `work` returns whether more is left.

    1. Say that we are awake, then take the turn. 2. Work. 3. Give the turn back. 4. Look once more: a job that came
    while we had the turn has left it to us. What fails for now, and what came for a stage that rests, the minute sweep
    finds again.
    """
    queues.awake(stage, shop_id)
    shop = _shop(shop_id)
    if shop is None or (shop.uninstalled_at is not None and stage not in AFTER_UNINSTALL):
        return
    turn = turns.take(shop_id, stage)
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
        except NoResultFound:
            if _shop(shop_id) is not None:
                raise
            log.info("shop_erased_meanwhile")
        except errors.UNREADABLE:
            log.exception("job_failed")
        else:
            if more or (not queues.STAGES[stage].rest_seconds and _left(stage, shop_id)):
                queues.wake(stage, shop_id)


def _shop(shop_id: int) -> Shop | None:
    with db.read() as session:
        return session.get(Shop, shop_id)


def _left(stage: str, shop_id: int) -> bool:
    with db.read() as session:
        return work_left.at(session, shop_id, stage, clock.now())


def _stopped(shop: Shop, error: errors.ShopifyError) -> None:
    """Say what stopped us where it can be seen: in the log, with who can mend it, and on the merchant's page."""
    if isinstance(error, errors.Paused | errors.Uninstalled):
        return
    shops.note_failed(shop.id, error)
    say = log.warning if error.owner is errors.Owner.NOBODY else log.error
    say("shopify_failed", kind=type(error).__name__, owner=str(error.owner), reason=str(error))
