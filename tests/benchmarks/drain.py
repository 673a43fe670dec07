"""How many deliveries a second are folded and judged by drained batches, against one RQ job a webhook.

`python -m tests.benchmarks.drain [--count 5000]`. Both run in one worker over the same SQLite and Redis, on the same
deliveries; the segments they arrive at are compared, and a difference ends the run with an error.
"""

import json
import os
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from plugin.local.stack import Stack
from tests.benchmarks import one_job_a_webhook
from tests.support import shop as shops


@click.command()
@click.option("--count", default=5_000, help="Deliveries.")
def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Stack(Path(directory)) as stack:
        stack.start_redis()
        os.environ |= stack.environment | {"LOG_LEVEL": "ERROR"}
        from plugin import app
        from plugin.db import schema
        from plugin.db import session as db

        app.start()
        schema.upgrade(db.engine())
        payloads = made_orders(count)
        plain_shop, our_shop = shops.make_shop("plain.myshopify.com"), shops.make_shop("ours.myshopify.com")
        plain = one_job_each(plain_shop, payloads)
        ours = drained(our_shop, payloads)
        if standing(plain_shop) != standing(our_shop):
            raise click.ClickException("the two ways disagree about the customers")
        click.echo(f"{'way':<28} {'deliveries/s':>12} {'ratio':>6}")
        for name, seconds in {"one RQ job a webhook": plain, "drained in batches": ours}.items():
            click.echo(f"{name:<28} {count / seconds:>12,.0f} {plain / seconds:>6.1f}")


def made_orders(count: int) -> list[dict[str, Any]]:
    """Orders of a thousand customers, some of whom order a lot: what a busy day brings."""
    chance = random.Random(7)
    now = datetime.now(UTC).replace(microsecond=0)
    return [
        shops.order(
            number,
            customer=min(int(chance.paretovariate(0.6)), 1_000),
            at=(now - timedelta(days=chance.randrange(1, 400))).isoformat(),
            total=f"{chance.randrange(500, 20_000) / 100:.2f}",
        )
        for number in range(1, count + 1)
    ]


def one_job_each(shop_id: int, payloads: list[dict[str, Any]]) -> float:
    """Seconds from the first job's start to the last one's end."""
    from plugin import queues
    from workers import serve

    queue = queues.queue("inbox")
    for payload in payloads:
        queue.enqueue(one_job_a_webhook.handle, shop_id, json.dumps(payload), result_ttl=0)
    began = time.perf_counter()
    serve.serve(["inbox"], burst=True)
    return time.perf_counter() - began


def drained(shop_id: int, payloads: list[dict[str, Any]]) -> float:
    """Seconds from the wake-up call to an empty inbox."""
    from plugin import clock, queues
    from plugin.db import session as db
    from plugin.deliveries import inbox
    from plugin.deliveries.inbox import Delivery
    from workers import serve

    now = clock.now()
    with db.write() as session:
        for number, payload in enumerate(payloads):
            body = json.dumps(payload).encode()
            inbox.accept(session, shop_id, Delivery(str(number), "orders/create", None, now, body), now)
    began = time.perf_counter()
    queues.wake("drain", shop_id)
    serve.serve(["inbox"], burst=True)
    return time.perf_counter() - began


def standing(shop_id: int) -> dict[int, int]:
    from plugin.db import session as db
    from plugin.db.models import Customer

    with db.read() as session:
        found = select(Customer.customer_id, Customer.wanted_tags).where(Customer.shop_id == shop_id)
        return dict(session.execute(found).all())


if __name__ == "__main__":
    main()
