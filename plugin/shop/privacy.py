"""People's rights: what is stored about a customer, and erasing a customer or a shop. Called by deliveries.notices.

Whatever table has a `customer_id` is about that customer, whatever has a `shop_id` about that shop: a new table is
covered by being one.
Reference: https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, select, tuple_
from sqlalchemy.orm import Session

from plugin import clock, runs
from plugin.db import session as db
from plugin.db.models import Base, CategoryHistory, Customer, DataRequest, InboxEvent, Order, OrderLine, Run, Shop
from plugin.db.scope import ALL_SHOPS
from plugin.deliveries import inbox, topics
from plugin.history import category_histories, lines
from plugin.history.ledger import Ledger
from plugin.schemas.facts import CustomerRedacted, DataRequested
from plugin.schemas.webhook_payloads import PayloadRefused
from plugin.segments import columns
from plugin.shop import erasures
from plugin.standing import categories, mirrors, preview, refresh, segment_store
from plugin.turns import Turn

# Shopify gives a merchant 30 days to answer a customer.
KEPT_FOR = timedelta(days=30)
ROWS_AT_ONCE = 5_000

ABOUT_CUSTOMERS = [table for table in Base.metadata.sorted_tables if "customer_id" in table.c]
ABOUT_SHOPS = [table for table in reversed(Base.metadata.sorted_tables) if "shop_id" in table.c]


def answer(session: Session, shop: Shop, asked: DataRequested, now: datetime) -> None:
    """Write down everything stored about a customer, for the merchant to download.

    About one who was erased a while ago there is nothing to say, and the number must not come back.
    """
    if erasures.erased(session, shop, erasures.CUSTOMER, [asked.customer_id]):
        return
    session.add(
        DataRequest(
            shop_id=shop.id,
            customer_id=asked.customer_id,
            request_id=asked.request_id,
            requested_at=now,
            expires_at=now + KEPT_FOR,
            content=_content(session, shop, asked.customer_id, now),
        )
    )


def open_requests(session: Session, shop_id: int, now: datetime) -> list[DataRequest]:
    """The shop's data requests that can still be downloaded, newest first."""
    mine = (DataRequest.shop_id == shop_id, DataRequest.expires_at > now)
    return list(session.scalars(select(DataRequest).where(*mine).order_by(DataRequest.requested_at.desc())))


def open_request(session: Session, shop_id: int, request_id: int, now: datetime) -> DataRequest | None:
    """One of them by our own id; None if the shop has no such request (any more)."""
    found = session.get(DataRequest, (shop_id, request_id))
    return found if found is not None and found.expires_at > now else None


def erase_customer(session: Session, shop: Shop, asked: CustomerRedacted, now: datetime) -> None:
    """Erase every row about a customer, under every number they had, and the orders named.

    The caller holds the shop. Deliveries that wait and mention them are dropped unread.
    """
    numbers = _numbers(session, shop.id, asked.customer_id)
    orders = {*asked.order_ids, *_order_ids(session, shop.id, numbers)}
    rows = {"inbox_events": _drop_mentions(session, shop.id, numbers, orders, now)}
    rows["orders"] = _erase_orders(session, shop.id, orders, now)
    for table in reversed(ABOUT_CUSTOMERS):
        theirs = (table.c.shop_id == shop.id, table.c.customer_id.in_(numbers))
        erased = session.execute(delete(table).where(*theirs).returning(table.c.customer_id)).all()
        rows[table.name] = rows.get(table.name, 0) + len(erased)
    runs.forget(session, shop.id, numbers | orders)
    category_histories.forget(session, shop.id, numbers | orders)
    preview.forget(session, shop.id)
    _rewrite_answers(session, shop, numbers | orders, now)
    for number in numbers:
        erasures.note_customer(session, shop, number, now, rows if number == asked.customer_id else {})
    erasures.note_orders(session, shop, orders, now)


def start_erasing(session: Session, shop: Shop, now: datetime) -> None:
    """Have everything about a shop erased, piece by piece (`erase_shop`)."""
    runs.start(session, shop.id, runs.ERASURE, now)


def erase_shop(run: Run, turn: Turn) -> None:
    """Erase every row about a shop, some at a time, the run itself and the shop last: a killed erasure goes on."""
    rows: dict[str, int] = dict(run.position.get("rows", {}))
    for table in ABOUT_SHOPS:
        if table.name in ("runs", "turns"):
            continue
        while _erase_some(table, run, rows):
            turn.renew()
    with db.write() as session:
        # Whoever stores a delivery just now waits, and is told that there is no such shop.
        session.execute(select(Shop.id).where(Shop.id == run.shop_id).with_for_update())
        preview.forget(session, run.shop_id)
        for table in ABOUT_SHOPS:
            session.execute(delete(table).where(table.c.shop_id == run.shop_id))
        session.execute(delete(Shop).where(Shop.id == run.shop_id))
        erasures.note_shop(session, clock.now(), rows)


def prune(session: Session, now: datetime) -> None:
    """Drop what has served its time: expired data requests and the digests of the erased."""
    session.execute(delete(DataRequest).where(DataRequest.expires_at <= now).execution_options(**ALL_SHOPS))
    erasures.forget_digests(session, now)


def _content(session: Session, shop: Shop, customer_id: int, now: datetime) -> str:
    about = {
        "shop": shop.domain,
        "customer": customer_id,
        "produced_at": now.isoformat(),
        "stored": _stored(session, shop, customer_id),
    }
    return json.dumps(about, indent=2)


