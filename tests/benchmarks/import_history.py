"""How long the import of a history takes: from Shopify's files to orders, packed histories and first memberships.

`python -m tests.benchmarks.import_history [--customers 10000,100000] [--rounds 1] [--postgresql]`. The baseline is
tests/benchmarks/plain_import.py over the same tables; the memberships are compared, and a difference ends the run with
an error. Both read the files from the disk: no network is measured.
"""

import contextlib
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx
from cryptography.fernet import Fernet

from tests.benchmarks import bulk_results, plain_import, stores
from tests.benchmarks.evaluate import _peak_mb
from tests.support import postgres

APPROACHES = ("plain way", "import")


@click.command()
@click.option("--customers", default="20000", help="Numbers of customers.")
@click.option("--rounds", default=1, help="Measurements of each; medians are printed.")
@click.option("--postgresql", is_flag=True, help="The import on PostgreSQL too (the baseline is SQLite's).")
@click.option("--measure", type=click.Choice(APPROACHES), hidden=True)
@click.option("--files", type=click.Path(path_type=Path), hidden=True)
@click.option("--database", hidden=True)
def main(
    customers: str, rounds: int, postgresql: bool, measure: str | None, files: Path | None, database: str | None
) -> None:
    if measure and files and database:
        click.echo(json.dumps(_measure(measure, files, database)))
        return
    click.echo(_row(("customers", "orders", "approach", "wall s", "orders/s", "ratio", "CPU s", "peak MB")))
    for count in map(int, customers.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            orders = bulk_results.write(stores.make(count), Path(folder))
            for line in _compare(Path(folder), count, orders, rounds, postgresql):
                click.echo(_row(line))


def _compare(files: Path, customers: int, orders: int, rounds: int, postgresql: bool) -> Iterator[tuple[str, ...]]:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres.server()) if postgresql else None
        named = [("plain way", "plain way", None), ("import", "import", None)]
        named += [("PostgreSQL", "import", server)] if server else []
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name, _, _ in named}
        for number in range(rounds):
            for name, approach, address in named:
                database = address or f"sqlite:///{files}/{name.replace(' ', '-')}-{number}.sqlite3"
                runs[name].append(_in_own_process(approach, files, database))
    if len({run["answers"] for each in runs.values() for run in each}) != 1:
        raise click.ClickException(f"the ways disagree about {customers} customers")
    plain = statistics.median(run["wall"] for run in runs["plain way"])
    for name, each in runs.items():
        wall, cpu = (statistics.median(run[figure] for run in each) for figure in ("wall", "cpu"))
        peak = max(run["peak_mb"] for run in each)
        figures = (f"{wall:.1f}", f"{orders / wall:,.0f}", f"{plain / wall:.1f}", f"{cpu:.1f}", f"{peak:.0f}")
        yield f"{customers:,}", f"{orders:,}", name, *figures
        yield from (
            ("", "", f"  {part}", f"{seconds:.1f}", "", "", "", "") for part, seconds in each[0]["parts"].items()
        )


def _in_own_process(approach: str, files: Path, database: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.import_history", "--measure", approach]
    command += ["--files", str(files), "--database", database]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return answer


def _measure(approach: str, files: Path, database: str) -> dict[str, Any]:
    shop_id = _prepare(files, database)
    wall, cpu = time.perf_counter(), time.process_time()
    parts = _import(shop_id, files) if approach == "import" else plain_import.run(shop_id, files, stores.AS_OF)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall, "cpu": cpu, "peak_mb": _peak_mb(), "answers": _answers(shop_id), "parts": parts}


def _prepare(files: Path, database: str) -> int:
    """A shop with the default segments in a database with empty tables; the time stands still."""
    from plugin import app
    from plugin.db import schema
    from plugin.db import session as db
    from tests.support import shop as shops

    clock_file = files / "clock"
    clock_file.write_text(stores.AS_OF.isoformat())
    os.environ |= {
        "ENVIRONMENT": "development", "DATABASE_URL": database, "REDIS_URL": "redis://127.0.0.1:1",
        "APP_URL": "http://127.0.0.1:1", "OPERATOR_NAME": "Bench", "SUPPORT_EMAIL": "bench@regular-people.org",
        "SHOPIFY_CLIENT_ID": "client-id", "SHOPIFY_CLIENT_SECRET": "a-secret-that-is-long-enough-for-tests",
        "TOKEN_KEYS": Fernet.generate_key().decode(), "CLOCK_FILE": str(clock_file), "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    app.start()
    schema.upgrade(db.engine())
    return shops.make_shop(imported_at=None, scopes="read_all_orders,read_orders,write_customers")


def _import(shop_id: int, files: Path) -> dict[str, float]:
    """The app's own import over the files; how many seconds each part took."""
    from plugin import backfill, clock, refresh, runs, turns
    from plugin.db import session as db

    _serve_files(files)
    with db.write() as session:
        runs.start_import(session, shop_id, clock.now())
    with db.read() as session:
        run = runs.next_run(session, shop_id)
    assert run
    seconds = dict.fromkeys(backfill.PARTS, 0.0)
    for part, work in list(backfill.PARTS.items()):
        backfill.PARTS[part] = lambda *arguments, part=part, work=work: _timed(seconds, part, work, *arguments)
    turn = turns.take(shop_id, "run")
    assert turn
    with turn:
        while not backfill.advance(run, turn, time.monotonic() + 10):
            pass
        seconds["judging"] = 0.0
        _timed(seconds, "judging", refresh.refresh_shop, run, turn, "import")
    return seconds


def _timed(seconds: dict[str, float], part: str, work: Any, *arguments: Any) -> Any:
    began = time.perf_counter()
    try:
        return work(*arguments)
    finally:
        seconds[part] += time.perf_counter() - began


def _serve_files(files: Path) -> None:
    """Let the import find its files here: finished operations, read from the disk as if they were downloaded."""
    from plugin import listing, shops
    from plugin.shopify import http
    from plugin.shopify.bulk_operations import BulkOperation

    def finished(_client: Any, kind: listing.Kind, *_: Any) -> BulkOperation:
        began = datetime(2026, 1, 1, tzinfo=UTC)
        address = f"https://storage/{kind.name}.jsonl"
        return BulkOperation(kind.name, "COMPLETED", None, began, 0, 0, address, None)

    listing._operation = finished
    client = httpx.Client(transport=_Disk(files))
    http.client = lambda: client
    shops.admin_client = lambda *_: None


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


def _answers(shop_id: int) -> str:
    from sqlalchemy import select

    from plugin.db import session as db
    from plugin.db.models import Customer

    found = select(Customer.customer_id, Customer.wanted_tags).where(Customer.shop_id == shop_id)
    with db.read() as session:
        rows = session.execute(found.order_by(Customer.customer_id)).all()
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def _row(cells: tuple[str, ...]) -> str:
    return "{:>11} {:>12} {:<12} {:>8} {:>10} {:>6} {:>8} {:>8}".format(*cells)


if __name__ == "__main__":
    main()
