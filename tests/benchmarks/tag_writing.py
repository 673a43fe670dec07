"""How much of a shop's budget tag writing uses, and what a changed customer costs: a few at a time, and in bulk.

`python -m tests.benchmarks.tag_writing [--count 1000] [--plan standard]`. Against the development store, whose budget
refills as Shopify's does: at 100 points a second 5,000 customers take some eight minutes a few at a time.
"""

import csv
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from dev_store.bucket import PLANS
from dev_store.client import DevStoreClient
from plugin.local.stack import Stack

NEVER_IN_BULK = 10**9


@dataclass(frozen=True, slots=True)
class Written:
    """What it took."""

    seconds: float
    requests: int
    points: int
    throttled: int
    available: float

    @property
    def share(self) -> float:
        """Of what Shopify granted in that time and had saved up before."""
        return self.points / self.available


@click.command()
@click.option("--count", default=1_000, help="Customers who need a tag.")
@click.option("--plan", default="standard", type=click.Choice(sorted(PLANS)), help="The shop's plan.")
def main(count: int, plan: str) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, Stack(Path(directory)) as stack:
        stack.start_redis()
        stack.start_dev_store()
        os.environ |= stack.environment | {"LOG_LEVEL": "ERROR"}
        history = made_history(Path(directory) / "history", count)
        click.echo(
            f"{'way':<16} {'seconds':>8} {'requests':>9} {'points':>8} {'refused':>8} {'of budget':>10}", nl=False
        )
        click.echo(f" {'requests each':>14} {'points each':>12}")
        for name, bulk_from in {"a few at a time": NEVER_IN_BULK, "in bulk": 1}.items():
            os.environ["BULK_TAGS_FROM"] = str(bulk_from)
            with DevStoreClient(stack.dev_store_url) as store:
                took = written(store, name.replace(" ", "-"), plan, history, count)
            share = f"{took.share:.1%}" if bulk_from > 1 else ""
            click.echo(f"{name:<16} {took.seconds:>8.1f} {took.requests:>9,} {took.points:>8,}", nl=False)
            click.echo(f" {took.throttled:>8} {share:>10}", nl=False)
            click.echo(f" {took.requests / count:>14.4f} {took.points / count:>12.3f}")


def made_history(directory: Path, count: int) -> Path:
    """One order each: everybody needs the same."""
    directory.mkdir()
    with (directory / "orders.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order_id", "customer_key", "placed_at", "currency", "total"])
        rows.writerows([n, f"c{n}", "2026-01-01T00:00:00Z", "USD", "10.00"] for n in range(1, count + 1))
    return directory


def written(store: DevStoreClient, handle: str, plan: str, history: Path, count: int) -> Written:
    """Install the app in a new shop with this history, and watch it write the tags."""
    from plugin import app, clock
    from plugin.db import schema
    from plugin.db import session as db
    from plugin.tagging import bulk_tagging, tag_sync
    from tests.support.installed import open_app
    from workers import sync_tags, work_on_runs

    app.start()
    schema.upgrade(db.engine())
    store.create_shop(handle, plan=plan)
    store.load(handle, history)
    shop_id = open_app(store, handle)
    while not waiting(shop_id):
        work_on_runs.work_on_runs(shop_id)
    maximum, restored = PLANS[plan]
    time.sleep(maximum / restored)  # until the import's points are back
    before, began = store.stats(), time.monotonic()
    while True:
        sync_tags.sync_tags(shop_id)
        with db.read() as session:
            if not tag_sync.any_pending(session, shop_id, clock.now()):
                if not bulk_tagging.any_under_way(session, shop_id):
                    break
                time.sleep(0.2)
    seconds, after = time.monotonic() - began, store.stats()
    if len(set().union(*store.tags(handle).values())) != count:
        raise click.ClickException("not every customer has a tag")
    spent = (after[name] - before[name] for name in ("requests", "points", "throttled"))
    return Written(seconds, *spent, available=maximum + restored * seconds)


def waiting(shop_id: int) -> bool:
    from plugin import clock
    from plugin.db import session as db
    from plugin.tagging import tag_sync

    with db.read() as session:
        return tag_sync.any_pending(session, shop_id, clock.now())


if __name__ == "__main__":
    main()
