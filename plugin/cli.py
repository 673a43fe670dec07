"""One of the two places that see everything: the `regulars` command. Each command loads what it needs and no more."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dev_store.client import DevStoreClient
    from plugin.db.models import Shop

DAY = click.DateTime(["%Y-%m-%d"])
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@click.group()
@click.version_option(package_name="regulars")
def cli() -> None:
    """Keeps segment tags on a Shopify store's customers right."""


def main() -> None:
    """Run the command; what a person can mend is one line, not a traceback."""
    from plugin.config import ConfigError
    from plugin.explanation import UnknownCustomer
    from plugin.local.demo import DemoFailed
    from plugin.local.embedded_redis import RedisNotFound
    from plugin.local.processes import DirectoryInUse
    from plugin.local.rehearsal import RehearsalFailed
    from plugin.local.supervisor import StartFailed
    from plugin.local.up import ProcessEnded

    mendable = (ConfigError, DemoFailed, RehearsalFailed, UnknownCustomer)
    told = (*mendable, DirectoryInUse, RedisNotFound, StartFailed, ProcessEnded)
    try:
        cli()
    except told as error:
        click.echo(f"regulars: {error}", err=True)
        sys.exit(2)


@cli.command()
@click.option("--once", is_flag=True, help="Stop after the comparison; exit 0 only if every count is equal.")
def demo(*, once: bool) -> None:
    """Run everything on this machine on real orders, with nothing to set up."""
    from plugin.local import demo

    if not demo.run(demo.data_directory(), once=once):
        sys.exit(1)


@cli.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--segments", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="YAML or JSON list.")
@click.option("--from", "start", type=DAY, required=True, help="First day; the history before it is imported.")
@click.option("--to", "end", type=DAY, required=True, help="Last day.")
@click.option("--step", default="1d", show_default=True, help="12h, 1d, 1w ...")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), required=True, help="CSV to write.")
def rehearse(data: Path, segments: Path | None, start: datetime, end: datetime, step: str, report: Path) -> None:
    """Run a store's history through the app and count the tags in the store at the end of each step."""
    from tempfile import TemporaryDirectory

    from plugin.local import rehearsal

    plan = rehearsal.Rehearsal(
        data=data,
        definitions=rehearsal.read_definitions(segments),
        start=rehearsal.start_of_day(start),
        end=rehearsal.start_of_day(end) + timedelta(days=1),
        step=_length(step),
    )
    if plan.start >= plan.end:
        raise click.BadParameter("--to must not be before --from")
    steps = len(list(plan.instants()))
    with TemporaryDirectory(prefix="regulars-") as directory, click.progressbar(length=steps, label="Steps") as bar:
        last = None
        for row in rehearsal.write_report(rehearsal.rehearse(plan, Path(directory)), report):
            bar.update(1 if row.as_of != last else 0)
            last = row.as_of
    click.echo(f"{steps} steps, {len(plan.definitions)} segments: {report}")


@cli.command()
def up() -> None:
    """Run web, workers and scheduler together, with the settings in .env and a Redis of its own if need be."""
    from plugin.local import up

    up.run(Path(".data"))


@cli.command()
def serve() -> None:
    """Serve Shopify's deliveries and the merchant's page on 127.0.0.1:WEB_PORT."""
    from plugin.local import web

    web.serve()


@cli.command()
@click.option("--queue", "queue_names", multiple=True, help="Serve only this queue; may be given several times.")
@click.option("--burst", is_flag=True, help="Stop when there is nothing left to do.")
def worker(queue_names: tuple[str, ...], *, burst: bool) -> None:
    """Do the jobs of the queues until told to stop."""
    from plugin import app
    from workers import serve

    app.start()
    serve.serve(queue_names, burst=burst)


@cli.command()
def scheduler() -> None:
    """Run the timetable (workers/schedule.py)."""
    from plugin import app
    from workers import schedule

    app.start()
    schedule.run()


@cli.command("new-key")
def new_key() -> None:
    """Print a fresh key for TOKEN_KEYS."""
    from cryptography.fernet import Fernet

    click.echo(Fernet.generate_key().decode())


