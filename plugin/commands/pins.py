"""`regulars pin`, `unpin` and `pins`: customers put into segments or kept out of them, whatever the rules say."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from plugin.commands import named_shop

if TYPE_CHECKING:
    from plugin.db.models import Shop
    from plugin.standing.pinning import Pinned

CAUSE = "command"
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("customer", type=int)
@click.argument("tag")
@click.option("--out", is_flag=True, help="Keep the customer out of the segment instead.")
@click.option("--until", type=DAY, help="The pin ends when this day begins in the shop's time zone; else it stays.")
@click.option("--note", default="", help="Why, in at most 200 characters: shown beside the pin, never logged.")
def pin(shop_domain: str, customer: int, tag: str, until: datetime | None, note: str, *, out: bool) -> None:
    """Put CUSTOMER into the segment with this TAG, whatever its rule says."""
    from plugin import clock, queues
    from plugin.db import session
    from plugin.shop import shops
    from plugin.standing import pinning

    with named_shop.opened(shop_domain) as shop:
        ends = until.replace(tzinfo=shops.zone(shop)) if until else None
        with session.write() as writing:
            shops.hold(writing, shop.id)
            wish = (writing, shop.id, customer, tag, not out, ends, note)
            try:
                put = pinning.put(*wish, now=clock.now(), cause=CAUSE)
            except pinning.NotPinned as error:
                raise click.ClickException(str(error)) from error
        queues.wake("sync", shop.id)
        click.echo(_line(put, shop))


@click.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("customer", type=int)
@click.argument("tag", required=False)
def unpin(shop_domain: str, customer: int, tag: str | None) -> None:
    """Take away CUSTOMER's pin for the segment with this TAG, or all their pins."""
    from plugin import clock, queues
    from plugin.db import session
    from plugin.shop import shops
    from plugin.standing import pinning

    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            shops.hold(writing, shop.id)
            try:
                count = pinning.remove(writing, shop.id, customer, tag, now=clock.now())
            except pinning.NotPinned as error:
                raise click.ClickException(str(error)) from error
        queues.wake("sync", shop.id)
    click.echo(f"{count} taken away." if count else "There was none.")


@click.command()
@click.argument("shop_domain", metavar="SHOP")
def pins(shop_domain: str) -> None:
    """List a shop's pins, customer by customer."""
    from plugin import clock
    from plugin.db import session
    from plugin.standing import pinning

    with named_shop.opened(shop_domain) as shop, session.read() as reading:
        for each in pinning.of_shop(reading, shop.id, clock.now()):
            click.echo(_line(each, shop))


def _line(pinned: "Pinned", shop: "Shop") -> str:
    from plugin.shop import shops

    ends = f" until {pinned.until.astimezone(shops.zone(shop)):%Y-%m-%d %H:%M}" if pinned.until else ""
    note = f"  {pinned.note}" if pinned.note else ""
    return f"{pinned.customer_id}  {'in' if pinned.into else 'out of'} {pinned.tag}{ends}{note}"
