"""What a shop's customers are judged by, kept with every run that judges all of them, so that it can be brought back.

Segments are kept by version: every definition ever saved stays in `segment_versions`. tagging.brake and tagging.undo
bring back, the page's activity says what differs.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugin.db import models
from plugin.db.models import SegmentVersion
from plugin.shop import settings_changes, shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import segment_store

# Settings that say who is in a segment.
SETTINGS = ("counted_statuses", "spend_is_total", "rfm_scale")
# Where a run's position keeps what it judges by, and what was judged by before it.
BY, BEFORE = "by", "before"

Kept = Mapping[str, Any]


def now(session: Session, shop_id: int) -> dict[str, Any]:
    """What holds at this moment, as JSON."""
    shop = shops.get(session, shop_id)
    settings = ShopSettings.of(shop.settings)
    rows = select(models.Segment.bit, models.Segment.version).where(models.Segment.shop_id == shop_id)
    listed = rows.where(models.Segment.removed_at.is_(None)).order_by(models.Segment.position)
    return {
        "segments": [[bit, version] for bit, version in session.execute(listed)],
        "settings": {name: _as_json(getattr(settings, name)) for name in SETTINGS},
        "tagging": shop.tagging_off_at is None,
    }


def definitions(session: Session, shop_id: int, kept: Kept) -> list[dict[str, Any]]:
    """The segments of then, in their order."""
    found = (session.get(SegmentVersion, (shop_id, bit, version)) for bit, version in kept["segments"])
    return [row.definition for row in found if row is not None]


def restore(session: Session, shop_id: int, kept: Kept, at: datetime) -> None:
    """Have the segments and settings of then again, and their histories made anew if other orders count by those.

    The caller asks for everybody to be judged anew. rules.InvalidDefinition if the segments cannot be any more.
    """
    segment_store.save(session, shop_id, definitions(session, shop_id, kept), at)
    settings = dict(kept["settings"]) | {"counted_statuses": frozenset(kept["settings"]["counted_statuses"])}
    settings_changes.make(session, shop_id, at, **settings)


def same(one: Kept | None, other: Kept | None) -> bool:
    """Whether customers are judged alike by both; False if either is not known."""
    if one is None or other is None:
        return False
    return all(one[part] == other[part] for part in ("segments", "settings", "tagging"))


def _as_json(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value
