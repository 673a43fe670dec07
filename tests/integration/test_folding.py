"""Folding is idempotent and order-independent: whatever Shopify delivers how often and when, the rows end the same."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from plugin.db import session as db
from plugin.db.models import Customer, Order, OrderHistory
from plugin.segments import columns
from plugin.shop.shop_settings import ShopSettings
from tests.support import deliveries
from tests.support import shop as shops

NOW = deliveries.START + timedelta(days=1)
DATABASE_EXAMPLES = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def rows(shop_id: int) -> dict[str, list[tuple]]:
    """Everything that folding writes, without the shop's own number."""
    with db.read() as session:
        return {
            table.__tablename__: [
                tuple(getattr(row, column.key) for column in table.__table__.columns if column.key != "shop_id")
                for row in session.scalars(
                    select(table).where(table.shop_id == shop_id).order_by(*list(table.__table__.primary_key))
                )
            ]
            for table in (Order, Customer, OrderHistory)
        }


def numbered_shop(number: list[int]) -> int:
    number[0] += 1
    return shops.make_shop(f"shop-{number[0]}.myshopify.com")


@pytest.fixture
def fresh_shop(set_clock):
    set_clock(NOW)
    number = [0]
    return lambda: numbered_shop(number)


@DATABASE_EXAMPLES
@given(history=deliveries.histories(), data=st.data())
def test_any_order_and_repetition_of_deliveries_ends_in_the_same_rows(fresh_shop, history, data):
    numbered = list(enumerate(history))
    straight, shuffled = fresh_shop(), fresh_shop()
    deliveries.deliver(straight, numbered, batch=len(numbered) or 1)
    repeated = numbered + data.draw(st.lists(st.sampled_from(numbered), max_size=6) if numbered else st.just([]))
    mixed = data.draw(st.permutations(repeated))
    deliveries.deliver(shuffled, mixed, batch=data.draw(st.integers(1, 6)))
    assert rows(straight) == rows(shuffled)


@DATABASE_EXAMPLES
@given(history=deliveries.histories())
def test_the_newest_payload_of_an_order_is_the_one_that_stands(fresh_shop, history):
    shop_id = fresh_shop()
    deliveries.deliver(shop_id, list(enumerate(history)), batch=4)
    deleted = {message.payload["id"] for message in history if message.topic == "orders/delete"}
    payloads = [
        (m.payload["updated_at"], m.triggered_at, str(i), m.payload)
        for i, m in enumerate(history)
        if "processed_at" in m.payload
    ]
    newest = {payload["id"]: payload for *_, payload in sorted(payloads, key=lambda found: found[:3])}
    with db.read() as session:
        for order_id, payload in newest.items():
            order = session.get_one(Order, (shop_id, order_id))
            if order_id in deleted:
                assert (order.customer_id, order.total) == (None, None)
            else:
                expected = round(float(payload["current_total_price_set"]["shop_money"]["amount"]) * 100)
                assert (order.total, order.financial_status) == (expected, payload["financial_status"])


@DATABASE_EXAMPLES
@given(history=deliveries.histories())
def test_packed_histories_are_what_the_orders_say(fresh_shop, history):
    shop_id = fresh_shop()
    deliveries.deliver(shop_id, list(enumerate(history)), batch=3)
    counting = ShopSettings()
    with db.read() as session:
        records: dict[int, list] = {}
        for order in session.scalars(select(Order).where(Order.shop_id == shop_id)):
            if record := counting.record(order):
                records.setdefault(order.customer_id, []).append(record)
        stored = session.scalars(select(OrderHistory).where(OrderHistory.shop_id == shop_id)).all()
        assert {row.customer_id: row.history for row in stored} == {
            customer: columns.pack(found) for customer, found in records.items()
        }
