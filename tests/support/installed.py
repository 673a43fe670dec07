"""A shop of the development store with the app installed in this very process, for tests that follow a change all the
way. Jobs are called directly or by RQ's own worker; deliveries arrive when a test says so, in the order it wants.
"""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from dev_store.client import DevStoreClient
from plugin import clock, runs, work_left
from plugin.db import session as db
from plugin.db.models import Customer, InboxEvent, Run, Shop, TagChange
from plugin.shop import installation
from plugin.shopify import id_tokens
from plugin.standing import segment_store
from tests.support.webhook_receiver import Received, WebhookReceiver
from workers import drain_inbox, hear_tags, serve, sweep, sync_tags, work_on_runs

# For what does not depend on the database: `pytestmark = ON_ONE_DATABASE`, or as a decorator.
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", [os.environ.get("TEST_ON", "sqlite")], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

ONE_BUYER = [{"price": "100.00"}]


def segment(tag: str, orders: int = 1) -> dict[str, Any]:
    """A segment of everybody with at least so many orders."""
    condition = {"measure": "orders", "window": "lifetime", "comparison": "at_least", "value": orders}
    return {"name": tag.capitalize(), "tag": tag, "conditions": [condition]}


def open_app(store: DevStoreClient, handle: str) -> int:
    """What happens when a merchant opens the app and, the first time, switches the segments on; the shop's id."""
    shop_id = look_into(store, handle)
    with db.read() as session:
        imported_at = session.get_one(Shop, shop_id).imported_at
    if imported_at is None:  # the import will judge by them
        switch_on(shop_id)
    return shop_id


def look_into(store: DevStoreClient, handle: str) -> int:
    """The same of a merchant who switches nothing on."""
    return installation.ensure_installed(id_tokens.verify(store.id_token(handle)))


def switch_on(shop_id: int) -> None:
    """Switch every segment on, without judging anybody by it."""
    with db.write() as session:
        for each in segment_store.active(session, shop_id):
            segment_store.switch(session, shop_id, each.bit, True, clock.now())


@dataclass
class InstalledShop:
    """One shop, seen from both sides."""

    handle: str
    id: int
    store: DevStoreClient
    app: Flask
    door: WebhookReceiver
    _taken: int = field(default=0)

    @property
    def domain(self) -> str:
        return f"{self.handle}.myshopify.com"

    def buy(self, customer: int | str = "new", price: str = "100.00", **options: Any) -> dict[str, Any]:
        """Somebody places an order; the answer is the order."""
        return self.store.place_order(self.handle, [{"price": price}], customer, **options)

    def buyers(self, count: int, **options: Any) -> list[int]:
        """So many new customers with one order each; their numbers in ascending order."""
        return sorted(self.buy(**options)["customer"]["id"] for _ in range(count))

    def posted(self) -> list[Received]:
        """What Shopify posted since it was last asked for."""
        self.store.wait_for_deliveries(10)
        found = self.door.of(self.handle)
        new, self._taken = found[self._taken :], len(found)
        return new

    def receive(self, deliveries: Iterable[Received] | None = None) -> None:
        """Let deliveries (all that were posted, if none are given) in at the app's own door."""
        client = self.app.test_client()
        for each in self.posted() if deliveries is None else deliveries:
            headers = {name: value for name, value in each.headers.items() if name.startswith("x-shopify")}
            assert client.post("/webhooks", data=each.body, headers=headers).status_code == 200

    def drain(self) -> None:
        """Let in and fold what was posted, without writing tags."""
        self.receive()
        hear_tags.hear_tags(self.id)
        drain_inbox.drain_inbox(self.id)

    def sync(self) -> None:
        """Write pending tags."""
        sync_tags.sync_tags(self.id)

    def settle(self) -> None:
        """Let in what was posted, sweep and work until nothing is left to do."""
        deadline = time.monotonic() + 60
        while self.work():
            assert time.monotonic() < deadline, "There is always something left to do"

    def work(self) -> bool:
        """Let in what was posted, sweep once and do the jobs; whether anything is left to do."""
        self.receive()
        sweep.sweep()
        serve.serve([], burst=True)
        with db.read() as session:
            return bool(work_left.of(session, self.id, clock.now()))

    def install(self) -> None:
        """Open the app for the first time and take what it starts to its end."""
        self.id = open_app(self.store, self.handle)
        self.settle()

    def import_anew(self) -> None:
        """Import the history once more, to its end; nothing else is done."""
        with db.write() as session:
            runs.start_import(session, self.id, clock.now())
        while self.runs()[-1].finished_at is None:
            work_on_runs.work_on_runs(self.id)

    def save_segments(self, *definitions: dict[str, Any]) -> None:
        """Save these as the merchant would, and judge everybody by them; tags are not written yet."""
        with db.write() as session:
            segment_store.save(session, self.id, list(definitions), clock.now())
            runs.start_refresh(session, self.id, clock.now())
        work_on_runs.work_on_runs(self.id)

    def tagged(self, tag: str) -> list[int]:
        """Who carries a tag in the store."""
        return sorted(self.store.tags(self.handle).get(tag, []))

    def tags(self, customer: int) -> list[str]:
        """One customer's tags in the store."""
        found: list[str] = self.store.customer(self.handle, customer)["tags"]
        return found

    def row(self) -> Shop:
        """The shop as we have it."""
        with db.read() as session:
            return session.get_one(Shop, self.id)

    def customer(self, number: int) -> Customer:
        """A customer as we have it."""
        with db.read() as session:
            return session.get_one(Customer, (self.id, number))

    def customers(self) -> list[Customer]:
        return self.rows(Customer, Customer.customer_id)

    def runs(self) -> list[Run]:
        return self.rows(Run, Run.created_at)

    def events(self) -> list[InboxEvent]:
        return self.rows(InboxEvent, InboxEvent.received_at)

    def changes(self, customer: int | None = None) -> list[TagChange]:
        """What was written, oldest first."""
        found = self.rows(TagChange, TagChange.at)
        return [change for change in found if customer in {None, change.customer_id}]

    def rows(self, table: Any, by: Any) -> list[Any]:
        with db.read() as session:
            return list(session.scalars(select(table).where(table.shop_id == self.id).order_by(by)))


Install = Callable[..., InstalledShop]
