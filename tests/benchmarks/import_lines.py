"""What it costs to know what customers bought: an import that reads each order's products, against one that does
not, and packing a category of a tenth of all products for everybody afterwards.

`python -m tests.benchmarks.import_lines [--sizes 10000] [--rounds 1]`. Files come from the disk, not by network.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from sqlalchemy import func, select, update

from plugin import clock, turns
from plugin.db import session as db
from plugin.db.models import Category, CategoryHistory, Product, Shop
from plugin.history import products
from tests.benchmarks import bulk_results, databases, import_history, measuring, stores
from tests.benchmarks.measuring import Watch

NAME = "tests.benchmarks.import_lines"
HEADER = ("customers", "orders", "way", "wall s", "orders/s", "times", "CPU s", "peak MB")
TENTH = bulk_results.PRODUCTS // 10


@click.command()
@click.option("--sizes", default="10000", help="Numbers of customers.")
@click.option("--rounds", default=1, help="Measurements of each; medians are printed.")
def main(sizes: str, rounds: int) -> None:
    for customers in map(int, sizes.split(",")):
        measuring.table(HEADER, lines(customers, rounds))


def lines(customers: int, rounds: int) -> Iterator[tuple[Any, ...]]:
    """The ways; `times` is of the import without lines."""
    with ExitStack() as stack:
        plain, lined = (stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")) for _ in range(2))
        made = stores.make(customers)
        bulk_results.write(made, Path(plain))
        orders = bulk_results.write(made, Path(lined), lined=True)
        ways = {"without lines": (NAME, "without", plain), "with lines": (NAME, "with_lines", lined)}
        found = measuring.compare(ways, rounds)
        found["packing a category"] = measuring.alone(NAME, "packed", lined)
        usual = found["without lines"].wall
        for name, each in found.items():
            times = f"{each.wall / usual:.2f}"
            yield customers, orders, name, each.wall, int(orders / each.wall), times, each.cpu, int(each.peak_mb)


def without(watch: Watch, folder: str) -> str:
    return import_history.imported(watch, folder)


def with_lines(watch: Watch, folder: str) -> str:
    with databases.fresh("sqlite") as url:
        shop_id = _lined_shop(url, folder)
        with watch.running():
            import_history.run_import(shop_id)
        return import_history.memberships(shop_id)


def packed(watch: Watch, folder: str) -> int:
    with databases.fresh("sqlite") as url:
        shop_id = _lined_shop(url, folder)
        import_history.run_import(shop_id)
        with db.write() as session:
            these = (Product.shop_id == shop_id, Product.product_id <= TENTH)
            session.execute(update(Product).where(*these).values(product_type="Coffee"))
            told = {"to_fetch": False, "fetched_at": clock.now()}
            session.execute(update(Product).where(Product.shop_id == shop_id).values(told))
            session.add(Category(shop_id=shop_id, number=1, kind="product_type", value="coffee"))
        turn = turns.take(shop_id, "products")
        assert turn
        with turn, watch.running():
            while products.advance(shop_id, turn, time.monotonic() + 10, lambda: False):
                pass
        with db.read() as session:
            mine = select(func.count()).select_from(CategoryHistory).where(CategoryHistory.shop_id == shop_id)
            return session.scalar(mine) or 0


def _lined_shop(url: str, folder: str) -> int:
    shop_id = import_history.empty_shop(url)
    with db.write() as session:
        shop = session.get_one(Shop, shop_id)
        shop.lines_from, shop.scopes = clock.now(), shop.scopes + ",read_products"
    import_history.serve(Path(folder))
    return shop_id


if __name__ == "__main__":
    main()