def _stored(session: Session, shop: Shop, customer_id: int) -> dict[str, list[dict[str, Any]]]:
    numbers = _numbers(session, shop.id, customer_id)
    tags = segment_store.tags_by_bit(session, shop.id)
    followed = {row.bit: row.name or str(row.segment_id) for row in mirrors.rows(session, shop.id)}
    found = {}
    for table in ABOUT_CUSTOMERS:
        theirs = (table.c.shop_id == shop.id, table.c.customer_id.in_(numbers))
        rows = session.execute(select(table).where(*theirs)).mappings()
        if table is not DataRequest.__table__:
            found[table.name] = [{name: _readable(name, row[name], tags, followed) for name in row} for row in rows]
    names = {row.number: f"{key.kind}:{key.value}" for key, row in categories.rows(session, shop.id).items()}
    for history in found[CategoryHistory.__tablename__]:
        history["category"] = names.get(history.pop("number"))
    bought = lines.of_orders(session, shop.id, sorted(_order_ids(session, shop.id, numbers)))
    found[OrderLine.__tablename__] = [
        {"order_id": order_id, "product_id": product, "units": units, "spend": spend}
        for order_id, shares in bought.items()
        for product, units, spend in shares
    ]
    return found


def _readable(name: str, value: Any, tags: dict[int, str], followed: dict[int, str]) -> Any:
    """A column's value as a person can read it: instants in ISO 8601, bits as the tags and segments they stand for."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return [record._asdict() for record in columns.unpack(value)]
    if name == "bit":
        return tags.get(value, value)
    if name == "mirror":
        return followed.get(value, value)
    if name == "mirrored":
        return [segment for bit, segment in sorted(followed.items()) if value >> bit & 1]
    if name.endswith("_tags"):
        return [tag for bit, tag in sorted(tags.items()) if value >> bit & 1]
    return value


def _numbers(session: Session, shop_id: int, customer_id: int) -> set[int]:
    """Every number the customer has had: others that were merged into this one are the same person."""
    numbers, new = {customer_id}, {customer_id}
    while new:
        merged = select(Customer.customer_id).where(Customer.shop_id == shop_id, Customer.merged_into.in_(new))
        new = set(session.scalars(merged)) - numbers
        numbers |= new
    return numbers


def _order_ids(session: Session, shop_id: int, customers: set[int]) -> set[int]:
    theirs = (Order.shop_id == shop_id, Order.customer_id.in_(customers))
    return set(session.scalars(select(Order.order_id).where(*theirs)))


def _erase_orders(session: Session, shop_id: int, order_ids: Iterable[int], now: datetime) -> int:
    """Erase single orders: whoever they belong to today (after a merge, say) is judged without them."""
    wanted, erased = sorted(order_ids), 0
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        mine = (Order.shop_id == shop_id, Order.order_id.in_(wanted[start : start + ROWS_AT_ONCE]))
        known = list(session.scalars(select(Order.order_id).where(*mine)))
        book = Ledger(session, shop_id)
        book.load(known, ())
        for order_id in known:
            book.delete_order(order_id, now)
        touched = book.save()
        session.execute(delete(Order).where(*mine))
        refresh.refresh_customers(session, shop_id, sorted(touched), now, "event")
        erased += len(known)
    return erased


def _rewrite_answers(session: Session, shop: Shop, numbers: set[int], now: datetime) -> None:
    """Write other customers' data requests anew where they name what was erased: a merged account, or an order."""
    for request in session.scalars(select(DataRequest).where(DataRequest.shop_id == shop.id)):
        if _names(request.content.encode(), numbers):
            request.content = _content(session, shop, request.customer_id, now)


def _drop_mentions(session: Session, shop_id: int, customers: set[int], orders: set[int], now: datetime) -> int:
    """Empty the deliveries that still have their body (pending or set aside) and are about any of these."""
    with_body = (InboxEvent.shop_id == shop_id, InboxEvent.body.is_not(None))
    dropped = 0
    for event in session.scalars(select(InboxEvent).where(*with_body).execution_options(yield_per=500)):
        if _mentions(event, customers, orders):
            event.body, event.done_at, event.failed_at, event.error = None, now, None, None
            dropped += 1
    return dropped


def _mentions(event: InboxEvent, customers: set[int], orders: set[int]) -> bool:
    if event.stage == inbox.NOTICE:
        # Notices are heeded in their turn; privacy requests that were set aside hold addresses besides.
        aside = event.failed_at is not None and event.topic.startswith("customers/")
        return aside and _names(event.body or b"", customers)
    try:
        topic, facts = topics.read(event)
    except PayloadRefused:
        # Nobody knows what it says: it goes if any of the numbers stands in it.
        return _names(event.body or b"", customers | orders)
    return not (customers.isdisjoint(topic.customers(facts)) and orders.isdisjoint(topic.orders(facts)))


def _names(text: bytes, numbers: set[int]) -> bool:
    return not numbers.isdisjoint(int(digits) for digits in re.findall(rb"\d{1,19}", text))


def _erase_some(table: Table, run: Run, rows: dict[str, int]) -> int:
    """Erase some of a table's rows and count them, in one transaction; returns how many there were."""
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(table.c.shop_id == run.shop_id).limit(ROWS_AT_ONCE)
    theirs = (table.c.shop_id == run.shop_id, key.in_(some))
    with db.write() as session:
        erased = len(session.execute(delete(table).where(*theirs).returning(table.c.shop_id)).all())
        if erased:
            rows[table.name] = rows.get(table.name, 0) + erased
            session.get_one(Run, (run.shop_id, run.id)).position = {"rows": {**rows}}
    return erased
