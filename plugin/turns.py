"""One process at a time for one kind of work on one shop. A turn ends when it is given back, or not renewed in time.

It keeps two processes from doing the same work twice; what keeps rows right is plugin.shop.shops.hold.
"""

import secrets
from contextlib import nullcontext
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from sqlalchemy import delete, exists, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from plugin import clock, config
from plugin.db import session as db
from plugin.db.models import TurnRow


class TurnLost(Exception):
    """The turn was not renewed in time and somebody else has it: stop, they go on from what is recorded."""


class Turn:
    """The right to do one stage's work for one shop; leaving the block gives it back."""

    def __init__(self, shop_id: int, stage: str, holder: str) -> None:
        self._mine = (TurnRow.shop_id == shop_id, TurnRow.stage == stage, TurnRow.holder == holder)

    def renew(self, session: Session | None = None) -> None:
        """Keep it for as long again, in a transaction under way or one of its own; TurnLost if it is lost by now."""
        with nullcontext(session) if session else db.write() as transaction:
            if not self._keep(transaction, _end()):
                raise TurnLost

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with db.write() as session:
            self._keep(session, clock.wall())

    def _keep(self, session: Session, until: datetime) -> bool:
        change = update(TurnRow).where(*self._mine).values(until=until).returning(TurnRow.stage)
        return session.execute(change).first() is not None


def take(shop_id: int, stage: str) -> Turn | None:
    """Take the shop's turn at a stage; None if another process has it."""
    holder = secrets.token_hex(8)
    mine = {"shop_id": shop_id, "stage": stage, "holder": holder, "until": _end()}
    this = (TurnRow.shop_id == shop_id, TurnRow.stage == stage)
    free = update(TurnRow).where(*this, TurnRow.until <= clock.wall()).values(mine).returning(TurnRow.stage)
    columns = TurnRow.__table__.c
    row = select(*(literal(value, columns[name].type) for name, value in mine.items())).where(~exists().where(*this))
    first = insert(TurnRow).from_select(list(mine), row).returning(TurnRow.stage)
    try:
        with db.write() as session:
            taken = session.execute(free).first() or session.execute(first).first()
    except IntegrityError:
        return None  # another process took the shop's very first turn at the same instant
    return Turn(shop_id, stage, holder) if taken else None


def revoke_all(session: Session, shop_id: int, but: str = "") -> None:
    """Take the shop's turns away, `but` one stage's: whoever works for it stops at the next renewal."""
    session.execute(delete(TurnRow).where(TurnRow.shop_id == shop_id, TurnRow.stage != but))


def _end() -> datetime:
    return clock.wall() + timedelta(seconds=config.current().lease_seconds)
