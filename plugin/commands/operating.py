"""Commands for whoever operates the app: failed deliveries, explanations, keys, and taking off a shop's tags."""

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugin.commands import named_shop

if TYPE_CHECKING:
    from plugin.db.models import Shop

LOOK_AGAIN_SECONDS = 0.5


@click.group()
def inbox() -> None:
    """Deliveries that could not be folded in."""


@inbox.command("list")
@click.argument("shop_domain", metavar="SHOP")
def list_failed(shop_domain: str) -> None:
    """List a shop's failed deliveries with the reason of each."""
    from plugin.db import session
    from plugin.deliveries import inbox

    with named_shop.opened(shop_domain) as shop, session.read() as reading:
        click.echo(f"{inbox.pending_count(reading, shop.id)} pending")
        for event in inbox.failed(reading, shop.id):
            click.echo(f"{event.webhook_id}  {event.topic}  {event.failed_at:%Y-%m-%d %H:%M}  {event.error}")


@inbox.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("webhook_id", required=False)
def replay(shop_domain: str, webhook_id: str | None) -> None:
    """Fold a shop's failed deliveries again, or only the one named."""
    from plugin import queues
    from plugin.db import session
    from plugin.deliveries import inbox

    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            count = inbox.replay(writing, shop.id, webhook_id)
        for stage in inbox.STAGES:
            queues.wake(stage, shop.id)
    click.echo(f"{count} deliveries will be folded again")


@click.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("customer", type=int)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain(shop_domain: str, customer: int, *, as_json: bool) -> None:
    """Say which segments a customer is in, and why."""
    import json

    from plugin import clock
    from plugin.db import session
    from plugin.standing import explanation, explanation_words

    with named_shop.opened(shop_domain) as shop, session.read() as reading:
        explained = explanation.explain(reading, shop.id, customer, clock.now())
    if as_json:
        click.echo(json.dumps(explanation_words.as_json(explained), indent=2, ensure_ascii=False))
        return
    for line in explanation_words.lines(explained):
        click.echo(line)


@click.command()
@click.argument("shop_domain", metavar="SHOP", required=False)
@click.option("--all", "everybody", is_flag=True, help="Every shop; the workers do it.")
def reconcile(shop_domain: str | None, *, everybody: bool) -> None:
    """Compare a shop's recently changed orders with Shopify's, after an outage say, and fold what never came."""
    if everybody == bool(shop_domain):
        raise click.UsageError("Name a shop, or say --all")
    if shop_domain:
        _reconcile(shop_domain)
        return
    from plugin import app
    from workers import reconcile

    app.start()
    click.echo(f"The workers compare the orders of {reconcile.reconcile_all():,} shops")


def _reconcile(shop_domain: str) -> None:
    from plugin import clock, queues, runs
    from plugin.db import session
    from plugin.history import reconcile
    from workers import work_on_runs

    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            if not reconcile.start(writing, shop.id, clock.now()):
                raise click.ClickException("The shop's history is still being imported; that compares everything")
        while True:
            work_on_runs.work_on_runs(shop.id)
            with session.read() as reading:
                run = runs.newest(reading, shop.id, runs.RECONCILIATION)
            if run.finished_at or run.state == runs.QUEUED:
                break
            time.sleep(LOOK_AGAIN_SECONDS)
    queues.wake("run", shop.id)
    queues.wake("sync", shop.id)
    if not run.finished_at:
        raise click.ClickException("Other work comes first; the workers make the comparison after it")
    if run.error:
        raise click.ClickException(run.error)
    found = run.position
    click.echo(f"{found.get('compared', 0):,} orders compared, {found.get('lost', 0):,} of them without a webhook")


@click.group()
def keys() -> None:
    """The keys that access tokens are encrypted with (TOKEN_KEYS)."""


@keys.command("new")
def new_key() -> None:
    """Print a fresh key for TOKEN_KEYS."""
    from cryptography.fernet import Fernet

    click.echo(Fernet.generate_key().decode())


@keys.command()
def rotate() -> None:
    """Encrypt all tokens with the first of TOKEN_KEYS; the others can be taken out afterwards."""
    from plugin import app
    from plugin.db import session
    from plugin.shop import tokens

    app.start()
    with session.write() as writing:
        done, unreadable = tokens.reencrypt(writing)
    click.echo(f"The tokens of {done:,} shops are encrypted with the first key.")
    for domain in unreadable:
        click.echo(f"{domain}: none of the keys fits. The merchant has to open the app once.", err=True)


