"""Databases for benchmarks: a throw-away one of either kind, and this process started on it as the app would be."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

from plugin import app, clock
from plugin.db import schema
from plugin.db import session as db
from tests.benchmarks import fill, stores
from tests.benchmarks.stores import MadeStore
from tests.support import postgres
from tests.support import shop as shops

KINDS = ("sqlite", "postgresql")


@contextmanager
def fresh(kind: str) -> Iterator[str]:
    """The address of an empty database; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        if kind == "sqlite":
            yield f"sqlite:///{directory}/bench.sqlite3"
            return
        with postgres.server() as url:
            yield url


@contextmanager
def copied(url: str) -> Iterator[str]:
    """A copy of a SQLite database to change, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        shutil.copy(url.removeprefix("sqlite:///"), folder)
        yield f"sqlite:///{folder}/{Path(url).name}"
        db.engine().dispose()


def start(url: str, folder: str | None = None) -> None:
    """Make this process the app on a database, standing still at the instant the made stores are judged at."""
    if folder is None:
        folder = tempfile.mkdtemp(prefix="bench-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    clock_file = Path(folder) / "clock"
    os.environ |= {
        "ENVIRONMENT": "development",
        "DATABASE_URL": url,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "APP_URL": "http://127.0.0.1:1",
        "OPERATOR_NAME": "Benchmarks",
        "SUPPORT_EMAIL": "help@regular-people.org",
        "SHOPIFY_CLIENT_ID": "client-id",
        "SHOPIFY_CLIENT_SECRET": "a-secret-of-the-benchmarks-long-enough",
        "TOKEN_KEYS": "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
        "CLOCK_FILE": str(clock_file),
        "DATA_DIR": folder,
        "LOG_LEVEL": "ERROR",
    }
    clock.write(clock_file, stores.AS_OF.isoformat())
    app.start()


def prepare(url: str, store: MadeStore, *, plain: bool = False, orders: bool = False) -> int:
    """Tables with the store as a shop in them, and for a plain loop its orders in one of their own; the shop's id."""
    start(url)
    schema.upgrade(db.engine())
    shop_id = shops.make_shop()
    fill.shop(db.engine(), shop_id, store, orders=orders)
    if plain:
        engine = create_engine(plain_url(url))
        fill.plain_orders(engine, store)
        engine.dispose()
    db.engine().dispose()
    return shop_id


def plain_url(url: str) -> str:
    """Where the plain loop's own table is: on SQLite in a file of its own, so that neither is in the other's way."""
    return f"{url}.plain" if url.startswith("sqlite") else url
