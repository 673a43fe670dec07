"""`python -m tests.soak --seed N --deliveries 20000`: exit code 0 if nothing differs in the end, 1 if anything does."""

import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.soak import planted, report, soak


@click.command()
@click.option("--seed", type=int, help="What happens when; a new one if none is given.")
@click.option("--deliveries", default=20_000, show_default=True, type=click.IntRange(100))
@click.option("--database", default="sqlite", show_default=True, type=click.Choice(["sqlite", "postgresql"]))
@click.option("--break", "broken", type=click.Choice(planted.names()), help="Plant a fault into the app, to be found.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="An empty directory that is kept.")
def main(seed: int | None, deliveries: int, database: str, broken: str | None, keep: Path | None) -> None:
    """Play a store's history while everything breaks, and count the tags in the store in the end."""
    wish = soak.Wish(random.randrange(1_000_000) if seed is None else seed, deliveries, database, broken)
    click.echo(f"seed {wish.seed}")
    with TemporaryDirectory(prefix="soak-") as directory:
        progress = report.Progress()
        course = soak.run(wish, keep or Path(directory), progress, progress.tell)
    report.show(course)
    sys.exit(0 if course.fine else 1)


if __name__ == "__main__":
    main()
