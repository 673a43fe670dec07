"""A person wishes for another try of what failed: tags that Shopify refused, tags that others keep taking off, a run.

The page's activity asks for it, and wakes the stages that it names. Failed deliveries are `inbox.replay`'s.
"""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import PENDING_TAGS, Customer, ForeignChange, Run
from plugin.shop import shops


def refused_tags(session: Session, shop_id: int, now: datetime) -> int:
    """Have what Shopify refused written at once; returns of how many customers. The stage is "sync"."""
    shops.hold(session, shop_id)
    these = (Customer.shop_id == shop_id, PENDING_TAGS, Customer.sync_after > now)
    count = session.scalar(select(func.count()).select_from(Customer).where(*these)) or 0
    session.execute(update(Customer).where(*these).values(sync_after=None))
    return count


def contested_tag(session: Session, shop_id: int, customer_id: int, bit: int) -> bool:
    """Put back a tag that others keep taking off, and count anew from here; False if there is none. "sync" as well."""
    shops.hold(session, shop_id)
    customer = session.get(Customer, (shop_id, customer_id))
    if customer is None or not customer.declined_tags >> bit & 1:
        return False
    customer.declined_tags &= ~(1 << bit)
    theirs = (ForeignChange.shop_id == shop_id, ForeignChange.customer_id == customer_id, ForeignChange.bit == bit)
    session.execute(delete(ForeignChange).where(*theirs))
    return True


def run(session: Session, shop_id: int, run_id: int, now: datetime) -> bool:
    """Ask for a run that failed once more; False if it did not fail. The stage is "run"."""
    shops.hold(session, shop_id)
    failed = session.get(Run, (shop_id, run_id))
    if failed is None or failed.state != runs.FAILED or failed.kind == runs.ERASURE:
        return False
    if failed.kind == runs.REFRESH:
        runs.start_refresh(session, shop_id, now)
    else:
        runs.start(session, shop_id, failed.kind, now)
    return True
