"""The end of a soak: waits until nothing is left to do, then counts. Tags in the store are held against the oracle."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from dev_store.client import DevStoreClient
from plugin import clock, work_left
from plugin.db import session as db
from plugin.db.models import FAILED_EVENT, PENDING_EVENT, STALE_ORDER, Customer, InboxEvent, Order
from tests.soak.history import History
from tests.soak.installation import SHOP, SHOP_ID
from tests.support import oracle
from tests.support.oracle import Line, RawOrder


def _condition(measure: str, comparison: str, value: Any, window: Any = "lifetime") -> dict[str, Any]:
    return {"measure": measure, "window": window, "comparison": comparison, "value": value}


def _segment(tag: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"name": tag.capitalize(), "tag": tag, "conditions": list(conditions)}


SEGMENTS = [
    _segment("first-time", _condition("orders", "between", [1, 2])),
    _segment("repeat", _condition("orders", "at_least", 2)),
    _segment("frequent", _condition("orders", "at_least", 3, 14)),
    _segment("high-spender", _condition("spend", "at_least", "500")),
    _segment("month-spender", _condition("spend", "at_least", "300", 30)),
    _segment("lapsing", _condition("days_since_last_order", "between", [7, 21])),
    _segment("lapsed", _condition("days_since_last_order", "at_least", 21)),
    _segment("bulk-buyer", _condition("units", "at_least", 8)),
]
TAGS = frozenset(str(segment["tag"]) for segment in SEGMENTS)


@dataclass(frozen=True)
class Difference:
    """A customer whose tags in the store are not what they should be."""

    customer: int
    missing: frozenset[str]
    too_many: frozenset[str]


@dataclass
class Verdict:
    """What was found at the end; fine if nothing was."""

    customers: int = 0
    tags: int = 0
    accepted: int = 0
    wrong: list[Difference] = field(default_factory=list)
    touched: list[Difference] = field(default_factory=list)
    """Customers whose tags that are not ours are others than the merchant gave."""
    unaccounted: list[str] = field(default_factory=list)
    never_taken: Counter[str] = field(default_factory=Counter)
    aside: Counter[str] = field(default_factory=Counter)
    stuck: dict[str, int] = field(default_factory=dict)
    known_again: list[int] = field(default_factory=list)
    """Forgotten customers of whom something is stored."""

    @property
    def fine(self) -> bool:
        """Whether everything is as it should be."""
        return not (
            self.wrong or self.touched or self.unaccounted or self.never_taken or self.stuck or self.known_again
        )


def wait_until_quiet(tend: Callable[[], None], patience: float, say: Callable[[str], None]) -> bool:
    """Let the installation work until nothing is left, twice in a row; False if it never is."""
    deadline, quiet = time.monotonic() + patience, 0
    while quiet < 3:
        tend()
        left = _left()
        quiet = 0 if left else quiet + 1
        say(f"left to do: {', '.join(left) or 'nothing'}")
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def judge(store: DevStoreClient, history: History, as_of: datetime) -> Verdict:
    """Count everything. The clock stands at `as_of`."""
    found = Verdict()
    carried = {int(each["id"]): set(each["tags"]) for each in store.customers(SHOP)}
    wanted = expected(store.orders(SHOP), carried, as_of)
    theirs = history.theirs | history.forgotten
    found.customers, found.tags = len(carried), sum(len(tags & TAGS) for tags in carried.values())
    judged = [customer for customer in carried if customer not in history.forgotten]
    found.wrong = differences(judged, {c: carried[c] & TAGS for c in carried}, wanted)
    found.touched = differences(carried, {c: carried[c] - TAGS for c in carried}, theirs)
    _account(found, store.deliveries(shop=SHOP))
    found.stuck = _stuck()
    with db.read() as session:
        erased = select(Customer.customer_id).where(Customer.shop_id == SHOP_ID)
        found.known_again = sorted(set(session.scalars(erased)) & history.forgotten.keys())
    return found


def expected(orders: Iterable[Mapping[str, Any]], customers: Iterable[int], as_of: datetime) -> dict[int, set[str]]:
    """The tags of ours that each customer should carry, by the oracle, from the orders as the store shows them."""
    raw = [_raw(order) for order in orders]
    found: dict[int, set[str]] = {customer: set() for customer in customers}
    tags = {segment["name"]: segment["tag"] for segment in SEGMENTS}
    for name, members in oracle.members(SEGMENTS, raw, as_of, found.keys()).items():
        for customer in members:
            found.setdefault(int(customer), set()).add(tags[name])
    return found


def differences(
    customers: Iterable[int], carried: Mapping[int, set[str]], wanted: Mapping[int, set[str]]
) -> list[Difference]:
    """Those of the customers who carry anything else than wanted."""
    none: set[str] = set()
    pairs = {each: (carried.get(each, none), wanted.get(each, none)) for each in customers}
    return [
        Difference(customer, frozenset(should - has), frozenset(has - should))
        for customer, (has, should) in sorted(pairs.items())
        if has != should
    ]


def _raw(order: Mapping[str, Any]) -> RawOrder:
    current = Decimal(order["current_total_price"])
    refunded = max(Decimal(0), Decimal(order["total_price"]) - current)
    lines = [
        Line(line["quantity"], line["quantity"] - line["current_quantity"], bool(line["gift_card"]))
        for line in order["line_items"]
    ]
    return RawOrder(
        order_id=order["id"],
        customer=order["customer"]["id"] if order["customer"] else None,
        processed_at=datetime.fromisoformat(order["processed_at"]),
        total=current + refunded,
        refunded=refunded,
        financial_status=order["financial_status"],
        cancelled_at=datetime.fromisoformat(order["cancelled_at"]) if order["cancelled_at"] else None,
        test=order["test"],
        lines=tuple(lines),
    )


def _account(found: Verdict, journal: Iterable[Mapping[str, Any]]) -> None:
    """Hold what was answered 200 against the inbox: done, or set aside with its reason."""
    with db.read() as session:
        mine = select(InboxEvent.webhook_id, InboxEvent.done_at, InboxEvent.error).where(InboxEvent.shop_id == SHOP_ID)
        rows = {row.webhook_id: row for row in session.execute(mine)}
        reasons = select(InboxEvent.topic, InboxEvent.error).where(InboxEvent.shop_id == SHOP_ID, FAILED_EVENT)
        found.aside.update(f"{topic}: {error}" for topic, error in session.execute(reasons))
    accepted = {entry["webhook_id"] for entry in journal if entry["state"] == "delivered"}
    found.accepted = len(accepted)
    ends = {key for key, row in rows.items() if row.done_at or row.error}
    found.unaccounted = sorted(accepted - ends)
    given_up = (entry for entry in journal if entry["state"] not in {"delivered", "dropped"})
    found.never_taken.update(entry["topic"] for entry in given_up if entry["webhook_id"] not in accepted)


def _left() -> list[str]:
    try:
        with db.read() as session:
            left = work_left.of(session, SHOP_ID, clock.now())
            stale = session.scalar(select(func.count()).select_from(Order).where(Order.shop_id == SHOP_ID, STALE_ORDER))
    except SQLAlchemyError as error:
        return [type(error).__name__]
    return left + (["stale orders"] if stale else [])


def _stuck() -> dict[str, int]:
    """Rows that wait for somebody who will never come."""
    here = (Customer.shop_id == SHOP_ID, Customer.deleted_at.is_(None), Customer.merged_into.is_(None))
    pending = (Customer.applied_tags != Customer.wanted_tags, Customer.foreign_tags == 0, Customer.declined_tags == 0)
    counts = {
        "deliveries": select(func.count()).select_from(InboxEvent).where(InboxEvent.shop_id == SHOP_ID, PENDING_EVENT),
        "unsure customers": select(func.count()).select_from(Customer).where(*here, Customer.unsure_tags != 0),
        "customers held by bulk operations": select(func.count())
        .select_from(Customer)
        .where(*here, Customer.bulk_tags != 0),
        "refused customers": select(func.count()).select_from(Customer).where(*here, Customer.sync_error.is_not(None)),
        "customers not as wanted": select(func.count()).select_from(Customer).where(*here, *pending),
        "stale orders": select(func.count()).select_from(Order).where(Order.shop_id == SHOP_ID, STALE_ORDER),
    }
    with db.read() as session:
        found = {name: session.scalar(count) or 0 for name, count in counts.items()}
        found |= {f"stage {stage}": 1 for stage in work_left.of(session, SHOP_ID, clock.now())}
    return {name: count for name, count in found.items() if count}
