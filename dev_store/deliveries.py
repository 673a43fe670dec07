"""Webhook deliveries: signed, posted over kept-alive connections, tried again, and on request duplicated, delayed,
reordered or dropped. `store` hands them in; a journal says what became of each. Follows the machine's own time.

Reference: https://shopify.dev/docs/apps/build/webhooks/delivery-structure
"""

import base64
import hashlib
import heapq
import hmac
import http.client
import itertools
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, urlsplit

TIME_OUT = 5.0
MOST_ATTEMPTS = 9  # the first and eight retries
_JOURNAL = 50_000


@dataclass(slots=True)
class Delivery:
    """One POST to the app; webhook id, body and instant stay the same over its retries."""

    shop: str
    topic: str
    webhook_id: str
    event_id: str
    triggered_at: str
    api_version: str
    url: str
    body: bytes = field(repr=False)
    name: str | None = None
    attempts: int = 0
    state: str = "pending"
    last_status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Disorder:
    """How likely a delivery is dropped, sent twice, held back for long, or overtaken by later ones.

    With `drop_topics` only deliveries of these are dropped.
    """

    drop: float = 0.0
    drop_topics: Collection[str] = ()
    duplicate: float = 0.0
    delay: float = 0.0
    delay_seconds: float = 2.0
    reorder: float = 0.0
    reorder_seconds: float = 0.2


class Deliveries:
    """A pool of threads that posts what it is given."""

    def __init__(self, secret: str, threads: int = 8, retry_base: float = 0.2) -> None:
        self._secret = secret.encode()
        self._retry_base = retry_base
        self._waiting: list[tuple[float, int, Delivery]] = []
        self._sequence: Iterator[int] = itertools.count()
        self._unfinished = 0
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._quieter = threading.Condition(self._lock)
        self._random = random.Random(0)
        self._disorder = Disorder()
        self.journal: deque[Delivery] = deque(maxlen=_JOURNAL)
        self.counts: Counter[str] = Counter()
        for number in range(threads):
            threading.Thread(target=self._work, daemon=True, name=f"deliveries {number}").start()

    def disorder(self, disorder: Disorder, seed: int = 0) -> None:
        """Treat deliveries so from now on; the seed makes the draws repeatable."""
        with self._lock:
            self._disorder = disorder
            self._random.seed(seed)

    def submit(self, delivery: Delivery) -> None:
        """Take a delivery on; it goes out as soon as a thread is free, unless the disorder says otherwise."""
        with self._lock:
            self.journal.append(delivery)
            draws = self._disorder
            droppable = not draws.drop_topics or delivery.topic in draws.drop_topics
            if self._random.random() < draws.drop and droppable:
                delivery.state = "dropped"
                self.counts["dropped"] += 1
                return
            wait = 0.0
            if self._random.random() < draws.delay:
                wait += draws.delay_seconds * self._random.random()
            if self._random.random() < draws.reorder:
                wait += draws.reorder_seconds * self._random.random()
            self._push(delivery, wait)
            if self._random.random() < draws.duplicate:
                self.counts["duplicated"] += 1
                again = replace(delivery)
                self.journal.append(again)
                self._push(again, wait + draws.reorder_seconds * self._random.random())

    def wait(self, timeout: float | None = None, most: int = 0) -> bool:
        """Wait until at most `most` deliveries are unfinished; False if the time-out came first."""
        with self._lock:
            return self._quieter.wait_for(lambda: self._unfinished <= most, timeout)

    @property
    def unfinished(self) -> int:
        """How many deliveries have neither arrived nor been given up."""
        return self._unfinished

    def _push(self, delivery: Delivery, wait: float) -> None:
        self._unfinished += 1
        heapq.heappush(self._waiting, (time.monotonic() + wait, next(self._sequence), delivery))
        self._ready.notify()

    def _work(self) -> None:
        connections: dict[tuple[str, str], http.client.HTTPConnection] = {}
        while True:
            delivery = self._next()
            delivery.attempts += 1
            try:
                status = _post(connections, delivery, self._headers(delivery))
                error = None
            except (OSError, http.client.HTTPException) as failure:
                status, error = None, f"{type(failure).__name__}: {failure}"
            self._settle(delivery, status, error)

    def _next(self) -> Delivery:
        with self._lock:
            while not self._waiting or self._waiting[0][0] > time.monotonic():
                self._ready.wait(self._waiting[0][0] - time.monotonic() if self._waiting else None)
            return heapq.heappop(self._waiting)[2]

    def _settle(self, delivery: Delivery, status: int | None, error: str | None) -> None:
        with self._lock:
            delivery.last_status, delivery.error = status, error
            self._unfinished -= 1
            if status is not None and 200 <= status < 300:
                delivery.state = "delivered"
                self.counts["delivered"] += 1
            elif delivery.attempts < MOST_ATTEMPTS:
                delivery.state = "retrying"
                self.counts["retried"] += 1
                self._push(delivery, self._retry_base * 2 ** (delivery.attempts - 1))
            else:
                delivery.state = "failed"
                self.counts["failed"] += 1
            if delivery.state != "retrying":
                delivery.body = b""  # the journal tells what became of it, not what it said
            self._quieter.notify_all()

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        digest = hmac.new(self._secret, delivery.body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
            "X-Shopify-Shop-Domain": delivery.shop,
            "X-Shopify-API-Version": delivery.api_version,
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": delivery.triggered_at,
        }
        return headers | ({"X-Shopify-Name": delivery.name} if delivery.name else {})


def _post(
    connections: dict[tuple[str, str], http.client.HTTPConnection],
    delivery: Delivery,
    headers: dict[str, str],
) -> int:
    address = urlsplit(delivery.url)
    place = (address.scheme, address.netloc)
    target = address.path + (f"?{address.query}" if address.query else "")
    kept = place in connections
    connection = connections.setdefault(place, _connect(address)) if kept else _connect(address)
    connections[place] = connection
    try:
        return _exchange(connection, target, delivery.body, headers)
    except (OSError, http.client.HTTPException) as failure:
        connections.pop(place).close()
        if not kept or isinstance(failure, TimeoutError):
            raise
    # The app closed the idle connection; that is no failed attempt.
    connections[place] = _connect(address)
    try:
        return _exchange(connections[place], target, delivery.body, headers)
    except (OSError, http.client.HTTPException):
        connections.pop(place).close()
        raise


def _connect(address: SplitResult) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    return kind(address.hostname or "", address.port, timeout=TIME_OUT)


def _exchange(connection: http.client.HTTPConnection, target: str, body: bytes, headers: dict[str, str]) -> int:
    connection.request("POST", target, body, headers)
    response = connection.getresponse()
    response.read()
    return response.status
