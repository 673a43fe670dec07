"""Whether packed histories say what the orders say: of some customers of every shop, or of all."""

import random
from collections.abc import Iterator

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from plugin import runs
from plugin.db import session as db
from plugin.db.models import Order, OrderHistory, Shop
from plugin.doctor.finding import Examined, Finding
from plugin.history import histories
from plugin.shop import shops

CUSTOMERS_AT_ONCE = 1_000
# Of each shop, in as many places.
SAMPLED, PLACES = 500, 10
NAMED = 5


def compare(everybody: bool) -> Examined:
    """Compare histories with orders; a shop whose history is just being made is left out."""
    found, compared, left_out = [], 0, 0
    with db.read() as session:
        installed = shops.installed(session)
    for shop in installed:
        if _is_being_made(shop):
            left_out += 1
            continue
        wrong: list[int] = []
        for customer_ids, differing in _everybody(shop.id) if everybody else _some(shop.id):
            compared += len(customer_ids)
            wrong += differing
        if wrong:
            named = ", ".join(map(str, wrong[:NAMED])) + (" ..." if len(wrong) > NAMED else "")
            said = f"{shop.domain}: the histories of {len(wrong):,} customers are not what their orders say ({named})"
            found.append(Finding(said, f"`regulars recount {shop.domain}` makes them anew and judges everybody."))
    said = f"{compared:,} compared with the orders" + (f", {left_out} shops left out" if left_out else "")
    return Examined("histories", said, tuple(found))


def _is_being_made(shop: Shop) -> bool:
    with db.read() as session:
        return shop.imported_at is None or runs.is_being_recounted(session, shop.id)


def _everybody(shop_id: int) -> Iterator[tuple[list[int], list[int]]]:
    after = 0
    while True:
        with db.snapshot() as session:
            customer_ids = _customers(session, shop_id, after, CUSTOMERS_AT_ONCE)
            if not customer_ids:
                return
            yield customer_ids, histories.differing(session, shop_id, customer_ids)
        after = customer_ids[-1]


def _some(shop_id: int) -> Iterator[tuple[list[int], list[int]]]:
    with db.snapshot() as session:
        chosen = _customers(session, shop_id, 0, SAMPLED)
        if len(chosen) == SAMPLED:  # there are more: look in places all over
            mine = OrderHistory.shop_id == shop_id
            highest = session.scalar(select(func.max(OrderHistory.customer_id)).where(mine)) or chosen[-1]
            places = [random.randint(chosen[0] - 1, highest) for _ in range(PLACES)]  # noqa: S311 - a sample
            found = (_customers(session, shop_id, place, SAMPLED // PLACES) for place in places)
            chosen = sorted({number for part in found for number in part})
        if chosen:
            yield chosen, histories.differing(session, shop_id, chosen)


def _customers(session: Session, shop_id: int, after: int, most: int) -> list[int]:
    """The next customers who have a history or orders."""
    packed = select(OrderHistory.customer_id).where(OrderHistory.shop_id == shop_id, OrderHistory.customer_id > after)
    buyers = select(Order.customer_id).where(Order.shop_id == shop_id, Order.customer_id > after).distinct()
    first = (each.order_by("customer_id").limit(most).subquery() for each in (packed, buyers))
    both = union(*(select(each.c.customer_id) for each in first)).subquery()
    return list(session.scalars(select(both.c.customer_id).order_by(both.c.customer_id).limit(most)))
