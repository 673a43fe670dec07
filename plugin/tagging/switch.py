"""Whether we keep tags on a shop's customers at all: a merchant may have every one taken off, to leave or for a while.

Off means that no segment is wanted (standing.segment_store.judged): the ordinary work then takes our tags off, and only
ours.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import TagChange
from plugin.shop import shops

WRITTEN = "written"

REPORT_COLUMNS = ("removed_at", "customer", "tags")
# A spreadsheet takes a cell that begins with one of these for a formula; a quotation mark in front makes it text.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def switch(session: Session, shop_id: int, on: bool, now: datetime) -> bool:
    """Have tags kept, or all of ours taken off; False if that is so already. The caller wakes the stage "run"."""
    shops.hold(session, shop_id)
    shop = shops.get(session, shop_id)
    if on == (shop.tagging_off_at is None):
        return False
    shop.tagging_off_at = None if on else now
    # The page has asked whether this is meant.
    runs.start_refresh(session, shop_id, now, **{runs.PASSED: True})
    return True


def removed(session: Session, shop_id: int) -> Iterator[tuple[datetime, int, list[str]]]:
    """When we took which of our tags off which customer since tags were switched off, oldest first."""
    off_at = shops.get(session, shop_id).tagging_off_at
    if off_at is None:
        return
    written = (TagChange.shop_id == shop_id, TagChange.at >= off_at, TagChange.outcome == WRITTEN)
    changes = select(TagChange).where(*written).order_by(TagChange.at, TagChange.id)
    for change in session.scalars(changes.execution_options(yield_per=1_000)):
        if change.removed:
            yield change.at, change.customer_id, change.removed


def report(session: Session, shop_id: int) -> Iterator[tuple[str, str, str]]:
    """The same as rows for a spreadsheet, by REPORT_COLUMNS: the instant in UTC, the customer's number, the tags."""
    for at, customer_id, tags in removed(session, shop_id):
        cell = ", ".join(tags)
        yield f"{at:%Y-%m-%dT%H:%M:%SZ}", str(customer_id), f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
