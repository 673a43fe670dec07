"""Histories by category follow every message: they are what the stored lines say, and those are what was told last."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from plugin.db import session as db
from plugin.db.models import CategoryHistory, Order, OrderLine, Product
from plugin.history import bulk_ledger, category_histories, lines, versions
from plugin.history.ledger import Ledger
from plugin.schemas import admin_objects, admin_rows
from plugin.schemas.admin_rows import Listed
from plugin.segments import columns
from plugin.segments.columns import Record
from plugin.shop import shops
from plugin.shop.shop_settings import ShopSettings
from plugin.standing import categories
from tests.integration.test_bulk_folding import node
from tests.integration.test_folding import NOW, numbered_shop
from tests.support import deliveries
from tests.support import shop as made_shops
from tests.support.deliveries import Posted
from tests.support.lined import TYPES, keep_lines, line, usd

TOTAL = admin_rows.ORDER_COLUMNS.index("total")
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@st.composite
def lined_orders(draw: st.DrawFn) -> Posted:
    posted = draw(deliveries.order_payloads())
    bought = st.fixed_dictionaries(
        {
            "current_quantity": st.integers(0, 3),
            "quantity": st.just(3),
            "gift_card": st.sampled_from((False, False, True)),
            "product_id": st.sampled_from((None, 1, 2, 3, 4)),
            "price_set": st.sampled_from(("0.00", "3.33", "10.00")).map(usd),
            "discount_allocations": st.lists(st.just({"amount_set": usd("1.00")}), max_size=2),
        }
    )
    posted.payload["line_items"] = draw(st.lists(bought, max_size=3))
    return posted


def of_order(posted: Posted) -> int:
    return posted.payload["id"]


@st.composite
def product_news(draw: st.DrawFn) -> Posted:
    at, number = draw(deliveries.instants()), draw(st.integers(1, 4))
    if draw(st.integers(0, 5)) == 0:
        return Posted("products/delete", {"id": number}, at)
    told = {
        "id": number,
        "product_type": draw(st.sampled_from(TYPES)),
        "vendor": draw(st.sampled_from(("Acme", None))),
        "tags": draw(st.sampled_from(("", "New, old", "old"))),
        "updated_at": at.isoformat(),
    }
    return Posted("products/update", told, at)


@st.composite
def happenings(draw: st.DrawFn) -> list[Posted]:
    orders = draw(st.lists(lined_orders(), max_size=8))
    others = draw(st.lists(deliveries.changes(), max_size=3)) + draw(deliveries.merges())
    return orders + others + draw(st.lists(product_news(), max_size=5))


@pytest.fixture
def lined_shop(set_clock):
    """Makes shops that keep lines, know four products, and have four categories packed while nothing was there."""
    set_clock(NOW)
    number = [0]

    def made() -> int:
        shop_id = numbered_shop(number)
        with db.write() as session:
            keep_lines(session, shop_id, NOW)
        return shop_id

    return made


def work_off(shop_id: int) -> None:
    """Fold what products changed, as the job does."""
    with db.write() as session:
        mine = (Product.shop_id == shop_id, Product.fold_after.is_not(None))
        for row in session.scalars(select(Product).where(*mine)).all():
            while row.fold_after is not None:
                row.fold_after, _ = category_histories.fold_product(session, shop_id, row.product_id, row.fold_after)


def stored(shop_id: int) -> dict[tuple[int, int], bytes]:
    with db.read() as session:
        rows = session.scalars(select(CategoryHistory).where(CategoryHistory.shop_id == shop_id))
        return {(row.number, row.customer_id): row.history for row in rows}


def counted_plainly(shop_id: int) -> dict[tuple[int, int], bytes]:
    """The same from lines, orders and products, row by row."""
    found: defaultdict[tuple[int, int], list[Record]] = defaultdict(list)
    with db.read() as session:
        orders = session.scalars(select(Order).where(Order.shop_id == shop_id)).all()
        for order in orders:
            if record := ShopSettings().record(order):
                for number, (units, spend) in bought(session, shop_id, order.order_id).items():
                    found[number, order.customer_id].append(record._replace(units=units, spend=spend))
    return {place: columns.pack(records) for place, records in found.items()}


def bought(session: Session, shop_id: int, order_id: int) -> dict[int, tuple[int, int]]:
    sums: dict[int, tuple[int, int]] = {}
    same = (OrderLine.shop_id == shop_id, OrderLine.order_id == order_id)
    for found in session.scalars(select(OrderLine).where(*same)):
        product = session.get_one(Product, (shop_id, found.product_id))
        tags = {tag.casefold() for tag in product.tags}
        inside = {
            1: product.product_type.strip().casefold() == "coffee",
            2: product.vendor == "Acme",
            3: "new" in tags,
            4: product.product_id == 3,
        }
        for number in (number for number, is_in in inside.items() if is_in):
            units, spend = sums.get(number, (0, 0))
            sums[number] = (units + found.units, spend + found.spend)
    return sums


def lines_of(shop_id: int) -> list[tuple[int, ...]]:
    with db.read() as session:
        rows = session.scalars(select(OrderLine).where(OrderLine.shop_id == shop_id))
        return sorted((row.order_id, row.product_id, row.units, row.spend) for row in rows)


@EXAMPLES
@given(history=happenings(), batch=st.integers(1, 6))
def test_histories_by_category_are_what_lines_orders_and_products_say(lined_shop, history, batch):
    shop_id = lined_shop()
    deliveries.deliver(shop_id, list(enumerate(history)), batch)
    work_off(shop_id)
    assert stored(shop_id) == counted_plainly(shop_id)


@EXAMPLES
@given(history=happenings(), data=st.data())
def test_any_order_and_repetition_of_messages_ends_in_the_same_lines_and_histories(lined_shop, history, data):
    numbered = list(enumerate(history))
    straight, shuffled = lined_shop(), lined_shop()
    deliveries.deliver(straight, numbered, batch=len(numbered) or 1)
    repeated = numbered + data.draw(st.lists(st.sampled_from(numbered), max_size=5) if numbered else st.just([]))
    deliveries.deliver(shuffled, data.draw(st.permutations(repeated)), batch=data.draw(st.integers(1, 6)))
    work_off(straight)
    work_off(shuffled)
    assert lines_of(straight) == lines_of(shuffled)
    assert stored(straight) == stored(shuffled)


@EXAMPLES
@given(history=happenings(), at_once=st.integers(1, 3))
def test_rebuilt_histories_are_the_very_ones_that_were_folded(lined_shop, history, at_once):
    shop_id = lined_shop()
    deliveries.deliver(shop_id, list(enumerate(history)), batch=3)
    work_off(shop_id)
    folded = stored(shop_id)
    with db.write() as session:
        spoil(session, shop_id)
    rebuild(shop_id, at_once)
    assert stored(shop_id) == folded


def spoil(session: Session, shop_id: int) -> None:
    """Some histories gone, some of customers who have none."""
    session.execute(delete(CategoryHistory).where(CategoryHistory.shop_id == shop_id, CategoryHistory.number == 1))
    session.add(CategoryHistory(shop_id=shop_id, number=2, customer_id=999, history=columns.pack([Record(1, 2, 3, 4)])))


def rebuild(shop_id: int, at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch, db.write() as session:
        patch.setattr(category_histories, "CUSTOMERS_AT_ONCE", at_once)
        in_each = categories.products_in(session, shop_id, categories.begun(session, shop_id))
        after: int | None = 0
        while after is not None:
            after = category_histories.rebuild(session, shop_id, in_each, after)


@EXAMPLES
@given(before=happenings(), after=happenings(), listed=st.lists(lined_orders(), max_size=6, unique_by=of_order))
def test_a_list_with_lines_folded_at_once_is_one_folded_order_by_order(lined_shop, before, after, listed):
    ended = []
    for fold in (fold_one_by_one, fold_at_once):
        shop_id = lined_shop()
        deliveries.deliver(shop_id, list(enumerate(before)), batch=3)
        fold(shop_id, [(node(posted), lines_as_listed(posted)) for posted in listed])
        deliveries.deliver(shop_id, [(1_000 + number, each) for number, each in enumerate(after)], batch=3)
        ended.append(lines_of(shop_id))
    assert ended[0] == ended[1]


def lines_as_listed(posted: Posted) -> list[dict[str, Any]]:
    """The lines of a delivery as the Admin API would show them."""
    return [
        {
            "currentQuantity": each["current_quantity"],
            "isGiftCard": each["gift_card"],
            "quantity": each["quantity"],
            "product": each["product_id"] and {"id": f"gid://shopify/Product/{each['product_id']}"},
            "originalTotalSet": listed_money(str(Decimal(amount_of(each["price_set"])) * each["quantity"])),
            "discountAllocations": [
                {"allocatedAmountSet": listed_money(amount_of(off["amount_set"]))}
                for off in each["discount_allocations"]
            ],
        }
        for each in posted.payload["line_items"]
    ]


def listed_money(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount}}


def amount_of(money_set: dict[str, Any]) -> str:
    return money_set["shop_money"]["amount"]


def fold_one_by_one(shop_id: int, listed: list[tuple[Any, Any]]) -> None:
    with db.write() as session:
        shops.hold(session, shop_id)
        book = Ledger(session, shop_id)
        for each, bought in listed:
            facts = admin_objects.order(each, bought)
            book.apply_order(facts, versions.of(facts.updated_at, NOW, "import"))
        book.save()


def fold_at_once(shop_id: int, listed: list[tuple[Any, Any]]) -> None:
    like = Listed("USD", versions.ending(NOW, "import"))
    rows, shares = [], {}
    for each, bought in listed:
        row = admin_rows.order(each, bought, like)
        place = row[bulk_ledger.ORDER_ID], row[bulk_ledger.ORDER_VERSION]
        shares[place] = lines.shares(admin_rows.lines(bought, like), row[TOTAL])
        rows.append(row)
    with db.write() as session:
        shops.hold(session, shop_id)
        bulk_ledger.fold_orders(session, shop_id, rows, shares)


def test_a_product_that_changes_is_folded_some_orders_at_a_time(lined_shop, monkeypatch):
    monkeypatch.setattr(category_histories, "ORDERS_AT_ONCE", 2)
    shop_id = lined_shop()
    orders = [
        Posted("orders/create", made_shops.order(n, n % 3 + 1, line_items=[line(2)]), NOW - timedelta(hours=n))
        for n in range(1, 6)
    ]
    deliveries.deliver(shop_id, list(enumerate(orders)), batch=5)
    assert {number for number, _ in stored(shop_id)} == {2, 3}
    told = {"id": 2, "product_type": "COFFEE", "vendor": "", "tags": "", "updated_at": NOW.isoformat()}
    deliveries.deliver(shop_id, [(100, Posted("products/update", told, NOW))], batch=1)
    work_off(shop_id)
    assert {number for number, _ in stored(shop_id)} == {1}
    assert stored(shop_id) == counted_plainly(shop_id)
