"""What judging by the whole catalogue costs beside the six segments a shop starts with.

`python -m tests.benchmarks.catalogue [--sizes 100000] [--rounds 3]`. Reading and judging every customer of a shop, by
each set in turns; of the catalogue all presets that need no filling in. Their cost is to stay within 1.5 times.
"""

import statistics
from collections.abc import Iterator
from typing import Any

import click
import numpy as np

from plugin.db import session as db
from plugin.segments import catalogue, evaluate, needs, presets
from plugin.segments.customers import Store
from plugin.segments.gathering import Gathering
from plugin.segments.rules import Segment
from plugin.standing import loading
from tests.benchmarks import databases, measuring, stores
from tests.benchmarks.measuring import Watch

NAME = "tests.benchmarks.catalogue"
CHUNK = 32_000
HEADER = ("customers", "segments", "wall s", "times", "CPU s", "times", "peak MB")


@click.command()
@click.option("--sizes", default="100000", help="Numbers of customers.")
@click.option("--database", default="sqlite", type=click.Choice(databases.KINDS))
@click.option("--rounds", default=3, help="Measurements of each; medians are printed.")
def main(sizes: str, database: str, rounds: int) -> None:
    measuring.table(HEADER, (line for each in sizes.split(",") for line in lines(int(each), database, rounds)))


def lines(customers: int, database: str, rounds: int) -> Iterator[tuple[Any, ...]]:
    """Both sets, the catalogue with how many times the first set's cost it takes."""
    with databases.fresh(database) as url:
        shop_id = databases.prepare(url, stores.make(customers))
        found: dict[str, list[measuring.Measured]] = {"first set": [], "catalogue": []}
        for _ in range(rounds):
            for name, runs in found.items():
                runs.append(measuring.alone(NAME, "judged", url, shop_id, name))
        first = _medians(found["first set"])
        for name, runs in found.items():
            wall, cpu = _medians(runs)
            peak = int(max(run.peak_mb for run in runs))
            yield customers, f"{name} ({runs[0].answer})", wall, wall / first[0], cpu, cpu / first[1], peak


def judged(watch: Watch, url: str, shop_id: int, name: str) -> int:
    """Returns how many segments there were."""
    databases.start(url)
    segments = [Segment.from_definition(each, bit, 2) for bit, each in enumerate(_definitions(name))]
    needed = needs.of(segments)
    with db.read() as session:
        session.connection()
        store = _store(session, shop_id) if needed.baseline else Store()
        after: int | None = 0
        with watch.running():
            while after is not None:
                loaded = loading.following(session, shop_id, after, CHUNK, needed, stores.AS_OF)
                memberships = np.zeros(len(loaded.standing.customer_ids), np.int64)
                for customers, places in loaded.pieces:
                    memberships[places] = evaluate.evaluate(customers, segments, stores.AS_OF, store).memberships
                after = int(loaded.standing.customer_ids[-1]) if len(memberships) else None
    return len(segments)


def _definitions(name: str) -> list[dict[str, Any]]:
    if name == "first set":
        return presets.DEFAULTS
    return [preset.definition() for preset in catalogue.presets() if not preset.blanks]


def _store(session: Any, shop_id: int) -> Store:
    gathering = Gathering()
    loaded = loading.following(session, shop_id, 0, 10**9, needs.Needs(), stores.AS_OF)
    for customers, _ in loaded.pieces:
        gathering.add(customers.columns, stores.AS_OF)
    return Store(baseline=gathering.baseline())


def _medians(runs: list[measuring.Measured]) -> tuple[float, float]:
    return statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs)


if __name__ == "__main__":
    main()
