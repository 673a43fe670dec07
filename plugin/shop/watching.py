"""Which trouble a shop has that its merchant should hear of, looked at by workers.watch_shops every hour."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import PENDING_TAGS, Customer, Shop
from plugin.deliveries import inbox
from plugin.shop import warnings


def troubles(session: Session, shop: Shop, now: datetime) -> set[str]:
    """The kinds of trouble (plugin.shop.warnings) there are at the moment."""
    found = {
        warnings.BRAKE: runs.waiting(session, shop.id) is not None,
        warnings.TOKEN: shop.token_error is not None or (shop.paused_until is not None and shop.paused_until > now),
        warnings.TAGS: _refused(session, shop.id, now),
        warnings.DELIVERIES: inbox.failed_count(session, shop.id) > 0,
        warnings.IMPORT: _import_failed(session, shop.id),
    }
    return {kind for kind, there in found.items() if there}


def _refused(session: Session, shop_id: int, now: datetime) -> bool:
    theirs = (Customer.shop_id == shop_id, PENDING_TAGS, Customer.sync_after > now)
    return session.scalar(select(Customer.customer_id).where(*theirs).limit(1)) is not None


def _import_failed(session: Session, shop_id: int) -> bool:
    run = runs.latest_of(session, shop_id, runs.IMPORT)
    return run is not None and run.state == runs.FAILED
