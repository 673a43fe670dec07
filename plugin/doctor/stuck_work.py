"""Work that should have been done by now, by what the rows say. Redis is not asked: it forgets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugin import clock, config, runs
from plugin.db import session as db
from plugin.db.models import FAILED_EVENT, PENDING_EVENT, UNFINISHED_RUN, InboxEvent, Movement, Run, Shop, TurnRow
from plugin.db.scope import ALL_SHOPS
from plugin.doctor.finding import TOO_LONG, Examined, Finding, in_words
from plugin.shop import shops
from plugin.standing import refresh
from plugin.tagging import tag_changes

A_DAY = timedelta(days=1)
CUSTOMERS_ASKED = 50
WORKERS = "See that the workers and the scheduler run and what their logs say."


@dataclass(frozen=True, slots=True)
class Turns:
    """When each shop's turns at the stages end or have ended."""

    ends: dict[tuple[int, str], datetime]
    now: datetime

    def idle(self, shop_id: int, stage: str) -> bool:
        """Whether nobody has been at it for too long."""
        end = self.ends.get((shop_id, stage))
        return end is None or self.now - end > TOO_LONG


def deliveries() -> Examined:
    """Deliveries that wait for too long, and those that were set aside."""
    mine = (InboxEvent.shop_id, InboxEvent.stage)
    waiting = select(*mine, func.count(), func.min(InboxEvent.received_at)).where(PENDING_EVENT).group_by(*mine)
    aside = select(InboxEvent.shop_id, func.count()).where(FAILED_EVENT).group_by(InboxEvent.shop_id)
    now, found, pending = clock.now(), [], 0
    with db.read() as session:
        domains = _domains(session)
        for shop_id, stage, count, oldest in session.execute(waiting.execution_options(**ALL_SHOPS)):
            pending += count
            if now - oldest > TOO_LONG:
                waited = f"the oldest for {in_words(now - oldest)}"
                found.append(Finding(f"{domains[shop_id]}: {count:,} deliveries wait ({stage}), {waited}", WORKERS))
        for shop_id, count in session.execute(aside.execution_options(**ALL_SHOPS)):
            shop = domains[shop_id]
            todo = f"`regulars inbox list {shop}` says why; `regulars inbox replay {shop}` tries them again."
            found.append(Finding(f"{shop}: {count:,} deliveries could not be folded", todo))
    return Examined("deliveries", f"{pending:,} wait to be folded", tuple(found))


def long_runs() -> Examined:
    """Unfinished runs that nobody has been at, or that take very long. Those that wait for the merchant may."""
    now, found = clock.now(), []
    unfinished = select(Run).where(UNFINISHED_RUN, Run.state != runs.WAITING).execution_options(**ALL_SHOPS)
    with db.read() as session:
        domains, turns, troubled = _domains(session), _turns(session), _troubled(session)
        under_way = list(session.scalars(unfinished))
    for run in under_way:
        age, shop = now - run.created_at, domains[run.shop_id]
        todo = f"`regulars runs {shop}` shows how far it is. {WORKERS}"
        if age > A_DAY:
            found.append(Finding(f"{shop}: the {run.kind} was asked for {in_words(age)} ago", todo))
        elif age > TOO_LONG and turns.idle(run.shop_id, "run") and run.shop_id not in troubled:
            found.append(Finding(f"{shop}: nobody works on the {run.kind}", todo))
    return Examined("runs", f"{len(under_way):,} under way", tuple(found))


def held_turns() -> Examined:
    """Turns that are held for longer than any process may: nobody works at that stage until then."""
    latest = clock.wall() + timedelta(seconds=config.current().lease_seconds) + TOO_LONG
    late = select(TurnRow).where(TurnRow.until > latest).execution_options(**ALL_SHOPS)
    with db.read() as session:
        domains, held = _domains(session), list(session.scalars(late))
    found = [
        Finding(
            f"{domains[turn.shop_id]}: the turn at {turn.stage} is held until {turn.until:%Y-%m-%d %H:%M} UTC",
            "A machine's clock was ahead. Set the clocks right, then delete the row from the table turns.",
        )
        for turn in held
    ]
    return Examined("turns", "none is held for too long" if not held else f"{len(held):,} are", tuple(found))


def customers() -> Examined:
    """Customers whom time has moved and nobody has judged, and tags that nobody writes."""
    found: list[Finding] = []
    with db.read() as session:
        turns, troubled, installed = _turns(session), _troubled(session), shops.installed(session)
        for shop in installed:
            found += _not_judged(session, shop, turns)
            if shop.id not in troubled:
                found += _not_written(session, shop, turns)
    return Examined("customers", f"looked at in {len(installed):,} shops", tuple(found))


def _not_judged(session: Session, shop: Shop, turns: Turns) -> Iterator[Finding]:
    if turns.idle(shop.id, "review") and refresh.due(session, shop.id, clock.now() - TOO_LONG, limit=1):
        yield Finding(f"{shop.domain}: customers whom time has moved are not judged", WORKERS)


def _not_written(session: Session, shop: Shop, turns: Turns) -> Iterator[Finding]:
    if not turns.idle(shop.id, "sync"):
        return
    pending = [each.customer_id for each in tag_changes.pending(session, shop.id, clock.now(), CUSTOMERS_ASKED)]
    theirs = (Movement.shop_id == shop.id, Movement.customer_id.in_(pending))
    # What was wished for a moment ago may still be on its way.
    moved = list(session.scalars(select(func.max(Movement.at)).where(*theirs).group_by(Movement.customer_id)))
    if moved and clock.now() - min(moved) > TOO_LONG:
        yield Finding(f"{shop.domain}: tags wait to be written since {in_words(clock.now() - min(moved))}", WORKERS)


def _domains(session: Session) -> dict[int, str]:
    return {shop.id: shop.domain for shop in session.scalars(select(Shop))}


def _turns(session: Session) -> Turns:
    rows = session.execute(select(TurnRow.shop_id, TurnRow.stage, TurnRow.until).execution_options(**ALL_SHOPS))
    return Turns({(shop_id, stage): until for shop_id, stage, until in rows}, clock.wall())


def _troubled(session: Session) -> set[int]:
    """Shops whose Shopify refuses us: their work waits for that."""
    return set(session.scalars(select(Shop.id).where(shops.REFUSED)))
