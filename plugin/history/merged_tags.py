"""Whose the tags of two customers are once they have become one. Part of what the ledger does about a merge.

Messages come in any order: that of the tags which a merge brought may come before that of the merge.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from plugin.db.models import Customer, ForeignChange

# What Shopify tells of one thing that happened it tells in the same breath, and nobody says in which order.
IN_THE_SAME_BREATH = timedelta(seconds=5)


def hand_over(session: Session, gone: Customer, kept: Customer, at: datetime | None) -> None:
    """Both customers' tags are the kept one's. One that a merchant gave either is the merchant's, whatever we wrote.

    `at` is when they were merged, if that is known.
    """
    if at is not None:
        kept.foreign_tags &= ~_brought(session, gone, kept, at)
    kept.foreign_tags |= gone.foreign_tags
    kept.declined_tags |= gone.declined_tags
    kept.applied_tags = (kept.applied_tags | gone.applied_tags) & ~kept.foreign_tags
    kept.unsure_tags = (kept.unsure_tags | gone.unsure_tags) & ~kept.foreign_tags


def _brought(session: Session, gone: Customer, kept: Customer, at: datetime) -> int:
    """The tags of ours that came to the kept customer by the merge, and were heard of before it: nobody gave them.

    Who was given one earlier had it when they were merged, and nothing was told of it then.
    """
    ours = kept.foreign_tags & (gone.applied_tags | gone.unsure_tags) & ~gone.foreign_tags
    if not ours:
        return 0
    theirs = (ForeignChange.shop_id == kept.shop_id, ForeignChange.customer_id == kept.customer_id)
    since = (*theirs, ForeignChange.added.is_(True), ForeignChange.at >= at - IN_THE_SAME_BREATH)
    bits = {bit for bit in session.scalars(select(ForeignChange.bit).where(*since)) if ours >> bit & 1}
    session.execute(delete(ForeignChange).where(*since, ForeignChange.bit.in_(bits)))
    return sum(1 << bit for bit in bits)
