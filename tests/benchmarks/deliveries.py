"""How many deliveries a second the web server accepts, and how long one takes: signed, stored, answered.

`python -m tests.benchmarks.deliveries [--count 4000] [--clients 8]`. The baseline is the same server answering
something that does nothing. Sends to 127.0.0.1 only and stops by itself.
"""

import json
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import click
import httpx
import numpy as np

from plugin.local.stack import Stack
from tests.support import shop as shops


@click.command()
@click.option("--count", default=4_000, help="Deliveries to send.")
@click.option("--clients", default=8, help="Connections that send them.")
def main(count: int, clients: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Stack(Path(directory)) as stack:
        stack.start_redis()
        stack.start_web()
        os.environ |= stack.environment | {"LOG_LEVEL": "ERROR"}
        from plugin import app

        app.start()
        shops.make_shop()
        bodies = [json.dumps(shops.order(i, customer=i % 500 + 1)).encode() for i in range(1, count + 1)]
        signed = [(body, shops.headers("orders/create", body)) for body in bodies]
        click.echo(f"{'requests':<28} {'a second':>9} {'p50 ms':>7} {'p99 ms':>7} {'of empty':>9}")
        empty = measure(clients, count, lambda client, _: client.get(f"{stack.app_url}/healthz"))
        told = measure(clients, count, lambda client, i: post(client, stack.app_url, *signed[i]))
        for name, (rate, times) in {"answering nothing": empty, "deliveries accepted": told}.items():
            p50, p99 = np.percentile(times, [50, 99]) * 1000
            click.echo(f"{name:<28} {rate:>9,.0f} {p50:>7.1f} {p99:>7.1f} {rate / empty[0]:>9.2f}")
        if stored() != count:
            raise click.ClickException(f"{stored()} of {count} deliveries are in the inbox")


def post(client: httpx.Client, url: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return client.post(f"{url}/webhooks", content=body, headers=headers | {"X-Shopify-Webhook-Id": str(uuid.uuid4())})


def measure(clients: int, count: int, send: Callable[[httpx.Client, int], httpx.Response]) -> tuple[float, list[float]]:
    """Requests a second, and each one's seconds."""
    times: list[float] = []

    def work(numbers: range) -> None:
        with httpx.Client(timeout=30) as client:
            for i in numbers:
                began = time.perf_counter()
                send(client, i).raise_for_status()
                times.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work, args=(range(first, count, clients),)) for first in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.perf_counter() - began), times


def stored() -> int:
    from plugin.db import session as db
    from plugin.deliveries import inbox

    with db.read() as session:
        return inbox.pending_count(session, 1)


if __name__ == "__main__":
    main()
