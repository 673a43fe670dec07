"""The whole installation as processes, killed outright while it works: the tags in the store end right all the same."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from dev_store.client import DevStoreClient
from plugin import clock, queues, work_left
from plugin.db import session as db
from plugin.db.models import PENDING_EVENT, InboxEvent
from plugin.db.scope import ALL_SHOPS
from plugin.local.stack import Stack
from tests.support import looking
from tests.support.installed import switch_on
from workers import sweep

SHOP = "demo"
SHOP_ID = 1
CUSTOMERS, ORDERS = 150, 600
INBOX_WORKER = ("plugin.cli", "worker", "--queue", "timed", "--queue", "inbox", "--queue", "heard")


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """An installation with the app in one shop, and this process looking into its database."""
    with Stack(tmp_path) as installation:
        installation.environment |= {"DRAIN_BATCH_SIZE": "20", "LEASE_SECONDS": "1"}
        installation.start_redis()
        installation.start_dev_store()
        installation.start_web()
        installation.start_workers()
        looking.into(installation, monkeypatch)
        yield installation


@pytest.fixture
def store(stack: Stack) -> Iterator[DevStoreClient]:
    with DevStoreClient(stack.dev_store_url) as client:
        client.create_shop(SHOP, plan="plus")
        httpx.get(f"{stack.app_url}/app", params={"id_token": client.id_token(SHOP)}, timeout=30).raise_for_status()
        wait_until(lambda: not left())
        switch_on(SHOP_ID)
        yield client


def left() -> object:
    with db.read() as session:
        return work_left.of(session, SHOP_ID, clock.now())


def pending(*more) -> int:
    with db.read() as session:
        return (
            session.scalar(
                select(func.count()).select_from(InboxEvent).where(PENDING_EVENT, *more).execution_options(**ALL_SHOPS)
            )
            or 0
        )


def wait_until(reached: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "not reached in time"
        time.sleep(0.005)


def place_orders(store: DevStoreClient, count: int) -> None:
    customers = [customer["id"] for customer in store.customers(SHOP)]
    for number in range(count):
        buyer = customers[number % CUSTOMERS] if len(customers) >= CUSTOMERS else "new"
        store.place_order(SHOP, [{"price": f"{50 + number}.00"}], buyer)


def kill_while_draining(stack: Stack) -> None:
    """Start the worker, and kill it with a batch in its hands."""
    stack.spawn("worker-inbox", *INBOX_WORKER)
    before = pending()
    sweep_late()
    wait_until(lambda: pending() < before)
    assert pending() > 0
    stack.kill("worker-inbox")
    time.sleep(1)  # until its turn has run out


def kill_redis(stack: Stack) -> None:
    """Kill Redis; what comes while it is away is stored all the same. Then start it where it was."""
    stack.kill("redis")
    address, stack.environment["REDIS_URL"] = stack.environment["REDIS_URL"], ""
    time.sleep(0.5)
    stack.start_redis()
    assert stack.environment["REDIS_URL"] == address


def sweep_late() -> None:
    """Sweep after the minute in which a call that was lost with its job keeps the next one away."""
    if calls := queues.connection().keys("wake:*"):
        queues.connection().delete(*calls)
    sweep.sweep()


def quiet_after_sweep() -> bool:
    """What a killed worker or Redis took with it is found by one of the next minutes' sweeps."""
    sweep_late()
    time.sleep(0.5)
    return not left()


def recount(store: DevStoreClient) -> dict[str, set[int]]:
    """The default segments' members, counted plainly: every order is paid and of today."""
    orders, spend = Counter[int](), defaultdict[int, float](float)
    for order in store.orders(SHOP):
        orders[order["customer"]["id"]] += 1
        spend[order["customer"]["id"]] += float(order["total_price"])
    return {
        "first-time": {customer for customer, count in orders.items() if count == 1},
        "repeat": {customer for customer, count in orders.items() if count >= 2},
        "frequent": {customer for customer, count in orders.items() if count >= 3},
        "high-spender": {customer for customer, amount in spend.items() if amount >= 500},
    }


def test_workers_and_redis_killed_in_the_middle_change_nothing_in_the_tags(stack, store):
    place_orders(store, CUSTOMERS)
    stack.kill("worker-inbox")
    for _ in range(2):
        # So many that the worker cannot be done with them before it is killed.
        place_orders(store, (ORDERS - CUSTOMERS - 20) // 3)
        assert store.wait_for_deliveries(30)
        kill_while_draining(stack)
    stack.spawn("worker-inbox", *INBOX_WORKER)
    before = pending()
    sweep_late()
    wait_until(lambda: pending() < before)
    kill_redis(stack)
    place_orders(store, 20)
    assert store.wait_for_deliveries(30)
    wait_until(quiet_after_sweep)
    assert stack.ended() == []
    expected = recount(store)
    assert {tag: set(store.tags(SHOP).get(tag, [])) for tag in expected} == expected
    assert store.stats()["deliveries"]["failed"] == 0
