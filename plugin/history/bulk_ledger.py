"""Folds what a list of Shopify's shows, thousands at a time: the same rows as history.ledger, written by the database's
own upserts. Called by the import. Leaves the packed histories to history.histories, which rebuilds them all afterwards.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
from sqlalchemy import ColumnElement, Table, and_, bindparam, case, func, literal_column, null, or_, select, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import InstrumentedAttribute, Session

from plugin.db import arrays, upserts
from plugin.db.models import MERGED_CUSTOMER, Customer, Order, Shop
from plugin.history import lines, versions
from plugin.schemas.admin_rows import CUSTOMER_COLUMNS, ORDER_COLUMNS, Row
from plugin.shop import erasures, shops

ORDER_ID, ORDER_OWNER, ORDER_VERSION = (ORDER_COLUMNS.index(name) for name in ("order_id", "customer_id", "version"))
PROCESSED_AT, UPDATED_AT = (ORDER_COLUMNS.index(name) for name in ("processed_at", "updated_at"))
OF_ORDER = len(ORDER_COLUMNS)
CUSTOMER_ID = CUSTOMER_COLUMNS.index("customer_id")
KEYS_A_QUERY = 5_000
KNOWN = select(Customer.customer_id).where(
    Customer.shop_id == bindparam("shop_id"), arrays.Among(Customer.customer_id, "customer_ids")
)
STANDING = select(Order.order_id, Order.version, Order.customer_id).where(
    Order.shop_id == bindparam("shop_id"), arrays.Among(Order.order_id, "order_ids")
)
Bought = Mapping[tuple[int, str], list[lines.Share]]
ORDERS, CUSTOMERS = cast(Table, Order.__table__), cast(Table, Customer.__table__)


def fold_orders(session: Session, shop_id: int, rows: Iterable[Row], bought: Bought | None = None) -> None:
    """Take over orders (rows of ORDER_COLUMNS and PLACE_COLUMNS) that are newer than what we have, and where their
    customers live. The caller holds the shop.

    `bought`: what their lines come to, by order and version; None where that was not asked for.
    """
    shop = shops.get(session, shop_id)
    listed = list(rows)
    newest = _newest(listed)
    buyers = {row[ORDER_OWNER] for row in listed} - {None}  # old news tells of customers, too
    gone = _make_sure_of(session, shop, buyers)
    orders_gone = _erased(session, shop, erasures.ORDER, Order.order_id, newest)
    owners = _owners(session, shop_id)
    if gone or orders_gone or owners:
        newest = {
            order_id: _owned(row, owners)
            for order_id, row in newest.items()
            if row[ORDER_OWNER] not in gone and order_id not in orders_gone
        }
    kept = [(shop_id, *row[:OF_ORDER]) for row in _by_owner(list(newest.values()))]
    upserts.write(session, ORDERS, ["shop_id", *ORDER_COLUMNS], kept, _replace_older_order)
    places = _newest_places(listed, owners, gone, orders_gone)
    names = ["shop_id", "customer_id", "place_at", "place_told_at", "country", "province"]
    upserts.write(session, CUSTOMERS, names, [(shop_id, *each) for each in places], _replace_older_place)
    if bought is not None:
        lines.replace(session, shop_id, _standing(session, shop, bought))


def fold_customers(session: Session, shop_id: int, rows: Iterable[Row], *, with_tags: bool) -> None:
    """Take over customers (rows of CUSTOMER_COLUMNS, one each). The caller holds the shop.

    `with_tags`: also which of our segments' tags the store shows on them (plugin.history.ledger.Ledger.note_tags).
    """
    shop = shops.get(session, shop_id)
    by_id = {row[CUSTOMER_ID]: row for row in rows}
    gone = _erased(session, shop, erasures.CUSTOMER, Customer.customer_id, by_id)
    upserts.write(
        session,
        CUSTOMERS,
        ["shop_id", *CUSTOMER_COLUMNS],
        [(shop_id, *row) for customer_id, row in by_id.items() if customer_id not in gone],
        _take_over_tags if with_tags else _take_over_facts,
    )


def _newest(rows: Sequence[Row]) -> dict[int, Row]:
    newest = {row[ORDER_ID]: row for row in reversed(rows)}  # of equally new ones the first, as the ledger does
    if len(newest) < len(rows):
        for row in rows:
            if row[ORDER_VERSION] > newest[row[ORDER_ID]][ORDER_VERSION]:
                newest[row[ORDER_ID]] = row
    return newest


def _by_owner(rows: Sequence[Row]) -> Iterator[Row]:
    """One customer's after the other's: so the index by customer is written page by page, not here and there."""
    owners = np.array([row[ORDER_OWNER] or 0 for row in rows], np.int64)
    return (rows[place] for place in np.argsort(owners, kind="stable").tolist())


def _standing(session: Session, shop: Shop, bought: Bought) -> dict[int, list[lines.Share]]:
    """The lines of those orders whose stored facts are the very ones they belong to; a guest's are not kept."""
    found: dict[int, list[lines.Share]] = {}
    since, of_second = shop.lines_from, {(order_id, versions.updated_at(each)): each for order_id, each in bought}
    order_ids = [order_id for order_id, _ in bought]
    for order_id, stored, owner in arrays.rows(session, STANDING, shop_id=shop.id, order_ids=order_ids):
        # Shopify tells in whole seconds when a list was begun: a message of that second looks newer than the list. Sent
        # before lines were kept, it is not, and brought none.
        brought_none = since is not None and versions.was_seen_before(stored, since)
        version = of_second.get((order_id, versions.updated_at(stored)), stored) if brought_none else stored
        if (order_id, version) in bought:
            found[order_id] = bought[order_id, version] if owner is not None else []
    return found


