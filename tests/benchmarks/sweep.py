"""How long it takes to find and judge the customers whom time alone has moved, against a plain loop over them.

`python -m tests.benchmarks.sweep [--sizes 100000] [--due 20000]`. The instant is the one by which so many are due. Both
ways end with the same rows; a difference ends the run with an error.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import create_engine, text

from plugin import clock, config
from plugin.db import session as db
from plugin.db.types import from_microseconds, new_ids, to_microseconds
from plugin.standing import refresh
from tests.benchmarks import databases, measuring, plain_loop, stores, whole_shop
from tests.benchmarks.databases import copied
from tests.benchmarks.measuring import Watch
from workers import review_due

HEADER = ("customers", "due", "way", "wall s", "ratio", "CPU s", "peak MB")
NAME = "tests.benchmarks.sweep"
AT_ONCE = 500


@click.command()
@click.option("--sizes", default="100000", help="Numbers of customers.")
@click.option("--due", default=20_000, help="How many of them are due.")
@click.option("--rounds", default=3, help="Measurements of each; medians are printed.")
def main(sizes: str, due: int, rounds: int) -> None:
    each = (line for customers in map(int, sizes.split(",")) for line in lines(customers, due, rounds))
    measuring.table(HEADER, each)


def lines(customers: int, due: int, rounds: int) -> Iterator[tuple[Any, ...]]:
    """One size's lines."""
    due = min(due, customers // 50)
    with databases.fresh("sqlite") as url:
        shop_id = databases.prepare(url, stores.make(customers), plain=True)
        finding = measuring.alone(NAME, "found", url, shop_id, due)
        ways = {name: (NAME, way, url, shop_id, due) for name, way in (("plain loop", "plain"), ("sweep", "swept"))}
        measured = measuring.compare(ways, rounds)
        yield customers, due, "found by the index", finding.wall, "", finding.cpu, int(finding.peak_mb)
        for name, run in measured.items():
            yield customers, due, name, run.wall, measured["plain loop"].wall / run.wall, run.cpu, int(run.peak_mb)


def found(watch: Watch, url: str, shop_id: int, due: int) -> int:
    databases.start(url)
    now = _instant(shop_id, due)
    with db.read() as session:
        refresh.due(session, shop_id, now, due)  # warm: the page cache is not what is measured
        with watch.running():
            customer_ids = refresh.due(session, shop_id, now, due)
    return len(customer_ids)


def swept(watch: Watch, url: str, shop_id: int, due: int) -> str:
    with copied(url) as copy:
        databases.start(copy)
        review_due.review_batch(shop_id, [stores.FIRST_CUSTOMER])  # warms what a worker at work has warm
        _set_clock(_instant(shop_id, due))
        with watch.running():
            while review_due.review_some(shop_id):
                pass
        return whole_shop.standing(shop_id)


def plain(watch: Watch, url: str, shop_id: int, due: int) -> str:
    """Find them by the index; of each read the orders, judge, write the row and its movements; commit every 500."""
    with copied(url) as copy, create_engine(databases.plain_url(url)).connect() as orders:
        databases.start(copy)
        now = _instant(shop_id, due)
        driver: Any = orders.connection.driver_connection
        with watch.running():
            while some := _due_rows(shop_id, now):
                with db.write() as session:
                    writer: Any = session.connection().connection.driver_connection
                    for customer_id, tags in some:
                        _judge_plainly(driver, writer, shop_id, customer_id, tags, int(now.timestamp()))
        return whole_shop.standing(shop_id)


def _due_rows(shop_id: int, now: datetime) -> list[Any]:
    statement = (
        "SELECT customer_id, wanted_tags FROM customers WHERE shop_id = :shop AND next_review_at IS NOT NULL "
        "AND next_review_at <= :now ORDER BY next_review_at LIMIT :most"
    )
    with db.read() as session:
        values = {"shop": shop_id, "now": to_microseconds(now), "most": AT_ONCE}
        return list(session.execute(text(statement), values))


def _judge_plainly(orders: Any, writer: Any, shop_id: int, customer_id: int, before: int, now: int) -> None:
    rows = orders.execute(
        "SELECT customer_id, processed_at, spend FROM plain_orders WHERE customer_id = ? AND processed_at < ? "
        "ORDER BY processed_at",
        (customer_id, now),
    ).fetchall()
    tags, review_at = plain_loop.judge(rows, now)
    at = None if review_at is None else review_at * 1_000_000
    writer.execute(
        "UPDATE customers SET wanted_tags = ?, next_review_at = ?, sync_after = NULL "
        "WHERE shop_id = ? AND customer_id = ?",
        (tags, at, shop_id, customer_id),
    )
    for bit in range(6):
        if (before ^ tags) >> bit & 1:
            row = (shop_id, new_ids(1)[0], customer_id, bit, bool(tags >> bit & 1), now * 1_000_000, "time")
            writer.execute(
                "INSERT INTO movements (shop_id, id, customer_id, bit, entered, at, cause)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )


def _instant(shop_id: int, due: int) -> datetime:
    """When so many customers are due: a whole second, as plain code counts in them."""
    statement = (
        "SELECT next_review_at FROM customers WHERE shop_id = :shop AND next_review_at IS NOT NULL "
        "ORDER BY next_review_at LIMIT 1 OFFSET :due"
    )
    with db.read() as session:
        found_at = session.execute(text(statement), {"shop": shop_id, "due": due}).scalar_one()
    return from_microseconds(found_at).replace(microsecond=0)


def _set_clock(instant: datetime) -> None:
    clock.write(config.current().clock_file or Path(), instant.isoformat())


if __name__ == "__main__":
    main()
