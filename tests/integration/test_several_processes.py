"""Several web servers and workers on one PostgreSQL: every delivery counts once, whichever of them gets it."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from dev_store.client import DevStoreClient
from plugin.db import session as db
from plugin.db.models import InboxEvent
from plugin.local import processes
from plugin.local.stack import Stack
from tests.integration.test_killed import SHOP, SHOP_ID, left, quiet_after_sweep, recount, wait_until
from tests.support import looking
from tests.support.installed import ON_POSTGRESQL, switch_on
from tests.support.shop import headers

ORDERS, CUSTOMERS = 120, 30
WORKERS = {"worker-inbox": ("timed", "inbox", "heard"), "worker-tags": ("tags",), "worker-runs": ("runs",)}


@pytest.fixture
def doors(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stack, list[str]]]:
    """Two of everything; the addresses of both web servers."""
    with Stack(tmp_path, database_url=database_url) as stack:
        stack.environment |= {"DRAIN_BATCH_SIZE": "10", "LEASE_SECONDS": "5"}
        stack.start_redis()
        stack.start_dev_store()
        stack.start_web()
        first, port = stack.environment["WEB_PORT"], str(processes.free_port())
        stack.environment["WEB_PORT"] = port
        stack.spawn("web.2", "plugin.cli", "serve")
        stack.wait_for("web.2", f"http://127.0.0.1:{port}/healthz")
        for number in ("", ".2"):
            for worker, served in WORKERS.items():
                queue_names = [word for name in served for word in ("--queue", name)]
                stack.spawn(worker + number, "plugin.cli", "worker", *queue_names)
        looking.into(stack, monkeypatch)
        yield stack, [f"http://127.0.0.1:{first}", f"http://127.0.0.1:{port}"]


def post_to_both(doors: list[str], order: dict[str, Any]) -> list[int]:
    """The same delivery at both doors in the same moment, again until each has said 200."""
    body = json.dumps(order).encode()
    sent = headers("orders/create", body, **{"X-Shopify-Shop-Domain": f"{SHOP}.myshopify.com"})
    sent["X-Shopify-Webhook-Id"] = str(uuid.uuid4())

    def post(door: str) -> int:
        return httpx.post(f"{door}/webhooks", content=body, headers=sent, timeout=10).status_code

    with ThreadPoolExecutor(2) as both:
        first = list(both.map(post, doors))
    # Of two at the very same instant the database refuses one: Shopify would come again.
    return [200 if status == 200 else post(door) for status, door in zip(first, doors, strict=True)]


@ON_POSTGRESQL
def test_two_of_everything_count_every_delivery_once(doors):
    stack, addresses = doors
    with DevStoreClient(stack.dev_store_url) as store:
        store.create_shop(SHOP, plan="plus")
        httpx.get(f"{addresses[1]}/app", params={"id_token": store.id_token(SHOP)}, timeout=30).raise_for_status()
        wait_until(lambda: not left())
        switch_on(SHOP_ID)
        store.disorder(drop=1.0)
        customers = [store.create_customer(SHOP)["id"] for _ in range(CUSTOMERS)]
        for number in range(ORDERS):
            store.place_order(SHOP, [{"price": f"{20 + number}.00"}], customers[number % CUSTOMERS])
        with ThreadPoolExecutor(6) as shopify:
            answers = list(shopify.map(lambda order: post_to_both(addresses, order), store.orders(SHOP)))
        assert answers == [[200, 200]] * ORDERS
        wait_until(quiet_after_sweep, seconds=60)
        assert stack.ended() == []
        with db.read() as session:
            stored = select(func.count()).select_from(InboxEvent).where(InboxEvent.shop_id == SHOP_ID)
            assert session.scalar(stored.where(InboxEvent.topic == "orders/create")) == ORDERS
        expected = recount(store)
        assert {tag: set(store.tags(SHOP).get(tag, [])) for tag in expected} == expected
