"""`make load`: steady deliveries, a minute of ten times as many while the workers are stopped, then the backlog.

`python -m tests.load [--rate 20] [--seconds 60]`. Ends with 1 if a delivery was lost or is stuck. Times
vary with the machine; what to look at are the ratios to a request that does nothing, sent among them, and the memory.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click

from plugin.local.stack import Stack
from tests.benchmarks import measuring
from tests.load.playing import INBOX_WORKER, Load, Part

BURST = 10
HEADER = (
    "",
    "sent",
    "a second",
    "p50 ms",
    "p99 ms",
    "p50 ratio",
    "p99 ratio",
    "refused",
    "waiting",
    "web MB",
    "worker MB",
)


@click.command()
@click.option("--rate", default=20.0, help="Deliveries a second; ten times as many in the burst.")
@click.option("--seconds", default=60, help="How long each part lasts.")
@click.option("--rounds", default=3, help="Steady parts before the burst, and after the backlog: is the memory flat?")
@click.option("--clients", default=16, help="Connections that send them.")
def main(rate: float, seconds: int, rounds: int, clients: int) -> None:
    with tempfile.TemporaryDirectory(prefix="load-") as directory, Stack(Path(directory)) as stack:
        stack.environment["LOG_LEVEL"] = "WARNING"
        stack.start_redis()
        stack.start_web()
        os.environ |= stack.environment
        from plugin import app

        app.start()
        load = Load(stack, clients)
        parts = list(play(stack, load, rate, seconds, rounds))
        measuring.table(HEADER, [line(part) for part in parts])
        sent = sum(len(part.took) for part in parts)
        click.echo(f"\n{sent:,} accepted, {load.orders():,} in the books, {load.set_aside():,} set aside")
        if load.orders() != sent or load.waiting() or load.set_aside():
            sys.exit(1)


def play(stack: Stack, load: Load, rate: float, seconds: int, rounds: int) -> Iterator[Part]:
    """All parts, one after the other."""
    stack.spawn("worker-inbox", *INBOX_WORKER)
    stack.start_scheduler()
    for number in range(rounds):
        yield said(load.send(f"steady {number + 1}", int(rate * seconds), rate))
    stack.end("worker-inbox")
    yield said(load.send("burst, no worker", int(BURST * rate * seconds), BURST * rate))
    stack.spawn("worker-inbox", *INBOX_WORKER)
    backlog, began = load.waiting(), time.monotonic()
    while load.waiting() > rate:
        yield said(load.send("backlog", int(rate * 10), rate))
    click.echo(f"The backlog of {backlog:,} was worked off in {time.monotonic() - began:.0f} s, under the steady load")
    for number in range(rounds):
        yield said(load.send(f"steady {rounds + number + 1}", int(rate * seconds), rate))
    while load.waiting():
        time.sleep(0.2)


def said(part: Part) -> Part:
    """The part, with a sign of life."""
    click.echo(f"{part.name}: {len(part.took):,} in {part.seconds:.0f} s", err=True)
    return part


def line(part: Part) -> list[object]:
    ordered = sorted(part.took)
    p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
    rate = len(part.took) / part.seconds
    ratios = (part.ratio(50), part.ratio(99))
    return [part.name, len(ordered), rate, p50, p99, *ratios, part.refused, part.waiting, part.web_mb, part.worker_mb]


if __name__ == "__main__":
    main()
