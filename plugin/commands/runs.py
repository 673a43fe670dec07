"""Commands about a shop's long pieces of work: showing them, and having its orders counted anew."""

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


@click.command()
@click.argument("shop_domain", metavar="SHOP")
def recount(shop_domain: str) -> None:
    """Make all histories of a shop anew from its orders, then judge everybody; `doctor` says when that is needed."""
    from plugin import clock, queues
    from plugin.db import session
    from plugin.history import recounting
    from plugin.shop import shops

    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            shops.hold(writing, shop.id)
            recounting.begin(writing, shop.id, clock.now(), other_amounts=False)
        queues.wake("run", shop.id)
    click.echo(f"The workers do it; `regulars runs {shop.domain}` shows how far they are")


def _said(run: "Run") -> list[str]:
    from plugin import clock, runs

    if run.state != runs.RUNNING:
        return [run.error] if run.error else []
    total = f" of {run.total_count:,}" if run.total_count else ""
    counted = f"{run.stage}: {run.done_count:,}{total}" if run.done_count else run.stage
    return [counted, *filter(None, [runs.left(run, clock.wall())])]