def _newest_places(rows: list[Row], owners: dict[int, int], gone: set[int], orders_gone: set[int]) -> list[Row]:
    """Where each customer lives, by the newest of these orders that told it (history.customer_places)."""
    newest: dict[int, Row] = {}
    for row in rows:
        country, province = row[OF_ORDER:]
        if country is None or row[ORDER_OWNER] in gone or row[ORDER_OWNER] is None or row[ORDER_ID] in orders_gone:
            continue
        buyer: int = row[ORDER_OWNER]
        owner, told = owners.get(buyer, buyer), (row[PROCESSED_AT], row[UPDATED_AT], country)
        newest[owner] = max(newest.get(owner, ()), (*told, province or ""))
    return [(owner, *told[:3], told[3] or None) for owner, told in newest.items()]


def _replace_older_place(insert: Any) -> upserts.Insert:
    new, known = insert.excluded, Customer.__table__.c
    nothing: ColumnElement[str] = literal_column("''")

    def place(of: Any) -> ColumnElement[Any]:
        instants = (func.coalesce(of[name], literal_column("0")) for name in ("place_at", "place_told_at"))
        codes = (_bytes(func.coalesce(of[name], nothing), insert) for name in ("country", "province"))
        return tuple_(*instants, *codes)

    told = {name: new[name] for name in ("country", "province", "place_at", "place_told_at")}
    changed: upserts.Insert = insert.on_conflict_do_update(
        index_elements=["shop_id", "customer_id"], set_=told, where=place(new) > place(known)
    )
    return changed


def _replace_older_order(insert: Any) -> upserts.Insert:
    facts = {name: insert.excluded[name] for name in ORDER_COLUMNS if name != "order_id"}
    caught_up = insert.excluded.updated_at >= Order.stale_at
    facts["stale_at"] = case((caught_up, null()), else_=Order.stale_at)
    newer = _bytes(insert.excluded.version, insert) > _bytes(Order.__table__.c.version, insert)
    changed: upserts.Insert = insert.on_conflict_do_update(
        index_elements=["shop_id", "order_id"], set_=facts, where=and_(Order.deleted_at.is_(None), newer)
    )
    return changed


def _take_over_facts(insert: Any) -> upserts.Insert:
    return _update_customer(insert, {})


