"""Measures one piece of work in a process of its own, so that no memory, cache or warm interpreter of another helps it.

`python -m tests.benchmarks.measuring MODULE FUNCTION ARGUMENTS`: the function gets a `Watch` and the arguments, and
starts the watch when what it needs is there. What it returns says what the work arrived at.
"""

import importlib
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu` is this process's own: a database server's comes on top."""

    wall: float
    cpu: float
    peak_mb: float
    answer: Any


@dataclass(slots=True)
class Watch:
    wall: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time what happens inside; several times add up. The peak is the process's, from its beginning until then."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        self.peak_mb = _peak_mb()


def alone(module: str, function: str, *arguments: Any) -> Measured:
    """Run a function of a benchmark in a new process."""
    command = [sys.executable, "-m", "tests.benchmarks.measuring", module, function, json.dumps(arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(f"{module}.{function} failed:\n{done.stderr}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def compare(ways: dict[str, Sequence[Any]], rounds: int) -> dict[str, Measured]:
    """Each way (module, function, arguments) once a round; medians and highest peaks, by the ways' names.

    In turns, so that what else the machine does meets them all. They must arrive at the same answer.
    """
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(alone(*way))
    if len({json.dumps(each.answer) for runs in found.values() for each in runs}) != 1:
        raise click.ClickException(f"they disagree: { ({name: runs[0].answer for name, runs in found.items()}) }")
    return {name: _median(runs) for name, runs in found.items()}


def seconds(work: Callable[[], object]) -> float:
    """How long one thing takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """Print lines under a header, names to the left and numbers to the right."""
    rows = [list(header), *([_written(cell) for cell in line] for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    left = [not any(character.isdigit() for row in rows[1:] for character in row[i][:1]) for i in range(len(header))]
    for row in rows:
        cells = zip(row, widths, left, strict=True)
        click.echo("  ".join(f"{cell:<{width}}" if to_left else f"{cell:>{width}}" for cell, width, to_left in cells))


def _written(cell: Any) -> str:
    if isinstance(cell, float):
        return f"{cell:,.3f}" if cell < 10 else f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _median(runs: list[Measured]) -> Measured:
    wall, cpu = (statistics.median(getattr(run, name) for run in runs) for name in ("wall", "cpu"))
    return Measured(wall, cpu, max(run.peak_mb for run in runs), runs[0].answer)


def _peak_mb() -> float:
    # Not getrusage: what it gives a child starts at its parent's peak.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak[1]) / 1024 if peak else 0.0


def _main(module: str, function: str, arguments: str) -> None:
    watch = Watch()
    answer = getattr(importlib.import_module(module), function)(watch, *json.loads(arguments))
    click.echo(json.dumps({"wall": watch.wall, "cpu": watch.cpu, "peak_mb": watch.peak_mb, "answer": answer}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
