"""The inbox, its wake-up calls and its turns against a model that fits on a page, whatever happens in between.

Every accepted delivery is folded once and no more, the newest payload of an order stands, and as long as no call and no
process was lost, nothing ever waits for the sweep. tests/support/modelled.py says how to try more of it.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from plugin import app, queues, turns
from plugin.db import session as db
from plugin.db.models import Customer, InboxEvent, Order
from plugin.deliveries import inbox
from tests.conftest import start
from tests.support import shop as shops
from tests.support.installed import segment
from tests.support.modelled import Meanwhile, explore
from tests.support.mortality import Killed, Reaper
from workers import drain_inbox, serve, sweep

START = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)
messages = st.builds(
    dict,
    order=st.integers(1, 3),
    customer=st.integers(1, 2),
    seconds=st.integers(0, 9),
    status=st.sampled_from(("paid", "paid", "voided")),
)


class Inbox(RuleBasedStateMachine):
    """One shop. `newest` is what Shopify said last of each order, `lost` whether a call or a process is."""

    def __init__(self, client: FlaskClient) -> None:
        super().__init__()
        self.client = client
        self.domain = f"model-{next(_numbers)}.myshopify.com"
        self.shop_id = shops.make_shop(self.domain, [segment("buyer"), segment("repeat", 2)])
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.newest: dict[int, tuple[Any, ...]] = {}
        self.folded: dict[str, datetime] = {}
        self.lost, self.deaths = False, 0
        queues.connection().flushdb()

    @rule(message=messages)
    def arrives(self, message: dict[str, Any]) -> None:
        number = f"{len(self.sent):03}"
        self.sent.append((number, message))
        self.post(number, message)
        version = (message["seconds"], number, message["customer"], message["status"])
        self.newest[message["order"]] = max(version, self.newest.get(message["order"], version))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def comes_again(self, data: st.DataObject) -> None:
        self.post(*data.draw(st.sampled_from(self.sent)))

    @rule(what=st.sampled_from(("call", "job", "both")))
    def redis_forgets(self, what: str) -> None:
        if what != "job":
            queues.connection().delete(*(queues.connection().keys("wake:*") or ["none"]))
        if what != "call":
            queues.queue("inbox").empty()
            self.lost = True

    @rule()
    def jobs_are_done(self) -> None:
        serve.serve(["inbox"], burst=True)
        assert self.lost or self.pending() == []

    @rule(message=messages, transaction=st.sampled_from((2, 3, 4, 5, 6, 6, 6, 7)), another_worker=st.booleans())
    def something_comes_during_a_job(self, message: dict[str, Any], transaction: int, another_worker: bool) -> None:
        def happens() -> None:
            self.arrives(message)
            if another_worker:  # it takes the job that was called for this
                queues.queue("inbox").empty()
                drain_inbox.drain_inbox(self.shop_id)

        self.a_minute_later()  # so that nothing else is lost, or waits
        self.arrives(message)
        with Meanwhile(transaction, happens):
            self.jobs_are_done()

    @rule(point=st.integers(1, 24), turn_stays=st.booleans())
    def a_worker_dies(self, point: int, turn_stays: bool) -> None:
        queues.queue("inbox").empty()  # its job goes with it
        self.lost = True
        try:
            with Reaper(point).at_work():
                drain_inbox.drain_inbox(self.shop_id)
        except Killed:
            self.deaths += 1
            if turn_stays:
                turns.take(self.shop_id, "drain")

    @rule()
    def a_minute_later(self) -> None:
        """Calls and turns of the dead have run out; the sweep finds what they left."""
        self.redis_forgets("call")
        with db.write() as session:
            turns.revoke_all(session, self.shop_id)
            replayed = inbox.replay(session, self.shop_id)
        assert replayed == 0 or self.deaths >= inbox.GIVE_UP_AFTER
        sweep.sweep()
        self.lost = False
        self.jobs_are_done()

    @invariant()
    def what_was_accepted_is_there_and_what_is_folded_stays_so(self) -> None:
        events = {event.webhook_id: event for event in self.rows(InboxEvent)}
        assert sorted(events) == [number for number, _ in self.sent]
        done = {number: event.done_at for number, event in events.items() if event.done_at}
        assert done == done | self.folded
        assert all((event.body is None) == (event.done_at is not None) for event in events.values())
        self.folded = done

    def teardown(self) -> None:
        self.a_minute_later()
        expected = {order: (customer, status) for order, (_, _, customer, status) in self.newest.items()}
        assert {o.order_id: (o.customer_id, o.financial_status) for o in self.rows(Order)} == expected
        for customer in self.rows(Customer):
            count = sum(who == customer.customer_id and status == "paid" for who, status in expected.values())
            assert customer.wanted_tags == (0, 0b01, 0b11, 0b11)[count]

    def post(self, number: str, message: dict[str, Any]) -> None:
        at = (START + timedelta(seconds=message["seconds"])).isoformat()
        payload = shops.order(message["order"], message["customer"], updated_at=at, financial_status=message["status"])
        sent = {"Shop-Domain": self.domain, "Webhook-Id": number, "Triggered-At": at}
        changed = {f"X-Shopify-{name}": value for name, value in sent.items()}
        assert shops.post(self.client, "orders/updated", payload, **changed).status_code == 200

    def pending(self) -> list[str]:
        return [event.webhook_id for event in self.rows(InboxEvent) if not (event.done_at or event.failed_at)]

    def rows(self, table: Any) -> list[Any]:
        with db.read() as session:
            return list(session.query(table).where(table.shop_id == self.shop_id))


def test_every_delivery_is_folded_once_whatever_is_lost_and_whoever_dies(settings, monkeypatch):
    monkeypatch.setenv("DRAIN_BATCH_SIZE", "2")
    start()
    client = app.create_app().test_client()
    explore(lambda: Inbox(client), examples=8, steps=14)


def test_what_comes_while_a_job_ends_never_waits_for_the_sweep(settings):
    """Another worker takes the job that is called for it, finds the turn taken, and leaves."""
    shop = Inbox(app.create_app().test_client())
    message = {"order": 1, "customer": 1, "seconds": 9, "status": "paid"}
    for transaction in range(1, 9):
        shop.something_comes_during_a_job(message=message, transaction=transaction, another_worker=True)
    shop.teardown()
