"""Each shop's newest baseline (plugin.segments.baseline), written when a whole shop was judged, and all else of a store
that its customers are judged by.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from plugin import money
from plugin.db import models
from plugin.db.models import Shop
from plugin.segments import columns
from plugin.segments.baseline import Baseline
from plugin.segments.customers import Store
from plugin.shop.shop_settings import ShopSettings


@dataclass(frozen=True, slots=True)
class Stored:
    """A baseline, and when it was worked out."""

    computed_at: datetime
    baseline: Baseline


def store(session: Session, shop_id: int) -> Store:
    """What the shop's customers are judged by."""
    shop = session.get_one(Shop, shop_id)
    stored = latest(session, shop_id)
    return Store(
        baseline=stored.baseline if stored else None,
        zone=ZoneInfo(shop.timezone or "UTC"),
        minor_units=money.minor_units(shop.currency) if shop.currency else 2,
        rfm_scale=ShopSettings.of(shop.settings).rfm_scale,
        history_from=columns.seconds(shop.history_from) if shop.history_from else None,
    )


def save(session: Session, shop_id: int, baseline: Baseline, now: datetime) -> None:
    """Replace the shop's baseline."""
    numbers = asdict(baseline)
    buyers = numbers.pop("buyers")
    session.merge(models.Baseline(shop_id=shop_id, computed_at=now, buyers=buyers, numbers=numbers))


def latest(session: Session, shop_id: int) -> Stored | None:
    """The shop's baseline; None until its customers were judged once."""
    row = session.get(models.Baseline, shop_id)
    if row is None:
        return None
    numbers: dict[str, Any] = {
        name: tuple(each) if isinstance(each, list) else each for name, each in row.numbers.items()
    }
    return Stored(row.computed_at, Baseline(buyers=row.buyers, **numbers))
