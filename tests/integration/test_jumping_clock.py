"""After a jump of the clock everybody is due at once: worked off batch by batch, and deliveries do not wait for it."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from plugin import clock, queues
from plugin.db import session as db
from plugin.db.models import Customer
from plugin.deliveries import inbox
from plugin.deliveries.inbox import Delivery
from plugin.standing import refresh
from tests.benchmarks import fill, stores
from tests.support import shop as shops
from workers import drain_inbox, review_due, serve

LATER = stores.AS_OF + timedelta(days=400)
CUSTOMERS = 1_000


@pytest.fixture
def shop_id(settings, set_clock, monkeypatch) -> int:
    """Made customers who were judged more than a year ago, reviewed ten at a time."""
    set_clock(LATER)
    monkeypatch.setattr(review_due, "CUSTOMERS_A_BATCH", 10)
    shop_id = shops.make_shop()
    fill.shop(db.engine(), shop_id, stores.make(CUSTOMERS))
    return shop_id


def due(shop_id: int) -> int:
    with db.read() as session:
        return len(refresh.due(session, shop_id, LATER, CUSTOMERS))


def accept(shop_id: int, number: int) -> None:
    body = json.dumps(shops.order(number, customer=number, at=LATER.isoformat())).encode()
    with db.write() as session:
        inbox.accept(session, shop_id, Delivery(str(number), "orders/create", None, LATER, body), clock.now())
    queues.wake("drain", shop_id)


def test_everybody_due_is_worked_off_and_stands_as_if_judged_anew(shop_id):
    assert due(shop_id) > 150
    queues.wake("review", shop_id)
    serve.serve(["inbox"], burst=True)
    assert due(shop_id) == 0
    with db.write() as session:
        everybody = session.scalars(select(Customer.customer_id).where(Customer.shop_id == shop_id)).all()
        assert refresh.refresh_customers(session, shop_id, everybody, LATER, "settings") == 0


def test_a_delivery_waits_for_one_batch_of_its_shop_at_most(shop_id, monkeypatch):
    told, waited = [], []
    review, drain = review_due.review_batch, drain_inbox.drain_batch

    def review_batch(*args):
        if len(told) < 3:
            accept(shop_id, 10_000 + len(told))
            told.append(due(shop_id))
        return review(*args)

    def drain_batch(*args):
        waited.append(told[-1] - due(shop_id) if told else 0)
        return drain(*args)

    monkeypatch.setattr(review_due, "review_batch", review_batch)
    monkeypatch.setattr(drain_inbox, "drain_batch", drain_batch)
    queues.wake("review", shop_id)
    serve.serve(["inbox"], burst=True)
    assert (len(told), due(shop_id)) == (3, 0)
    assert waited.count(10) >= 3
    assert max(waited[:6]) == 10


def test_another_shops_delivery_waits_for_one_job_at_most(shop_id, monkeypatch):
    other = shops.make_shop("other.myshopify.com")
    before, drain = [], drain_inbox.drain_batch
    monkeypatch.setattr(drain_inbox, "drain_batch", lambda shop: before.append(due(shop_id)) or drain(shop))
    everybody = due(shop_id)
    queues.wake("review", shop_id)
    accept(other, 1)
    serve.serve(["inbox"], burst=True)
    assert before[0] == everybody - 10 * review_due.BATCHES_A_JOB


def test_those_due_longest_come_first(shop_id):
    with db.read() as session:
        first = refresh.due(session, shop_id, LATER, 5)
        times = select(Customer.next_review_at).where(Customer.shop_id == shop_id, Customer.customer_id.in_(first))
        latest = max(session.scalars(times))
        earlier = (Customer.shop_id == shop_id, Customer.next_review_at < latest)
        assert session.scalar(select(func.count()).select_from(Customer).where(*earlier)) < 5
