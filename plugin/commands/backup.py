"""The command that copies the database of one machine; docs/operations.md says how to restore it, and PostgreSQL's."""

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the SQLite database into FILE, which must not exist, while the app runs. TOKEN_KEYS are not in it."""
    from sqlalchemy.engine import make_url

    from plugin import config
    from plugin.db import backup

    url = make_url(config.load().database_url)
    if url.get_backend_name() != "sqlite":
        raise click.ClickException("This is for SQLite; of PostgreSQL take a copy with pg_dump (docs/operations.md)")
    try:
        size = backup.copy(Path(url.database or ""), file)
    except backup.NotCopied as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: {size / 1_000_000:,.1f} MB, checked")
