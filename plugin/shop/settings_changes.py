"""Changes a shop's settings together with what follows from it. Called for the merchant's page and the command line."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from plugin import runs
from plugin.history import recounting
from plugin.shop import shop_settings
from plugin.tagging import tag_drift

OF_WHAT_COUNTS = frozenset({"counted_statuses", "spend_is_total"})


def make(session: Session, shop_id: int, now: datetime, **values: Any) -> frozenset[str]:
    """Set what is given (fields of ShopSettings) and begin what that asks for; returns what was otherwise before.

    Unacceptable if something cannot be. The caller wakes the stages "run" and "sync".
    """
    changed = shop_settings.change(session, shop_id, **values)
    if changed & OF_WHAT_COUNTS:
        recounting.begin(session, shop_id, now, other_amounts="spend_is_total" in changed)
    elif "rfm_scale" in changed:
        runs.start_refresh(session, shop_id, now)
    if "foreign_removal" in changed:
        tag_drift.follow_choice(session, shop_id)
    return changed
