"""What was done in a shop, to be read: runs and what came of each, tag writes by any filter, and what needs a decision.

The page's activity shows it. Reads one shop, changes nothing; pages go on from a row, so that none is shown twice.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db.models import PENDING_TAGS, Customer, Run, TagChange

# What a merchant need not hear of unless it fails.
SHOWN = or_(Run.kind.in_((runs.IMPORT, runs.REFRESH)), Run.state == runs.FAILED)
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tag writes are asked for; None means any. `tag` as the segment spells it."""

    tag: str | None = None
    customer_id: int | None = None
    outcome: str | None = None
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A customer whose tags Shopify refuses, why, and when they are tried again by themselves."""

    customer_id: int
    reason: str
    again_at: datetime


def runs_page(session: Session, shop_id: int, after: int | None, most: int) -> list[Run]:
    """Runs, newest first, behind the one with the number `after`."""
    query = select(Run).where(Run.shop_id == shop_id, SHOWN)
    last = session.get(Run, (shop_id, after)) if after is not None else None
    if last is not None:
        same_time = and_(Run.created_at == last.created_at, Run.id < last.id)
        query = query.where(or_(Run.created_at < last.created_at, same_time))
    return list(session.scalars(query.order_by(Run.created_at.desc(), Run.id.desc()).limit(most)))


def has_run(session: Session, shop_id: int, run_id: int) -> bool:
    """Whether the shop has a run with this number."""
    return session.get(Run, (shop_id, run_id)) is not None


def outcomes(session: Session, shop_id: int, run_ids: list[int]) -> dict[int, dict[str, int]]:
    """By run, how many tag writes ended how."""
    mine = (TagChange.shop_id == shop_id, TagChange.run_id.in_(run_ids))
    counted = select(TagChange.run_id, TagChange.outcome, func.count()).where(*mine)
    found: dict[int, dict[str, int]] = {run_id: {} for run_id in run_ids}
    for run_id, outcome, count in session.execute(counted.group_by(TagChange.run_id, TagChange.outcome)):
        found[int(run_id or 0)][outcome] = count
    return found


def writes_page(session: Session, shop_id: int, wanted: Filter, after: int | None, most: int) -> list[TagChange]:
    """Tag writes, newest first, behind the one with the number `after`."""
    query = _writes(shop_id, wanted)
    last = session.get(TagChange, (shop_id, after)) if after is not None else None
    if last is not None:
        same_time = and_(TagChange.at == last.at, TagChange.id < last.id)
        query = query.where(or_(TagChange.at < last.at, same_time))
    return list(session.scalars(query.limit(most)))


def writes(session: Session, shop_id: int, wanted: Filter) -> Iterator[TagChange]:
    """All of them, without holding them."""
    found = session.scalars(_writes(shop_id, wanted).execution_options(yield_per=ROWS_AT_ONCE))
    yield from found


def refused(session: Session, shop_id: int, now: datetime, most: int) -> list[Refused]:
    """Customers whose tags Shopify does not take."""
    these = (Customer.shop_id == shop_id, PENDING_TAGS, Customer.sync_after > now)
    found = select(Customer.customer_id, Customer.sync_error, Customer.sync_after).where(*these)
    rows = session.execute(found.order_by(Customer.customer_id).limit(most))
    return [Refused(customer_id, reason or "", again_at) for customer_id, reason, again_at in rows if again_at]


def failed_runs(session: Session, shop_id: int) -> list[Run]:
    """Of every kind the newest run, where that failed."""
    newest = select(func.max(Run.created_at)).where(Run.shop_id == shop_id).group_by(Run.kind)
    failed = (Run.shop_id == shop_id, Run.state == runs.FAILED, Run.created_at.in_(newest))
    return list(session.scalars(select(Run).where(*failed).order_by(Run.created_at.desc())))


def _writes(shop_id: int, wanted: Filter) -> Select[TagChange]:
    chosen: list[ColumnElement[bool]] = [TagChange.shop_id == shop_id]
    if wanted.customer_id is not None:
        chosen.append(TagChange.customer_id == wanted.customer_id)
    if wanted.run_id is not None:
        chosen.append(TagChange.run_id == wanted.run_id)
    if wanted.outcome is not None:
        chosen.append(TagChange.outcome == wanted.outcome)
    if wanted.tag is not None:
        written = json.dumps(wanted.tag)
        either = (
            cast(column, Text).contains(written, autoescape=True) for column in (TagChange.added, TagChange.removed)
        )
        chosen.append(or_(*either))
    return select(TagChange).where(*chosen).order_by(TagChange.at.desc(), TagChange.id.desc())
