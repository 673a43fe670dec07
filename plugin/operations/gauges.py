"""How things stand at this moment, read from the database and from RQ when somebody asks: true whichever process came
or went. Every statement reads an index of what is not done yet: its cost is that of the work left. Changes nothing.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from plugin import queues, runs
from plugin.db.models import (
    DUE_LATER,
    FAILED_EVENT,
    PENDING_EVENT,
    PENDING_TAGS,
    UNFINISHED_RUN,
    BulkTaggingLine,
    Customer,
    InboxEvent,
    Run,
    Shop,
)
from plugin.db.scope import ALL_SHOPS
from plugin.deliveries import inbox
from plugin.shop import shops
from plugin.shopify import errors

# Of a customer's tags that are not as they should be: to be written now; in the hands of a bulk mutation; refused by
# Shopify and tried again in a day; or of a shop to which nothing may be written (paused, waiting for its merchant).
STATES = READY, BULK, REFUSED, HELD = ("ready", "bulk", "refused", "held")
RUN_STATES = (runs.QUEUED, runs.RUNNING, runs.WAITING)
# A shop whose token is dead says so in a column of its own.
DEAD_TOKEN = errors.TokenRejected.__name__
KINDS = sorted(kind.__name__ for kind in errors.ShopifyError.__subclasses__())


def of_database(session: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
    """What waits, how long it has been waiting, and which shops are in trouble."""
    yield from _deliveries(session, now)
    yield _pending_tags(session, now)
    yield from _reviews(session, now)
    yield from _runs(session, now)
    yield from _shops(session)


def of_queues() -> Iterator[GaugeMetricFamily]:
    """Who works, and what waits for a worker. Raises RedisError."""
    waiting = GaugeMetricFamily("regulars_jobs_waiting", "Jobs that wait for a worker, by queue", labels=["queue"])
    failed = GaugeMetricFamily("regulars_jobs_set_aside", "Failed jobs of the last day, by queue", labels=["queue"])
    serving = GaugeMetricFamily("regulars_workers", "Workers that serve a queue", labels=["queue"])
    found = queues.workers()
    for name in queues.QUEUES:
        waiting.add_metric([name], queues.queue(name).count)
        failed.add_metric([name], queues.set_aside(name))
        serving.add_metric([name], found[name])
    yield from (waiting, failed, serving)


def _deliveries(session: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
    pending = GaugeMetricFamily("regulars_deliveries_pending", "Deliveries not dealt with yet", labels=["stage"])
    oldest = GaugeMetricFamily(
        "regulars_deliveries_oldest_pending_seconds", "How long the oldest of them has been waiting", labels=["stage"]
    )
    rows = session.execute(
        select(InboxEvent.stage, func.count(), func.min(InboxEvent.received_at))
        .where(PENDING_EVENT)
        .group_by(InboxEvent.stage)
        .execution_options(**ALL_SHOPS)
    )
    found = {stage: (count, first) for stage, count, first in rows}
    for stage in inbox.STAGES:
        count, first = found.get(stage, (0, now))
        pending.add_metric([stage], count)
        oldest.add_metric([stage], _age(first, now))
    aside = GaugeMetricFamily("regulars_deliveries_set_aside", "Deliveries that could not be folded", labels=["stage"])
    failed = dict.fromkeys(inbox.STAGES, 0)
    counted = select(InboxEvent.stage, func.count()).where(FAILED_EVENT).group_by(InboxEvent.stage)
    failed |= {row.stage: row[1] for row in session.execute(counted.execution_options(**ALL_SHOPS))}
    for stage, count in failed.items():
        aside.add_metric([stage], count)
    yield from (pending, oldest, aside)


def _pending_tags(session: Session, now: datetime) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "regulars_customers_pending_tags", "Customers whose tags are not as wanted yet, by state", labels=["state"]
    )
    refused = func.sum(case((Customer.sync_after > now, 1), else_=0))
    rows = select(Customer.shop_id, func.count(), refused).where(PENDING_TAGS).group_by(Customer.shop_id)
    found = dict.fromkeys(STATES, 0)
    free = _free(session, now)
    for shop_id, count, later in session.execute(rows.execution_options(**ALL_SHOPS)):
        found[READY if shop_id in free else HELD] += count - later
        found[REFUSED] += later
    in_bulk = select(func.count()).select_from(BulkTaggingLine).execution_options(**ALL_SHOPS)
    found[BULK] = session.scalar(in_bulk) or 0
    for state, count in found.items():
        family.add_metric([state], count)
    return family


def _free(session: Session, now: datetime) -> set[int]:
    """Shops to which tags may be written right now (tagging.tag_changes.is_held says the same of one)."""
    waiting = select(Run.shop_id).where(UNFINISHED_RUN, Run.state == runs.WAITING).execution_options(**ALL_SHOPS)
    imported = select(Shop.id).where(Shop.imported_at.is_not(None))
    return set(shops.answering(session, now)) & set(session.scalars(imported)) - set(session.scalars(waiting))


def _reviews(session: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
    installed = select(Shop.id).where(Shop.uninstalled_at.is_(None), Shop.imported_at.is_not(None))
    first = now
    for shop_id in session.scalars(installed).all():
        mine = select(func.min(Customer.next_review_at)).where(Customer.shop_id == shop_id, DUE_LATER)
        first = min(first, session.scalar(mine) or now)
    yield GaugeMetricFamily(
        "regulars_reviews_overdue_seconds",
        "For how long a customer for whom time changes something has been due at most",
        value=_age(first, now),
    )


def _runs(session: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
    unfinished = GaugeMetricFamily("regulars_runs_unfinished", "Runs that are not finished, by state", labels=["state"])
    oldest = GaugeMetricFamily(
        "regulars_runs_oldest_unfinished_seconds", "How long ago the oldest of them was asked for", labels=["state"]
    )
    rows = select(Run.state, func.count(), func.min(Run.created_at)).where(UNFINISHED_RUN).group_by(Run.state)
    found = {state: (count, first) for state, count, first in session.execute(rows.execution_options(**ALL_SHOPS))}
    for state in RUN_STATES:
        count, first = found.get(state, (0, now))
        unfinished.add_metric([state], count)
        oldest.add_metric([state], _age(first, now))
    yield from (unfinished, oldest)


def _shops(session: Session) -> Iterator[GaugeMetricFamily]:
    rows = session.execute(select(Shop.token_error, Shop.trouble).where(Shop.uninstalled_at.is_(None))).all()
    yield GaugeMetricFamily("regulars_shops", "Shops that have the app", value=len(rows))
    troubled = GaugeMetricFamily(
        "regulars_shops_in_trouble", "Shops that Shopify does not let us work for, by kind of refusal", labels=["kind"]
    )
    kinds = Counter(DEAD_TOKEN if token_error else trouble for token_error, trouble in rows)
    for kind in KINDS:
        troubled.add_metric([kind], kinds[kind])
    yield troubled


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
