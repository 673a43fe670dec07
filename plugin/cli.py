"""One of the two places that see everything: the `regulars` command. Each command loads what it needs and no more."""

import sys
from datetime import datetime
from pathlib import Path

import click

from plugin import config
from plugin.config import ConfigError


@click.group()
@click.version_option(package_name="regulars")
def cli() -> None:
    """Keeps segment tags on a Shopify store's customers right."""


def main() -> None:
    """Run the command; what a person can mend is one line, not a traceback."""
    from plugin.local.embedded_redis import RedisNotFound
    from plugin.local.processes import DirectoryInUse
    from plugin.local.stack import StartFailed

    try:
        cli()
    except (ConfigError, DirectoryInUse, RedisNotFound, StartFailed) as error:
        click.echo(f"regulars: {error}", err=True)
        sys.exit(2)


@cli.command()
def serve() -> None:
    """Serve Shopify's deliveries and the merchant's page on 127.0.0.1:WEB_PORT."""
    from granian.constants import Interfaces
    from granian.server import Server

    settings = config.load()
    _prepare_database()
    Server(
        "plugin.app:create_app",
        factory=True,
        address="127.0.0.1",
        port=settings.web_port,
        interface=Interfaces.WSGI,
        workers=1,
        # Slow bodies hold a thread each: enough of them keep the door open for the others.
        blocking_threads=32,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    ).serve()


@cli.command()
@click.option("--queue", "queue_names", multiple=True, help="Serve only this queue; may be given several times.")
@click.option("--burst", is_flag=True, help="Stop when there is nothing left to do.")
def worker(queue_names: tuple[str, ...], *, burst: bool) -> None:
    """Do the jobs of the queues until told to stop."""
    from plugin import app
    from workers import serve as worker

    app.start()
    worker.serve(queue_names, burst=burst)


@cli.command()
def scheduler() -> None:
    """Run the timetable (workers/schedule.py)."""
    from rq.cron import CronScheduler

    from plugin import app, queues
    from workers import schedule

    app.start()
    timetable = CronScheduler(connection=queues.connection(), logging_level="WARNING")
    schedule.register(timetable)
    timetable.start()


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
    config.load()
    _prepare_database()
    click.echo("The tables are up to date.")


def _prepare_database() -> None:
    from plugin.db import schema, session

    session.configure(config.current().database_url)
    schema.upgrade(session.engine())


if __name__ == "__main__":
    main()
