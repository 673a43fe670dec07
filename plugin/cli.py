"""One of the two places that see everything: the `regulars` command. Each command loads what it needs and no more.

Here: running the app. What is done to shops stands in plugin/commands/operating.py, the development store beside it.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from plugin.commands import backup, dev_store, doctor, operating, pins, promoters, runs, segments

DAY = click.DateTime(["%Y-%m-%d"])
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@click.group()
@click.version_option(package_name="regulars")
def cli() -> None:
    """Keeps segment tags on a Shopify store's customers right."""


for group in (operating.inbox, operating.explain, operating.keys, operating.tags, operating.reconcile):
    cli.add_command(group)
cli.add_command(runs.runs)
cli.add_command(runs.recount)
cli.add_command(doctor.doctor)
cli.add_command(backup.backup)
for group in (segments.segments, segments.suggest, promoters.promoters, pins.pin, pins.unpin, pins.pins):
    cli.add_command(group)
cli.add_command(dev_store.dev_store)


def main() -> None:
    """Run the command; what a person can mend is one line, not a traceback."""
    from plugin.config import ConfigError
    from plugin.local.demo import DemoFailed
    from plugin.local.embedded_redis import RedisNotFound
    from plugin.local.processes import DirectoryInUse
    from plugin.local.rehearsal import RehearsalFailed
    from plugin.local.supervisor import StartFailed
    from plugin.local.up import ProcessEnded
    from plugin.standing.explanation import UnknownCustomer

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
    from plugin.operations import tallies
    from workers import serve

    app.start()
    tallies.keep()
    serve.serve(queue_names, burst=burst)


@cli.command()
def scheduler() -> None:
    """Run the timetable (workers/schedule.py)."""
    from plugin import app
    from plugin.operations import tallies
    from workers import schedule

    app.start()
    tallies.keep()
    schedule.run()


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


def _length(text: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS or not number.isdigit() or not int(number):
        raise click.BadParameter("a number of hours, days or weeks: 12h, 1d, 1w", param_hint="--step")
    return int(number) * UNITS[unit]


if __name__ == "__main__":
    main()
