"""How long new orders take in a shop that has many already, folded, judged and recorded.

`python -m tests.benchmarks.events [--sizes 100000] [--count 1000]`. The orders are of customers drawn by their orders,
as webhooks bring them: who orders a lot is in nearly every batch. Drained batches against one transaction an order, in
usual app code and in our own; reading and judging 500 such customers against a plain loop; and one order of a customer
with 100,000 of them.
"""

import hashlib
import json
import os
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import click
import numpy as np
from sqlalchemy import create_engine, select

from plugin import clock
from plugin.db import session as db
from plugin.db.models import Customer, OrderHistory
from plugin.deliveries import inbox
from plugin.deliveries.inbox import Delivery
from plugin.segments import evaluate
from plugin.segments.columns import RECORD, seconds
from plugin.segments.customers import Store
from plugin.segments.needs import Needs
from plugin.standing import loading
from tests.benchmarks import databases, fill, measuring, one_job_a_webhook, plain_loop, stores
from tests.benchmarks.databases import copied
from tests.benchmarks.measuring import Watch
from tests.support import shop as shops
from workers import drain_inbox

NAME = "tests.benchmarks.events"
HEADER = ("customers", "what", "seconds", "a second", "ratio", "CPU s", "peak MB")
HOT = 500
BATCHES = 15
GIANT, GIANT_ORDERS = 42, 100_000


@click.command()
@click.option("--sizes", default="100000", help="Numbers of customers.")
@click.option("--count", default=1_000, help="New orders.")
def main(sizes: str, count: int) -> None:
    measuring.table(HEADER, (line for customers in map(int, sizes.split(",")) for line in lines(customers, count)))


def lines(customers: int, count: int) -> Iterator[tuple[Any, ...]]:
    """One size's lines."""
    with databases.fresh("sqlite") as url:
        store = stores.make(customers)
        shop_id = databases.prepare(url, store, plain=True, orders=True)
        buyers = _drawn_by_orders(store, count)
        folded = measuring.compare(
            {
                "a transaction an order": (NAME, "one_by_one", url, shop_id, buyers),
                "drained one by one": (NAME, "drained", url, shop_id, buyers, 1),
                "drained batches": (NAME, "drained", url, shop_id, buyers, 500),
            },
            rounds=1,
        )
        judged = measuring.compare(
            {
                f"plain loop, {HOT} customers": (NAME, "plain_hot", url, buyers),
                f"engine, {HOT} customers": (NAME, "engine_hot", url, shop_id, buyers),
            },
            rounds=2,
        )
        for done, ways in ((count, folded), (HOT, judged)):
            plain = next(iter(ways.values()))
            for name, run in ways.items():
                rate = int(done / run.wall)
                yield customers, name, run.wall, rate, plain.wall / run.wall, run.cpu, int(run.peak_mb)
        giant = measuring.alone(NAME, "one_event", url, shop_id, buyers[0])
        for name, took in giant.answer.items():
            yield (
                customers,
                name,
                took,
                int(1 / took),
                giant.answer["an order of a usual customer"] / took,
                "",
                int(giant.peak_mb),
            )


def one_by_one(watch: Watch, url: str, shop_id: int, buyers: list[int]) -> str:
    with copied(url) as copy:
        databases.start(copy)
        bodies = [json.dumps(payload) for payload in _payloads(buyers)]
        with watch.running():
            for body in bodies:
                one_job_a_webhook.handle(shop_id, body, stores.AS_OF)
        return _tags(shop_id, buyers)


def drained(watch: Watch, url: str, shop_id: int, buyers: list[int], batch: int) -> str:
    with copied(url) as copy:
        os.environ["DRAIN_BATCH_SIZE"] = str(batch)
        databases.start(copy)
        _accept(shop_id, _payloads(buyers))
        with watch.running():
            while drain_inbox.drain_batch(shop_id):
                pass
        return _tags(shop_id, buyers)


def plain_hot(watch: Watch, url: str, buyers: list[int]) -> str:
    now = int(stores.AS_OF.timestamp())
    with create_engine(databases.plain_url(url)).connect() as connection:
        driver: Any = connection.connection.driver_connection

        def judge(some: list[int]) -> dict[int, tuple[int, int]]:
            orders = defaultdict(list)
            marks = ", ".join("?" * len(some))
            for row in driver.execute(
                f"SELECT customer_id, processed_at, spend FROM plain_orders WHERE customer_id IN ({marks}) "
                "ORDER BY customer_id, processed_at",
                some,
            ):
                orders[row[0]].append(row)
            found = {}
            for customer_id, theirs in orders.items():
                mask, review_at = plain_loop.judge(theirs, now)
                found[customer_id] = mask, evaluate.NEVER if review_at is None else review_at * 1_000_000
            return found

        return _measure_batches(watch, buyers, judge)


