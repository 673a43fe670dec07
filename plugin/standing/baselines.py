"""Each shop's newest baseline (plugin.segments.baseline): written when a whole shop was judged, for whoever compares a
customer with the store.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from plugin.db import models
from plugin.segments.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Stored:
    """A baseline, and when it was worked out."""

    computed_at: datetime
    baseline: Baseline


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
    numbers = row.numbers | {"spend_edges": tuple(row.numbers["spend_edges"])}
    return Stored(row.computed_at, Baseline(buyers=row.buyers, **numbers))
