"""`make bench`: every benchmark, one after the other. Times vary with the machine; the ratios are what to look at.

`python -m tests.benchmarks [--sizes 10000,100000] [--only NAME]` chooses; `--full` goes up to a million customers and
takes the better part of an hour.
"""

from collections.abc import Callable

import click

from tests.benchmarks import (
    catalogue,
    deliveries,
    drain,
    events,
    import_history,
    import_lines,
    pages,
    previews,
    sweep,
    tag_writing,
    whole_shop,
)

FULL = "10000,100000,1000000"
Benchmark = tuple[str, click.Command, Callable[[str], list[str]]]


def _nothing(_sizes: str) -> list[str]:
    return []


def _sizes(sizes: str) -> list[str]:
    return ["--sizes", sizes]


def _on_postgresql(sizes: str) -> list[str]:
    return ["--sizes", sizes, "--database", "postgresql"]


# Benchmarks with sizes show how the same grows with the number of customers.
BENCHMARKS: dict[str, Benchmark] = {
    "deliveries": ("Deliveries accepted by the web server (SQLite, one process)", deliveries.main, _nothing),
    "drain": ("Deliveries folded and judged (SQLite, one worker)", drain.main, _nothing),
    "events": ("New orders of a shop that has many (SQLite)", events.main, _sizes),
    "tags": ("Tags written to the development store at 100 points a second", tag_writing.main, _nothing),
    "import": ("A history imported from Shopify's files (SQLite)", import_history.main, _nothing),
    "import-lines": ("A history imported with what customers bought (SQLite)", import_lines.main, _nothing),
    "whole-shop": ("Every customer of a shop judged (SQLite)", whole_shop.main, _sizes),
    "whole-shop-postgresql": ("Every customer of a shop judged (PostgreSQL)", whole_shop.main, _on_postgresql),
    "catalogue": ("The whole catalogue beside the segments a shop starts with (SQLite)", catalogue.main, _sizes),
    "previews": ("Rules tried before they are saved (SQLite)", previews.main, _sizes),
    "pages": ("Pages of a large shop in a browser (SQLite, one server)", pages.main, _nothing),
    "sweep": ("Customers whom time alone has moved (SQLite)", sweep.main, _sizes),
}


@click.command()
@click.option("--sizes", default="10000,100000", help="Numbers of customers.")
@click.option("--full", is_flag=True, help=f"Sizes {FULL}.")
@click.option("--only", multiple=True, type=click.Choice(list(BENCHMARKS)), help="These and no others.")
def main(sizes: str, full: bool, only: tuple[str, ...]) -> None:
    for name, (title, command, arguments) in BENCHMARKS.items():
        if not only or name in only:
            click.echo(f"\n{title}\n")
            command(args=arguments(FULL if full else sizes), standalone_mode=False)


if __name__ == "__main__":
    main()