def engine_hot(watch: Watch, url: str, shop_id: int, buyers: list[int]) -> str:
    databases.start(url)
    with db.read() as session:

        def judge(some: list[int]) -> dict[int, tuple[int, int]]:
            found: dict[int, tuple[int, int]] = {}
            for customers, _ in loading.some(session, shop_id, some, Needs(), stores.AS_OF).pieces:
                answers = evaluate.evaluate(customers, fill.SEGMENTS, stores.AS_OF, Store())
                both = zip(answers.memberships.tolist(), answers.next_review_at.tolist(), strict=True)
                found |= {
                    each: answer
                    for each, answer in zip(customers.columns.customer_ids.tolist(), both, strict=True)
                    if answer[0]
                }
            return found

        return _measure_batches(watch, buyers, judge)


def one_event(watch: Watch, url: str, shop_id: int, usual: int) -> dict[str, float]:
    with copied(url) as copy, watch.running():
        databases.start(copy)
        _add_giant(shop_id)
        took = {}
        for name, customer in (
            ("an order of a usual customer", usual),
            (f"an order of one with {GIANT_ORDERS:,}", GIANT),
        ):
            each = []
            for number in range(9):
                _accept(shop_id, [_payload(number + 100 * customer, customer)])
                each.append(measuring.seconds(lambda: drain_inbox.drain_batch(shop_id)))
            took[name] = statistics.median(each[2:])
    return took


def _measure_batches(watch: Watch, buyers: list[int], judge: Callable[[list[int]], dict[int, Any]]) -> str:
    """The median batch's seconds; a batch in front warms what a worker at work has warm."""
    batches = [sorted(set(buyers[i * 17 :][:HOT])) for i in range(BATCHES + 1)]
    answers = [judge(batches[0])]
    with watch.running():
        times = [measuring.seconds(lambda some=some: answers.append(judge(some))) for some in batches[1:]]
    watch.wall = statistics.median(times)
    watch.cpu /= BATCHES
    return hashlib.sha256(json.dumps([sorted(each.items()) for each in answers]).encode()).hexdigest()


def _drawn_by_orders(store: stores.MadeStore, count: int) -> list[int]:
    chosen = np.random.default_rng(3).choice(len(store.orders), count, replace=False)
    found: list[int] = store.whose()[chosen].tolist()
    return found


def _payloads(buyers: list[int]) -> list[dict[str, Any]]:
    return [_payload(number, customer) for number, customer in enumerate(buyers, start=1)]


def _payload(number: int, customer: int) -> dict[str, Any]:
    return shops.order(number, customer, at=f"2025-12-31T{number % 24:02}:{number % 60:02}:00Z", total="30.00")


def _accept(shop_id: int, payloads: list[dict[str, Any]]) -> None:
    with db.write() as session:
        for payload in payloads:
            body = json.dumps(payload).encode()
            delivery = Delivery(f"order-{payload['id']}", "orders/create", None, clock.now(), body)
            inbox.accept(session, shop_id, delivery, clock.now())


def _add_giant(shop_id: int) -> None:
    records = np.zeros(GIANT_ORDERS, RECORD)
    records["order_id"] = np.arange(GIANT_ORDERS) + 1
    records["processed_at"] = seconds(stores.AS_OF) - 86_400 * 900 + 700 * np.arange(GIANT_ORDERS)
    records["spend"], records["units"] = 1_500, 1
    with db.write() as session:
        session.add(Customer(shop_id=shop_id, customer_id=GIANT))
        session.add(OrderHistory(shop_id=shop_id, customer_id=GIANT, history=records.tobytes()))


def _tags(shop_id: int, buyers: list[int]) -> str:
    found = select(Customer.customer_id, Customer.wanted_tags).where(Customer.shop_id == shop_id)
    wanted = set(buyers)
    with db.read() as session:
        rows = sorted(tuple(row) for row in session.execute(found) if row[0] in wanted)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


if __name__ == "__main__":
    main()
