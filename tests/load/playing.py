"""Sends deliveries to a web server at a steady rate, among requests that do nothing, and sees what becomes of them.

tests/load/__main__.py plays the long form, tests/integration/test_load.py the short one. Sends to 127.0.0.1 only.
"""

import http.client
import itertools
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from sqlalchemy import func, select

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Order
from plugin.deliveries import inbox
from plugin.local.stack import Stack
from tests.support import shop as shops

CUSTOMERS = 500
# One request in so many asks for nothing: what the others are compared with meets the same load.
EMPTY_EVERY = 5
INBOX_WORKER = ("plugin.cli", "worker", "--queue", "timed", "--queue", "inbox", "--queue", "heard")


@dataclass(slots=True)
class Part:
    """One part of the load: what was sent in it, and each answer's seconds."""

    name: str
    took: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    refused: int = 0
    seconds: float = 0.0
    waiting: int = 0
    web_mb: float = 0.0
    worker_mb: float = 0.0

    def ratio(self, percentile: float) -> float:
        """An answer to a delivery, as so many to nothing."""
        return float(np.percentile(self.took, percentile) / np.percentile(self.empty, percentile))


class Load:
    """A shop, whose Shopify is not asked anything, and those who post for it."""

    def __init__(self, stack: Stack, clients: int) -> None:
        self._stack, self._clients = stack, clients
        self._numbers = itertools.count(1)
        # The tags are never written: what is looked at is the way in.
        self.shop_id = shops.make_shop(paused_until=clock.now() + timedelta(days=365))

    def send(self, name: str, count: int, rate: float) -> Part:
        """Send so many deliveries, so many a second, each until it is answered 200 as Shopify would."""
        part, began, turn = Part(name), time.monotonic(), itertools.count()
        numbers = list(itertools.islice(self._numbers, count))

        def work() -> None:
            address = urlsplit(self._stack.app_url)
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
            while (place := next(turn)) < count:
                time.sleep(max(0.0, began + place / rate - time.monotonic()))
                self._deliver(connection, part, numbers[place])
                if place % EMPTY_EVERY == 0:
                    part.empty.append(_ask(connection, "GET", "/healthz")[1])
            connection.close()

        threads = [threading.Thread(target=work, daemon=True) for _ in range(self._clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        part.seconds = time.monotonic() - began
        return self.looked_at(part)

    def looked_at(self, part: Part) -> Part:
        """The part, with how things stand now."""
        part.waiting = self.waiting()
        part.web_mb = memory_mb(self._stack, "web")
        part.worker_mb = memory_mb(self._stack, "worker-inbox")
        return part

    def waiting(self) -> int:
        with db.read() as session:
            return inbox.pending_count(session, self.shop_id)

    def set_aside(self) -> int:
        with db.read() as session:
            return inbox.failed_count(session, self.shop_id)

    def orders(self) -> int:
        """How many of them are in the books."""
        with db.read() as session:
            return session.scalar(select(func.count()).select_from(Order).where(Order.shop_id == self.shop_id)) or 0

    def _deliver(self, connection: http.client.HTTPConnection, part: Part, number: int) -> None:
        body = json.dumps(shops.order(number, customer=number % CUSTOMERS + 1)).encode()
        sent = shops.headers("orders/create", body)
        while True:
            status, took = _ask(connection, "POST", "/webhooks", body, sent)
            if status == 200:
                part.took.append(took)
                return
            part.refused += 1


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b"", headers: dict | None = None
) -> tuple[int, float]:
    began = time.perf_counter()
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    answer.read()
    return answer.status, time.perf_counter() - began


def memory_mb(stack: Stack, name: str) -> float:
    """What a process and its children hold in memory now; nothing if it is stopped."""
    if name not in stack.running():
        return 0.0
    return sum(_resident_mb(pid) for pid in _family(stack.pid(name)))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
