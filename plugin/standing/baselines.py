"""Each shop's baseline (plugin.segments.baseline), worked out when a whole shop was judged, and all else of a store
that its customers are judged by.

A new one waits until everybody is judged again: until then all of them are compared with the same numbers.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from plugin import money
from plugin.db import models
from plugin.db.models import Shop
from plugin.db.types import from_microseconds, to_microseconds
from plugin.segments import columns
from plugin.segments.baseline import Baseline
from plugin.segments.customers import Store
from plugin.segments.needs import Needs
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import mirrors


@dataclass(frozen=True, slots=True)
class Stored:
    """A baseline, and when it was worked out."""

    computed_at: datetime
    baseline: Baseline


def store(session: Session, shop_id: int, needs: Needs) -> Store:
    """What the shop's customers are judged by, as far as it is needed."""
    shop = session.get_one(Shop, shop_id)
    stored = latest(session, shop_id) if needs.baseline else None
    return Store(
        baseline=stored.baseline if stored else None,
        zone=shops.zone(shop),
        minor_units=money.minor_units(shop.currency) if shop.currency else 2,
        rfm_scale=ShopSettings.of(shop.settings).rfm_scale,
        history_from=columns.seconds(shop.history_from) if shop.history_from else None,
        mirrors=mirrors.bits(session, shop_id) if needs.shopify_segments else {},
    )


def save(session: Session, shop_id: int, baseline: Baseline, now: datetime) -> bool:
    """Keep a baseline until `begin`; True if it is the shop's first, which is in use at once."""
    numbers = asdict(baseline)
    row = session.get(models.Baseline, shop_id)
    if row is not None:
        row.upcoming = numbers | {"computed_at": to_microseconds(now)}
        return False
    buyers = numbers.pop("buyers")
    session.add(models.Baseline(shop_id=shop_id, computed_at=now, buyers=buyers, numbers=numbers))
    return True


def begin(session: Session, shop_id: int) -> None:
    """Everybody is about to be judged: by the newest baseline there is."""
    row = session.get(models.Baseline, shop_id)
    if row is None or row.upcoming is None:
        return
    numbers = dict(row.upcoming)
    row.computed_at, row.buyers = from_microseconds(numbers.pop("computed_at")), numbers.pop("buyers")
    row.numbers, row.upcoming = numbers, None


def latest(session: Session, shop_id: int) -> Stored | None:
    """The baseline that the shop's customers are compared with; None until they were judged once."""
    row = session.get(models.Baseline, shop_id)
    return None if row is None else Stored(row.computed_at, _baseline(row.numbers | {"buyers": row.buyers}))


def newest(session: Session, shop_id: int) -> Stored | None:
    """The one worked out last, which they may not be compared with yet."""
    row = session.get(models.Baseline, shop_id)
    if row is None or row.upcoming is None:
        return latest(session, shop_id)
    numbers = dict(row.upcoming)
    return Stored(from_microseconds(numbers.pop("computed_at")), _baseline(numbers))


def _baseline(numbers: dict[str, Any]) -> Baseline:
    read: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in numbers.items()}
    return Baseline(**read)
