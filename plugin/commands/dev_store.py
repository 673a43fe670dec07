"""`regulars dev-store`: a development store on this machine, and orders in it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dev_store.client import DevStoreClient


@click.group("dev-store")
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
    from datetime import UTC, datetime

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
