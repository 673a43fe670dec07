"""`regulars promoters`: where a shop's answers to the promoter question come from, and taking in files of them."""

import json
import sys
from pathlib import Path

import click

from plugin.commands import named_shop

# So many bad lines are printed one by one; `--json` has them all.
SHOWN_PROBLEMS = 100


@click.group()
def promoters() -> None:
    """How likely customers are to recommend the shop, in their own words."""


@promoters.command("import")
@click.argument("shop_domain", metavar="SHOP")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def import_(shop_domain: str, file: Path, *, as_json: bool) -> None:
    """Take in a CSV FILE with the columns customer id (or gid), score and date; the same file again changes nothing."""
    from plugin.schemas import admin_responses
    from plugin.schemas.answers_file import FileRefused
    from plugin.standing import promoters

    with named_shop.opened(shop_domain) as shop, file.open("rb") as stream:
        try:
            report = promoters.take_file(shop.id, stream)
        except FileRefused as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(admin_responses.FileTaken().dump(report), indent=2))
    else:
        for number, words in report.problems[:SHOWN_PROBLEMS]:
            click.echo(f"Line {number}: {words}", err=True)
        if len(report.problems) > SHOWN_PROBLEMS:
            click.echo(f"... and {len(report.problems) - SHOWN_PROBLEMS:,} more lines (--json lists all)", err=True)
        click.echo(
            f"{report.lines:,} lines: {report.recorded:,} answers recorded, {report.older:,} older than what is known, "
            f"{len(report.problems):,} not taken."
        )
    if report.stopped_at is not None:
        click.echo(f"Too many lines were bad: nothing behind line {report.stopped_at:,} was read.", err=True)
    sys.exit(1 if report.problems else 0)


@promoters.command()
@click.argument("shop_domain", metavar="SHOP")
@click.argument("namespace", required=False)
@click.argument("key", required=False)
@click.option("--none", "let_go", is_flag=True, help="Read no metafield any more; the answers that are here stay.")
def metafield(shop_domain: str, namespace: str | None, key: str | None, *, let_go: bool) -> None:
    """Read answers from the customer metafield NAMESPACE KEY, now and every night."""
    from plugin import queues
    from plugin.db import session
    from plugin.history import metafields

    if let_go == bool(namespace and key):
        raise click.UsageError("Name the namespace and the key of the metafield, or give --none.")
    with named_shop.opened(shop_domain) as shop:
        with session.write() as writing:
            try:
                field = (namespace, key) if namespace and key else None
                changed = metafields.choose(writing, shop.id, field)
            except metafields.NoField as error:
                raise click.ClickException(str(error)) from error
        queues.wake("run", shop.id)
    click.echo("Done." if changed else "It was so already.")


@promoters.command()
@click.argument("shop_domain", metavar="SHOP")
@click.option("--drop", is_flag=True, help="Take no answers from survey tools any more.")
def secret(shop_domain: str, *, drop: bool) -> None:
    """Print a new secret for survey tools to sign with; the one before is refused from now on."""
    from plugin import clock, config
    from plugin.db import session
    from plugin.shop import shops, survey_secret

    with named_shop.opened(shop_domain) as opened, session.write() as writing:
        shop = shops.get(writing, opened.id)
        if drop:
            click.echo("Done." if survey_secret.drop(shop) else "It was so already.")
            return
        made = survey_secret.renew(shop, clock.now())
    click.echo(f"{made}\nPost answers to {config.current().app_url}/promoters/{shop.domain} (docs/promoters.md).")
