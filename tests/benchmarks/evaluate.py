"""How many customers a second get their segments, from a SQLite file to memberships, against a plain loop.

`python -m tests.benchmarks.evaluate [--sizes 10000,100000,1000000] [--rounds 3]`. Every measurement runs in a process
of its own; answers are compared, and a difference ends the run with an error.
"""

import hashlib
import itertools
import json
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

from plugin.segments import evaluate, presets
from plugin.segments.columns import Columns
from plugin.segments.rules import Segment
from tests.benchmarks import plain_loop, stores

CHUNK = 8_000
APPROACHES = ("plain loop", "engine")


@click.command()
@click.option("--sizes", default="10000,100000,1000000", help="Numbers of customers.")
@click.option("--rounds", default=3, help="Measurements of each; medians are printed.")
@click.option("--measure", type=click.Choice(APPROACHES), hidden=True)
@click.option("--store", type=click.Path(path_type=Path), hidden=True)
def main(sizes: str, rounds: int, measure: str | None, store: Path | None) -> None:
    if measure and store:
        click.echo(json.dumps(_measure(measure, store)))
        return
    header = ("customers", "orders", "approach", "wall s", "customers/s", "ratio", "CPU s", "peak MB")
    click.echo(_row(header))
    with tempfile.TemporaryDirectory() as folder:
        for customers in map(int, sizes.split(",")):
            path = Path(folder) / f"{customers}.sqlite3"
            made = stores.make(customers)
            stores.write(made, path)
            orders = len(made.records)
            del made
            for line in _compare(path, customers, orders, rounds):
                click.echo(_row(line))
            path.unlink()


def _compare(path: Path, customers: int, orders: int, rounds: int) -> Iterator[tuple[str, ...]]:
    runs: dict[str, list[dict[str, Any]]] = {approach: [] for approach in APPROACHES}
    for _ in range(rounds):
        for approach in APPROACHES:
            runs[approach].append(_in_own_process(approach, path))
    if len({run["answers"] for each in runs.values() for run in each}) != 1:
        raise click.ClickException(f"the engine and the plain loop disagree about {customers} customers")
    plain = statistics.median(run["wall"] for run in runs["plain loop"])
    for approach, each in runs.items():
        wall = statistics.median(run["wall"] for run in each)
        cpu = statistics.median(run["cpu"] for run in each)
        peak = max(run["peak_mb"] for run in each)
        figures = (f"{wall:.3f}", f"{customers / wall:,.0f}", f"{plain / wall:.1f}", f"{cpu:.3f}", f"{peak:.0f}")
        yield f"{customers:,}", f"{orders:,}", approach, *figures


def _in_own_process(approach: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.evaluate", "--measure", approach, "--store", str(path)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer


def _measure(approach: str, path: Path) -> dict[str, Any]:
    database = sqlite3.connect(path)
    wall, cpu = time.perf_counter(), time.process_time()
    if approach == "engine":
        answers = _engine(database)
    else:
        answers = tuple(np.array(column) for column in plain_loop.evaluate(database, stores.AS_OF))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(each, "<i8").tobytes() for each in answers))
    return {"wall": wall, "cpu": cpu, "peak_mb": _peak_mb(), "answers": digest.hexdigest()}


def _peak_mb() -> float:
    # Not getrusage: what it gives a child starts at its parent's peak.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak[1]) / 1024 if peak else 0.0


def _engine(database: sqlite3.Connection) -> tuple[Any, ...]:
    segments = [
        Segment.from_definition(definition, bit, minor_units=2) for bit, definition in enumerate(presets.DEFAULTS)
    ]
    parts = []
    rows = database.execute("SELECT customer_id, history FROM histories ORDER BY customer_id")
    while True:
        # Row by row: fetchmany keeps a chunk's rows beside the columns made of them and takes half as long again.
        customer_ids, histories = [], []
        for customer_id, history in itertools.islice(rows, CHUNK):
            customer_ids.append(customer_id)
            histories.append(history)
        if not customer_ids:
            break
        found = evaluate.evaluate(Columns.from_histories(customer_ids, histories), segments, stores.AS_OF)
        parts.append((np.array(customer_ids, np.int64), found.memberships, found.next_review_at))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _row(cells: tuple[str, ...]) -> str:
    return "{:>11} {:>12} {:<11} {:>8} {:>12} {:>6} {:>8} {:>8}".format(*cells)


if __name__ == "__main__":
    main()
