"""`make bench`: every benchmark, one after the other. Times vary with the machine; the ratios are what to look at."""

import click

from tests.benchmarks import deliveries, drain, import_history, tag_writing, whole_shop

for title, command in {
    "Deliveries accepted by the web server (SQLite, one process)": deliveries.main,
    "Deliveries folded and judged (SQLite, one worker)": drain.main,
    "Tags written to the development store at 100 points a second": tag_writing.main,
    "A history imported from Shopify's files (SQLite)": import_history.main,
    "Every customer of a shop judged (SQLite)": whole_shop.main,
}.items():
    click.echo(f"\n{title}\n")
    command(args=[], standalone_mode=False)
