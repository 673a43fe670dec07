"""How long judging every customer of a shop takes, against a plain loop over the rows of their orders.

`python -m tests.benchmarks.whole_shop [--sizes 10000,100000] [--database sqlite] [--rounds 3]`. Twice: from the
database to memberships and next reviews; and as the app does it, comparing with what is recorded and writing what
differs, which is made to be 1 customer in 100. Answers are compared, and a difference ends the run with an error.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import click
import numpy as np
from sqlalchemy import BigInteger, bindparam, create_engine
from sqlalchemy.orm import Session

from plugin import clock, runs, turns
from plugin.db import arrays
from plugin.db import session as db
from plugin.db.models import OrderHistory
from plugin.db.types import new_ids, to_microseconds
from plugin.segments import evaluate
from plugin.segments.columns import Columns
from plugin.segments.customers import Customers, Store
from plugin.segments.needs import Needs
from plugin.standing import loading, refresh
from tests.benchmarks import databases, fill, measuring, plain_loop, stores
from tests.benchmarks.measuring import Watch

NAME = "tests.benchmarks.whole_shop"
ORDERS = (
    "SELECT customer_id, processed_at, spend FROM plain_orders WHERE processed_at < {now} "
    "ORDER BY customer_id, processed_at"
)
WRONG_EVERY = 100
MOVED = "shop_id, id, customer_id, bit, entered, at, cause"
NEXT_HISTORIES = (
    loading.HISTORIES.where(OrderHistory.customer_id > bindparam("after"))
    .order_by(OrderHistory.customer_id)
    .limit(bindparam("most", type_=BigInteger))
)
HEADER = ("customers", "orders", "way", "wall s", "customers/s", "ratio", "CPU s", "peak MB")


@click.command()
@click.option("--sizes", default="10000,100000", help="Numbers of customers.")
@click.option("--database", default="sqlite", type=click.Choice(databases.KINDS))
@click.option("--rounds", default=3, help="Measurements of each; medians are printed.")
def main(sizes: str, database: str, rounds: int) -> None:
    for customers in map(int, sizes.split(",")):
        measuring.table(HEADER, lines(customers, database, rounds))


def lines(customers: int, database: str, rounds: int) -> Iterator[tuple[Any, ...]]:
    """The ways, each with its ratio to the plain one above it."""
    with databases.fresh(database) as url:
        store = stores.make(customers)
        orders = len(store.counting()[1])
        shop_id = databases.prepare(url, store, plain=True)
        del store
        found = measuring.compare(
            {
                "plain loop": (NAME, "plain", url),
                "engine": (NAME, "engine", url, shop_id),
            },
            rounds,
        ) | measuring.compare(
            {
                "plain loop, written": (NAME, "plain_written", url, shop_id),
                "whole-shop refresh": (NAME, "refreshed", url, shop_id),
            },
            rounds,
        )
        for name, each in found.items():
            baseline = found["plain loop" if name in ("plain loop", "engine") else "plain loop, written"]
            rate, ratio = int(customers / each.wall), f"{baseline.wall / each.wall:.1f}"
            yield customers, orders, name, each.wall, rate, ratio, each.cpu, int(each.peak_mb)


def plain(watch: Watch, url: str) -> str:
    with create_engine(databases.plain_url(url)).connect() as connection, watch.running():
        answers = plain_loop.evaluate(_order_rows(connection), _now())
    return _digest(*(np.array(column, np.int64) for column in answers))


def engine(watch: Watch, url: str, shop_id: int) -> str:
    databases.start(url)
    parts = []
    with db.read() as session:
        session.connection()
        with watch.running():
            for columns in loading.ahead(_columns(session, shop_id)):
                found = evaluate.evaluate(Customers.of(columns), fill.SEGMENTS, stores.AS_OF, Store())
                parts.append((columns.customer_ids, found.memberships, found.next_review_at))
    return _digest(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def plain_written(watch: Watch, url: str, shop_id: int) -> str:
    """The plain loop, its answers compared with the customers' rows and the differences written, in one transaction."""
    databases.start(url)
    _make_some_wrong(shop_id)
    with create_engine(databases.plain_url(url)).connect() as connection, db.write() as session:
        driver: Any = session.connection().connection.driver_connection
        mark = "?" if db.engine().dialect.name == "sqlite" else "%s"
        with watch.running():
            customer_ids, memberships, reviews = plain_loop.evaluate(_order_rows(connection), _now())
            judged = {each: (tags, at) for each, tags, at in zip(customer_ids, memberships, reviews, strict=True)}
            recorded = driver.execute(
                f"SELECT customer_id, wanted_tags, next_review_at FROM customers WHERE shop_id = {shop_id}"
            )
            changes, moves = [], []
            for customer_id, tags, review_at in recorded:
                new_tags, new_at = judged.get(customer_id, (0, evaluate.NEVER))
                new_review = None if new_at == evaluate.NEVER else new_at
                if (new_tags, new_review) != (tags, review_at):
                    changes.append((new_tags, new_review, shop_id, customer_id))
                    moves += _moves(shop_id, customer_id, tags, new_tags)
            cursor = driver.cursor()
            cursor.executemany(
                f"UPDATE customers SET wanted_tags = {mark}, next_review_at = {mark}, sync_after = NULL "
                f"WHERE shop_id = {mark} AND customer_id = {mark}",
                changes,
            )
            cursor.executemany(f"INSERT INTO movements ({MOVED}) VALUES ({', '.join([mark] * 7)})", moves)
            session.commit()
    return standing(shop_id)


