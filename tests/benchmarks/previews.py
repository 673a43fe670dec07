"""How long a merchant waits for a preview of rules in a large shop, against a plain loop over the orders.

`python -m tests.benchmarks.previews [--sizes 100000]`. Of new windows and values; of values alone, the windows staying;
and what making the copy of the columns takes, which happens once.
"""

import copy
import statistics
import tempfile
from collections.abc import Iterator
from typing import Any

import click

from plugin.db import session as db
from plugin.segments import presets
from plugin.standing import column_copy, preview
from tests.benchmarks import databases, measuring, stores, whole_shop
from tests.benchmarks.measuring import Watch

HEADER = ("customers", "what", "median ms", "slowest ms", "ratio", "peak MB")
TRIED = 12


@click.command()
@click.option("--sizes", default="100000", help="Numbers of customers.")
def main(sizes: str) -> None:
    measuring.table(HEADER, (line for customers in map(int, sizes.split(",")) for line in lines(customers)))


def lines(customers: int) -> Iterator[tuple[Any, ...]]:
    """One size's lines."""
    with databases.fresh("sqlite") as url, tempfile.TemporaryDirectory() as folder:
        shop_id = databases.prepare(url, stores.make(customers), plain=True)
        plain = measuring.alone(whole_shop.NAME, "plain", url)
        found = measuring.alone("tests.benchmarks.previews", "tried", url, folder, shop_id)
        yield customers, "plain loop", plain.wall * 1000, plain.wall * 1000, 1.0, int(plain.peak_mb)
        for what, seconds in found.answer.items():
            median, slowest = statistics.median(seconds), max(seconds)
            yield customers, what, median * 1000, slowest * 1000, plain.wall / median, int(found.peak_mb)


def tried(watch: Watch, url: str, folder: str, shop_id: int) -> dict[str, list[float]]:
    databases.start(url, folder)
    preview.SMALL_SHOP = 0
    with watch.running():
        copied = measuring.seconds(lambda: column_copy.make(shop_id))
        windows = [_asked(shop_id, window_days=40 + 7 * i, value=i) for i in range(TRIED)]
        values = [_asked(shop_id, window_days=90, value=i) for i in range(TRIED + 1)]
    # The first of those measures the windows that the others find measured.
    return {"copy made": [copied], "preview of any rules": windows, "preview of other values": values[1:]}


def _asked(shop_id: int, window_days: int, value: int) -> float:
    definitions = copy.deepcopy(presets.DEFAULTS)
    frequent, spender, at_risk, lapsed = (each["conditions"][0] for each in definitions[2:])
    frequent |= {"window": window_days, "value": 2 + value % 5}
    spender |= {"window": 4 * window_days, "value": str(300 + 20 * value)}
    at_risk["value"], lapsed["value"] = [60 + value, 120 + value], 120 + value

    def ask() -> None:
        with db.read() as session:
            preview.preview(session, shop_id, definitions, stores.AS_OF)

    return measuring.seconds(ask)


if __name__ == "__main__":
    main()
