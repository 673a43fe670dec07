"""The shop that a command names, with the app started. For the modules beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from plugin.db.models import Shop


@contextmanager
def opened(domain: str) -> "Iterator[Shop]":
    """The shop with this domain; a bad parameter if it never installed the app."""
    from plugin import app
    from plugin.db import session
    from plugin.shop import shops

    app.start()
    with session.read() as reading:
        shop = shops.by_domain(reading, domain)
    if shop is None:
        raise click.BadParameter(f"No shop {domain} has installed the app", param_hint="SHOP")
    yield shop