def _take_over_tags(insert: Any) -> upserts.Insert:
    shown, ours = insert.excluded.foreign_tags, Customer.applied_tags.bitwise_or(Customer.unsure_tags)
    return _update_customer(
        insert,
        {
            "foreign_tags": shown.bitwise_and(ours.bitwise_not()),
            "applied_tags": shown.bitwise_and(ours),
            "unsure_tags": literal_column("0"),
        },
    )


def _update_customer(insert: Any, more: dict[str, Any]) -> upserts.Insert:
    """Newest wins, for each kind of fact by its own instant; a consent without one was never changed.

    What is left of ties is broken as the ledger does it, so that every order of arrival ends the same.
    """
    zero: ColumnElement[int] = literal_column("0")
    new, figures = insert.excluded, ("lifetime_at", "lifetime_orders", "lifetime_spend")
    consent_at, known_at = func.coalesce(new.consent_at, zero), func.coalesce(Customer.consent_at, zero)
    other_word = _bytes(new.consent, insert) > _bytes(func.coalesce(Customer.consent, literal_column("''")), insert)
    later_consent = or_(consent_at > known_at, and_(consent_at == known_at, other_word))
    known_figures = (func.coalesce(Customer.__table__.c[name], zero) for name in figures)
    later_figures = tuple_(*(new[name] for name in figures)) > tuple_(*known_figures)
    facts = {
        "signed_up_at": new.signed_up_at,
        **_if(later_consent, new, "consent", "consent_at"),
        **_if(later_figures, new, *figures),
    }
    changed: upserts.Insert = insert.on_conflict_do_update(index_elements=["shop_id", "customer_id"], set_=facts | more)
    return changed


def _if(later: ColumnElement[bool], new: Any, *names: str) -> dict[str, Any]:
    return {name: case((later, new[name]), else_=Customer.__table__.c[name]) for name in names}


def _bytes(text: ColumnElement[str], insert: Any) -> ColumnElement[str]:
    """Compared byte by byte, as Python does: a database's own order of texts may skip the bars of a version."""
    return text.collate("C" if isinstance(insert, postgresql.Insert) else "BINARY")


def _make_sure_of(session: Session, shop: Shop, buyers: set[int]) -> set[int]:
    """Have a row for every buyer; returns those who were erased and must get none."""
    (known,) = arrays.integers(session, KNOWN, shop_id=shop.id, customer_ids=sorted(buyers))
    strangers = buyers.difference(known.tolist())
    gone = _erased(session, shop, erasures.CUSTOMER, Customer.customer_id, strangers)
    rows = [(shop.id, customer_id) for customer_id in sorted(strangers - gone)]
    upserts.write(session, CUSTOMERS, ["shop_id", "customer_id"], rows, lambda insert: insert.on_conflict_do_nothing())
    return gone


def _erased(
    session: Session, shop: Shop, kind: str, key: InstrumentedAttribute[int], numbers: Iterable[int]
) -> set[int]:
    """Which of these customers or orders (`key` names them) were erased, and have not come back since."""
    if shop.redaction_key is None:
        return set()
    asked, known = list(numbers), set[int]()
    for start in range(0, len(asked), KEYS_A_QUERY):
        some = key.in_(asked[start : start + KEYS_A_QUERY])
        known |= set(session.scalars(select(key).where(key.class_.shop_id == shop.id, some)))
    return erasures.erased(session, shop, kind, set(asked) - known)


def _owners(session: Session, shop_id: int) -> dict[int, int]:
    """Whose the orders of merged-away customers are today: the end of each chain of merges."""
    merged = select(Customer.customer_id, Customer.merged_into).where(Customer.shop_id == shop_id, MERGED_CUSTOMER)
    into = {gone: kept for gone, kept in session.execute(merged) if kept is not None}
    return {gone: _end_of_chain(gone, into) for gone in into}


def _end_of_chain(customer_id: int, into: dict[int, int]) -> int:
    while customer_id in into:
        customer_id = into[customer_id]
    return customer_id


def _owned(row: Row, owners: dict[int, int]) -> Row:
    owner = row[ORDER_OWNER]
    return (*row[:ORDER_OWNER], owners.get(owner, owner), *row[ORDER_OWNER + 1 :])
