"""The command that shows a shop's long pieces of work, finished and under way."""

from typing import TYPE_CHECKING

import click

from plugin.commands import named_shop

if TYPE_CHECKING:
    from plugin.db.models import Run

MOST = 10


@click.command()
@click.argument("shop_domain", metavar="SHOP")
def runs(shop_domain: str) -> None:
    """Show a shop's imports, refreshes and comparisons: how far each is, and how long it will still take."""
    from plugin import runs
    from plugin.db import session

    with named_shop.opened(shop_domain) as shop, session.read() as reading:
        for run in runs.of(reading, shop.id, MOST):
            click.echo("  ".join([f"{run.created_at:%Y-%m-%d %H:%M}", run.kind, run.state, *_said(run)]))


def _said(run: "Run") -> list[str]:
    from plugin import clock, runs

    if run.state != runs.RUNNING:
        return [run.error] if run.error else []
    total = f" of {run.total_count:,}" if run.total_count else ""
    counted = f"{run.stage}: {run.done_count:,}{total}" if run.done_count else run.stage
    return [counted, *filter(None, [runs.left(run, clock.wall())])]
