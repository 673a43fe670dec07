"""A full disk, a file that may not grow, a database that only reads: Shopify is told to come again, nothing is repaired
afterwards, and whatever was answered 200 is folded.
"""

import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from plugin import app as application
from plugin.db import session as db
from plugin.db.models import Order
from plugin.deliveries import inbox
from plugin.local.stack import Stack
from tests.support import looking
from tests.support import shop as shops
from tests.support.installed import ON_ONE_DATABASE
from workers import drain_inbox

# A delivery of some fifty pages fills what is left of a file quickly.
LONG = "x" * 200_000


@pytest.fixture
def shop(settings) -> int:
    return shops.make_shop()


@pytest.fixture
def post(shop) -> Callable[[int], int]:
    client = application.create_app().test_client()
    return lambda number: shops.post(client, "orders/create", shops.order(number, number, note=LONG)).status_code


def orders(shop_id: int) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Order).where(Order.shop_id == shop_id)) or 0


def waiting(shop_id: int) -> tuple[int, int]:
    with db.read() as session:
        return inbox.pending_count(session, shop_id), inbox.failed_count(session, shop_id)


@contextmanager
def every_connection(statement: str) -> Iterator[None]:
    """Have SQLite behave so in every connection of this process, from now on and until the end."""

    def behave(connection: Any, _record: Any) -> None:
        connection.execute(statement)

    event.listen(db.engine(), "connect", behave)
    db.engine().dispose()
    try:
        yield
    finally:
        event.remove(db.engine(), "connect", behave)
        db.engine().dispose()


@contextmanager
def only_reading(database_url: str) -> Iterator[None]:
    if db.engine().dialect.name == "sqlite":
        with every_connection("PRAGMA query_only=ON"):
            yield
        return
    name = db.engine().url.database
    for setting in ("on", "off"):
        with db.engine().execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = {setting}"))
        db.engine().dispose()
        if setting == "on":
            yield


@ON_ONE_DATABASE
def test_a_full_database_is_answered_503_and_goes_on_when_there_is_room(shop, post):
    assert post(1) == 200
    with db.read() as session:
        pages = session.scalar(text("PRAGMA page_count"))
    with every_connection(f"PRAGMA max_page_count={pages + 100}"):
        answers = [post(number) for number in range(2, 12)]
        assert answers[-1] == 503
        with suppress(OperationalError):  # the workers cannot do it either, and do no harm
            drain_inbox.drain_inbox(shop)
    accepted = 1 + answers.count(200)
    assert post(99) == 200
    while drain_inbox.drain_batch(shop):
        pass
    assert (orders(shop), waiting(shop)) == (accepted + 1, (0, 0))


def test_a_database_that_only_reads_is_answered_503_and_goes_on_when_it_writes(shop, post, database_url):
    assert post(1) == 200
    with only_reading(database_url):
        assert post(2) == 503
        with pytest.raises(Exception, match=r"read-?\s?only"):
            drain_inbox.drain_inbox(shop)
    assert post(2) == 200
    while drain_inbox.drain_batch(shop):
        pass
    assert (orders(shop), waiting(shop)) == (2, (0, 0))


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def let_files_grow_to(pids: list[int], most: int) -> None:
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@pytest.fixture
def served(tmp_path, monkeypatch) -> Iterator[Stack]:
    """A web server of its own, whose files can be kept from growing, and a shop in its database."""
    with Stack(tmp_path) as stack:
        stack.start_redis()
        stack.start_web()
        looking.into(stack, monkeypatch)
        yield stack


def deliver(stack: Stack, number: int) -> int:
    body = json.dumps(shops.order(number, number, note=LONG)).encode()
    sent = shops.headers("orders/create", body)
    return httpx.post(f"{stack.app_url}/webhooks", content=body, headers=sent, timeout=60).status_code


def test_a_web_server_whose_disk_is_full_says_so_and_needs_no_restart(served):
    shop_id = shops.make_shop()
    assert deliver(served, 1) == 200
    log = served.directory / "regulars.sqlite3-wal"
    pids = family(served.pid("web"))
    let_files_grow_to(pids, log.stat().st_size + len(LONG) // 2)
    assert deliver(served, 2) == 503
    assert httpx.get(f"{served.app_url}/healthz").is_success
    let_files_grow_to(pids, resource.RLIM_INFINITY)
    assert deliver(served, 2) == 200
    assert (family(served.pid("web")), waiting(shop_id)) == (pids, (2, 0))
    while drain_inbox.drain_batch(shop_id):
        pass
    assert (orders(shop_id), waiting(shop_id)) == (2, (0, 0))