@click.group()
def tags() -> None:
    """Whether a shop's customers carry our tags at all."""


@tags.command()
@click.argument("shop_domain", metavar="SHOP")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="CSV of what was removed.")
def remove(shop_domain: str, report: Path | None) -> None:
    """Take every tag of ours, and only ours, off a shop's customers; `restore` brings them back."""
    from plugin.db import session
    from plugin.tagging import switch

    with named_shop.opened(shop_domain) as shop:
        try:
            _switch(shop, on=False)
        finally:
            # Also of what was done before Shopify refused the rest.
            if report is not None:
                with session.read() as reading, report.open("w", newline="") as file:
                    rows = csv.writer(file)
                    rows.writerow(switch.REPORT_COLUMNS)
                    rows.writerows(switch.report(reading, shop.id))
                click.echo(f"What was removed: {report}")


@tags.command()
@click.argument("shop_domain", metavar="SHOP")
def restore(shop_domain: str) -> None:
    """Have tags kept again."""
    with named_shop.opened(shop_domain) as shop:
        _switch(shop, on=True)


@tags.command()
@click.argument("shop_domain", metavar="SHOP")
def compare(shop_domain: str) -> None:
    """Compare our tags in a shop with what is recorded; what differs is mended as the shop has chosen."""
    from plugin import clock, queues, runs
    from plugin.db import session
    from plugin.shop import shops
    from plugin.tagging import tag_comparison
    from workers import work_on_runs

    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            runs.start(writing, shop.id, runs.COMPARISON, clock.now())
        while True:
            work_on_runs.work_on_runs(shop.id)
            with session.read() as reading:
                run = runs.newest(reading, shop.id, runs.COMPARISON)
                trouble = shops.get(reading, shop.id).api_error
            if run.finished_at is not None or trouble:
                break
            time.sleep(LOOK_AGAIN_SECONDS)
        queues.wake("sync", shop.id)
    if run.error or run.finished_at is None:
        raise click.ClickException(f"The tags could not be compared: {run.error or trouble}")
    found = tag_comparison.found(run)
    click.echo(
        f"{found[tag_comparison.COMPARED]:,} customers compared. Tags that were gone: "
        f"{found[tag_comparison.PUT_BACK]:,} put back, {found[tag_comparison.LEFT_OFF]:,} left off. "
        f"Tags that others gave: {found[tag_comparison.THEIRS]:,}."
    )


@tags.command("foreign-removal")
@click.argument("shop_domain", metavar="SHOP")
@click.argument("choice", type=click.Choice(["repair", "respect"]))
def foreign_removal(shop_domain: str, choice: str) -> None:
    """Say whether tags of ours that others take off are put back (repair) or left off (respect)."""
    from plugin import queues
    from plugin.db import session
    from plugin.tagging import tag_drift

    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            changed = tag_drift.choose(writing, shop.id, choice)
        queues.wake("sync", shop.id)
    click.echo("Done." if changed else "It was so already.")


def _switch(shop: "Shop", *, on: bool) -> None:
    """Switch, then do the work here and now, beside the workers if there are any, and show how far it is."""
    from plugin import clock, queues, work_left
    from plugin.db import session
    from plugin.shop import shops
    from plugin.tagging import switch, tag_sync
    from workers import sync_tags, work_on_runs

    shop_id = shop.id
    if shop.uninstalled_at is not None:
        raise click.ClickException(f"{shop.domain} removed the app: tags can no longer be written there")
    with session.write() as writing:
        changed = switch.switch(writing, shop_id, on, clock.now())
    queues.wake("run", shop_id)
    work_on_runs.work_on_runs(shop_id)
    with session.read() as reading:
        waiting = tag_sync.pending_count(reading, shop_id)
    with click.progressbar(length=waiting, label="Customers") as bar:
        while True:
            work_on_runs.work_on_runs(shop_id)
            sync_tags.sync_tags(shop_id)
            with session.read() as reading:
                left = tag_sync.pending_count(reading, shop_id)
                trouble = shops.get(reading, shop_id).api_error
                busy = {"run", "sync", work_left.BULK} & set(work_left.of(reading, shop_id, clock.now()))
            bar.update(max(0, waiting - left - bar.pos))
            if trouble or not busy:
                break
            time.sleep(LOOK_AGAIN_SECONDS)
    if trouble:
        raise click.ClickException(f"Shopify refuses our calls for now; the workers go on later ({trouble})")
    if left:
        raise click.ClickException(f"Shopify refuses the tags of {left:,} customers; they are tried again every day")
    click.echo("Done." if changed else "It was so already.")