def refreshed(watch: Watch, url: str, shop_id: int) -> str:
    databases.start(url)
    _make_some_wrong(shop_id)
    with db.write() as session:
        runs.start_refresh(session, shop_id, clock.now())
        run = runs.next_run(session, shop_id)
    turn = turns.take(shop_id, "run")
    if run is None or turn is None:
        raise click.ClickException("another refresh is under way")
    with turn, watch.running():
        refresh.refresh_shop(run, turn, "settings")
    with db.write() as session:
        runs.finish(session.merge(run), clock.now())
    return standing(shop_id)


def standing(shop_id: int) -> str:
    """A digest of how all customers stand."""
    with db.read() as session:
        loaded = loading.following(session, shop_id, 0, 10**9, Needs(), stores.AS_OF)
    return _digest(loaded.standing.customer_ids, loaded.standing.wanted_tags, loaded.standing.next_review_at)


def _columns(session: Session, shop_id: int) -> Iterator[Columns]:
    after, most = 0, loading.LOADED_AT_ONCE
    while len((found := arrays.packed(session, NEXT_HISTORIES, shop_id=shop_id, after=after, most=most))[0]):
        yield Columns.of_packed(*found)
        after = int(found[0].max())


def _order_rows(connection: Any) -> Iterator[tuple[int, int, int]]:
    statement = ORDERS.format(now=_now())
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield from driver.execute(statement)
        return
    # Fetched by and by: the driver's ordinary cursor would hold all rows at once.
    with driver.cursor("orders", binary=True) as cursor:
        cursor.itersize = 20_000
        yield from cursor.execute(statement)


def _moves(shop_id: int, customer_id: int, before: int, after: int) -> Iterator[tuple[Any, ...]]:
    for bit in range(60):
        if (before ^ after) >> bit & 1:
            entered = bool(after >> bit & 1)
            yield shop_id, new_ids(1)[0], customer_id, bit, entered, to_microseconds(stores.AS_OF), "settings"


def _make_some_wrong(shop_id: int) -> None:
    with db.write() as session:
        session.connection().exec_driver_sql(
            "UPDATE customers SET wanted_tags = wanted_tags + 1 - 2 * (wanted_tags & 1) "
            f"WHERE shop_id = {shop_id} AND customer_id / 3 % {WRONG_EVERY} = 0".replace("%", "%%" if _is_pg() else "%")
        )


def _is_pg() -> bool:
    return db.engine().dialect.name != "sqlite"


def _now() -> int:
    return int(stores.AS_OF.timestamp())


def _digest(*answers: Any) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(each, "<i8").tobytes() for each in answers)).hexdigest()


if __name__ == "__main__":
    main()
