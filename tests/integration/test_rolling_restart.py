"""Every process replaced while the store posts: the new one beside the old, then the old one is told to end."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rq.registry import StartedJobRegistry
from sqlalchemy import select

from dev_store.client import DevStoreClient
from plugin import queues
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.db.scope import ALL_SHOPS
from plugin.local.stack import Stack
from tests.integration.test_killed import (
    SHOP,
    quiet_after_sweep,
    recount,
    stack,
    store,
    wait_until,
)

__all__ = ["stack", "store"]

WORKERS = {"worker-inbox": ("timed", "inbox", "heard"), "worker-tags": ("tags",), "worker-runs": ("runs",)}
CUSTOMERS = 20
# Between two orders: a load, and not all that the machine can bear.
PAUSE_SECONDS = 0.1
FALLEN_BETWEEN = 2


class Shopper:
    """Buys again and again, in a thread of its own, until told that it is enough."""

    def __init__(self, address: str, customers: list[int]) -> None:
        self.placed, self._enough = 0, threading.Event()
        self._thread = threading.Thread(target=self._buy, args=(address, customers), daemon=True)
        self._thread.start()

    def _buy(self, address: str, customers: list[int]) -> None:
        with DevStoreClient(address) as store:
            while not self._enough.wait(PAUSE_SECONDS):
                store.place_order(SHOP, [{"price": f"{10 + self.placed}.00"}], customers[self.placed % len(customers)])
                self.placed += 1

    def goes_on(self, count: int = 10) -> None:
        """Wait until so many more orders have been placed."""
        before = self.placed
        wait_until(lambda: self.placed >= before + count, seconds=120)

    def stop(self) -> None:
        self._enough.set()
        self._thread.join(60)


@pytest.fixture
def shopper(stack: Stack, store: DevStoreClient) -> Iterator[Shopper]:
    made = Shopper(stack.dev_store_url, [store.create_customer(SHOP)["id"] for _ in range(CUSTOMERS)])
    yield made
    made.stop()


def doors(port: int) -> int:
    """How many processes take connections at the port."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(fields[1].endswith(f":{port:04X}") and fields[3] == "0A" for fields in map(str.split, lines))


def replace(stack: Stack, name: str, *words: str) -> int:
    """Start another one of a kind beside the first, then end the first; its exit code."""
    stack.spawn(f"{name}.2", "plugin.cli", *words)
    if name == "web":
        port = int(stack.environment["WEB_PORT"])
        wait_until(lambda: doors(port) == 2, seconds=120)
    return stack.end(name)


def not_stored(stack: Stack) -> int:
    """Deliveries that were answered 503, because the database had no time for them."""
    return sum(stack.log(name).read_text().count("delivery_not_stored") for name in ("web", "web.2"))


def events() -> list[InboxEvent]:
    with db.read() as session:
        return list(session.scalars(select(InboxEvent).execution_options(**ALL_SHOPS)))


def test_all_processes_are_replaced_under_load_and_no_delivery_fails(stack, store, shopper):
    stack.start_scheduler()
    shopper.goes_on()
    ended = {"web": replace(stack, "web", "serve")}
    for worker, served in WORKERS.items():
        shopper.goes_on()
        ended[worker] = replace(stack, worker, "worker", *(word for name in served for word in ("--queue", name)))
    ended["scheduler"] = replace(stack, "scheduler", "scheduler")
    shopper.goes_on()
    shopper.stop()
    assert store.wait_for_deliveries(120)
    wait_until(quiet_after_sweep, seconds=120)
    assert (set(ended.values()), stack.ended()) == ({0}, [])
    # The odd connection may fall between the two at the door; a gap would cost many more.
    assert store.stats()["deliveries"]["retried"] <= FALLEN_BETWEEN + not_stored(stack)
    journal = store.deliveries(shop=f"{SHOP}.myshopify.com")
    assert {each["state"] for each in journal} == {"delivered"}
    assert {each["webhook_id"] for each in journal} == {event.webhook_id for event in events() if event.done_at}
    expected = recount(store)
    assert {tag: set(store.tags(SHOP).get(tag, [])) for tag in expected} == expected


def test_a_worker_told_to_end_while_redis_goes_away_ends_after_its_job_and_does_not_come_back(stack):
    queues.queue("runs").enqueue(time.sleep, 3)
    wait_until(lambda: StartedJobRegistry("runs", connection=queues.connection()).count == 1)
    stack.kill("redis")
    assert stack.end("worker-runs") == 0
