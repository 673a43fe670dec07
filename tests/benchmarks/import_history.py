"""How long the import of a history takes: from Shopify's files to orders, packed histories and first memberships.

`python -m tests.benchmarks.import_history [--sizes 10000,100000] [--rounds 1] [--postgresql]`. The baseline is
plain_import.py over the same tables, on the database's driver; memberships, reviews and movements are compared, and a
difference ends the run with an error. `CPU s` is the process's own: PostgreSQL's server comes on top of it.
All read the files from the disk: no network is measured.
"""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx
from sqlalchemy import select

from plugin import clock, runs, turns
from plugin.db import schema
from plugin.db import session as db
from plugin.db.models import Customer, Movement
from plugin.history import backfill, listing
from plugin.shop import shops as plugin_shops
from plugin.shopify import http
from plugin.shopify.bulk_operations import BulkOperation
from plugin.standing import refresh
from tests.benchmarks import bulk_results, databases, measuring, plain_import, stores
from tests.benchmarks.measuring import Watch
from tests.support import shop as shops

NAME = "tests.benchmarks.import_history"
HEADER = ("customers", "orders", "way", "wall s", "orders/s", "ratio", "CPU s", "CPU ratio", "peak MB")
SECONDS_A_JOB = 10
# Larger shops would take an hour that way.
ORM_UP_TO = 10_000


@click.command()
@click.option("--sizes", default="10000", help="Numbers of customers.")
@click.option("--rounds", default=1, help="Measurements of each; medians are printed.")
@click.option("--postgresql", is_flag=True, help="The import on PostgreSQL too.")
def main(sizes: str, rounds: int, postgresql: bool) -> None:
    for customers in map(int, sizes.split(",")):
        measuring.table(HEADER, lines(customers, rounds, postgresql))


def lines(customers: int, rounds: int, postgresql: bool) -> Iterator[tuple[Any, ...]]:
    """The ways, each with its ratio to the plain one."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        orders = bulk_results.write(stores.make(customers), Path(folder))
        ways: dict[str, Any] = {
            "plain way": (NAME, "plainly", folder),
            "import": (NAME, "imported", folder),
        }
        if customers <= ORM_UP_TO:
            ways["plain way, ORM"] = (NAME, "by_orm", folder)
        if postgresql:
            url = stack.enter_context(databases.fresh("postgresql"))
            ways["plain way, PostgreSQL"] = (NAME, "plainly", folder, url)
            ways["import, PostgreSQL"] = (NAME, "imported", folder, url)
        found = measuring.compare(ways, rounds)
        for name, each in found.items():
            plain = found["plain way, PostgreSQL" if name.endswith("PostgreSQL") else "plain way"]
            rate, ratio = int(orders / each.wall), f"{plain.wall / each.wall:.1f}"
            cpu_ratio = f"{plain.cpu / each.cpu:.1f}"
            yield customers, orders, name, each.wall, rate, ratio, each.cpu, cpu_ratio, int(each.peak_mb)


def plainly(watch: Watch, folder: str, postgresql: str | None = None) -> str:
    with databases.fresh("sqlite") as url:
        shop_id = empty_shop(postgresql or url)
        with watch.running():
            plain_import.run(shop_id, Path(folder), stores.AS_OF)
        return memberships(shop_id)


def by_orm(watch: Watch, folder: str) -> str:
    with databases.fresh("sqlite") as url:
        shop_id = empty_shop(url)
        with watch.running():
            plain_import.run_by_orm(shop_id, Path(folder), stores.AS_OF)
        return memberships(shop_id)


def imported(watch: Watch, folder: str, postgresql: str | None = None) -> str:
    with databases.fresh("sqlite") as url:
        shop_id = empty_shop(postgresql or url)
        serve(Path(folder))
        with watch.running():
            run_import(shop_id)
        return memberships(shop_id)


def run_import(shop_id: int) -> None:
    """Import and judge, as the jobs of a worker would."""
    with db.write() as session:
        runs.start_import(session, shop_id, clock.now())
    with db.read() as session:
        run = runs.next_run(session, shop_id)
    turn = turns.take(shop_id, "run")
    assert run
    assert turn
    with turn:
        while not backfill.advance(run, turn, time.monotonic() + SECONDS_A_JOB):
            pass
        refresh.refresh_shop(run, turn, "import")


def empty_shop(url: str) -> int:
    """A shop nothing is known of yet."""
    databases.start(url)
    schema.upgrade(db.engine())
    domain = f"shop-{time.time_ns()}.myshopify.com"
    return shops.make_shop(domain, imported_at=None, scopes="read_all_orders,read_orders,write_customers")


def serve(folder: Path) -> None:
    """Let the import find its files here: finished operations, read from the disk as if they were downloaded."""

    def finished(_client: Any, kind: listing.Kind, *_: Any) -> BulkOperation:
        began, address = datetime(2026, 1, 1, tzinfo=UTC), f"https://storage/{kind.name}.jsonl"
        return BulkOperation(kind.name, "COMPLETED", None, began, 0, 0, address, None)

    client = httpx.Client(transport=_Disk(folder))
    listing._operation = finished
    http.client = lambda: client
    plugin_shops.admin_client = lambda *_: None


class _Disk(httpx.BaseTransport):
    """Answers a GET with a file, from the place that is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        place = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return httpx.Response(206 if place else 200, stream=_Pieces(self._folder / request.url.path[1:], place))


class _Pieces(httpx.SyncByteStream):
    def __init__(self, path: Path, place: int) -> None:
        self._file = path.open("rb")
        self._file.seek(place)

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._file.read(1 << 16):
            yield piece

    def close(self) -> None:
        self._file.close()


def memberships(shop_id: int) -> str:
    """Everybody's segments and next review, and who moved where, as one word."""
    ends = (
        select(Customer.customer_id, Customer.wanted_tags, Customer.next_review_at)
        .where(Customer.shop_id == shop_id)
        .order_by(Customer.customer_id),
        select(Movement.customer_id, Movement.bit, Movement.entered, Movement.at)
        .where(Movement.shop_id == shop_id)
        .order_by(Movement.customer_id, Movement.bit),
    )
    digest = hashlib.sha256()
    with db.read() as session:
        for rows in ends:
            for row in session.execute(rows):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