@cli.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to date."""
    from plugin import app
    from plugin.db import schema, session

    app.start()
    schema.upgrade(session.engine())
    click.echo("The tables are up to date.")


@cli.group()
def inbox() -> None:
    """Deliveries that could not be folded in."""


@inbox.command("list")
@click.argument("shop_domain", metavar="SHOP")
def list_failed(shop_domain: str) -> None:
    """List a shop's failed deliveries with the reason of each."""
    from plugin import inbox
    from plugin.db import session

    with _shop(shop_domain) as shop, session.read() as reading:
        click.echo(f"{inbox.pending_count(reading, shop.id)} pending")
        for event in inbox.failed(reading, shop.id):
            click.echo(f"{event.webhook_id}  {event.topic}  {event.failed_at:%Y-%m-%d %H:%M}  {event.error}")


@inbox.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("webhook_id", required=False)
def replay(shop_domain: str, webhook_id: str | None) -> None:
    """Fold a shop's failed deliveries again, or only the one named."""
    from plugin import inbox, queues
    from plugin.db import session

    with _shop(shop_domain) as shop:
        with session.write() as writing:
            count = inbox.replay(writing, shop.id, webhook_id)
        queues.wake("drain", shop.id)
    click.echo(f"{count} deliveries will be folded again")


@cli.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("customer", type=int)
def explain(shop_domain: str, customer: int) -> None:
    """Say which segments a customer is in, and why."""
    from plugin import clock, explanation
    from plugin.db import session

    with _shop(shop_domain) as shop, session.read() as reading:
        for line in explanation.lines(explanation.explain(reading, shop.id, customer, clock.now())):
            click.echo(line)


@cli.group("dev-store")
@click.option("--url", envvar="SHOPIFY_URL", default="http://127.0.0.1:9000", show_default=True)
@click.pass_context
def dev_store(context: click.Context, url: str) -> None:
    """The development store: Shopify's side on this machine."""
    context.obj = url


@dev_store.command("serve", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def dev_store_serve(options: tuple[str, ...]) -> None:
    """Serve a development store; `--help` lists its own options."""
    from dev_store import __main__ as server

    sys.exit(server.main(list(options)))


@dev_store.command()
@click.argument("handle")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--ends-now", is_flag=True, help="Move all dates so that the last order is placed now.")
@click.pass_obj
def load(url: str, handle: str, directory: Path, *, ends_now: bool) -> None:
    """Open the shop HANDLE, if need be, and load a history of orders (CSV files) into it."""
    from datetime import UTC

    with _dev_store(url) as store:
        if handle not in {shop["handle"] for shop in store.shops()}:
            store.create_shop(handle)
        loaded = store.load(handle, directory, shift_to_end=datetime.now(UTC) if ends_now else None)
    click.echo(f"{loaded['orders']:,} orders from {loaded['first_at']} to {loaded['last_at']}")


@dev_store.command()
@click.argument("handle")
@click.option("--customer", type=int, help="Who orders; a new customer if left out.")
@click.option("--price", default="25.00", show_default=True)
@click.option("--quantity", default=1, show_default=True)
@click.pass_obj
def order(url: str, handle: str, customer: int | None, price: str, quantity: int) -> None:
    """Place an order in the shop HANDLE; its webhooks go out at once."""
    with _dev_store(url) as store:
        line = {"price": price, "quantity": quantity, "title": "An order from the command line"}
        placed = store.place_order(handle, [line], customer or "new")
    click.echo(f"Order {placed['id']} of customer {placed['customer']['id']}")


@contextmanager
def _shop(domain: str) -> "Iterator[Shop]":
    from plugin import app, shops
    from plugin.db import session

    app.start()
    with session.read() as reading:
        shop = shops.by_domain(reading, domain)
    if shop is None:
        raise click.BadParameter(f"No shop {domain} has installed the app", param_hint="SHOP")
    yield shop


@contextmanager
def _dev_store(url: str) -> "Iterator[DevStoreClient]":
    import httpx

    from dev_store.client import DevStoreClient, DevStoreRefused

    try:
        with DevStoreClient(url) as store:
            yield store
    except httpx.ConnectError as error:
        raise click.ClickException(f"No development store answers at {url}") from error
    except DevStoreRefused as error:
        raise click.ClickException(str(error)) from error


def _length(text: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS or not number.isdigit() or not int(number):
        raise click.BadParameter("a number of hours, days or weeks: 12h, 1d, 1w", param_hint="--step")
    return int(number) * UNITS[unit]


if __name__ == "__main__":
    main()
