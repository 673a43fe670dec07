"""A copy of the SQLite database, taken while the app runs, for `regulars backup`. PostgreSQL brings its own means."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path


class NotCopied(Exception):
    """There is no good copy; the message says why."""


def copy(database: Path, target: Path) -> int:
    """Copy the database as it is at one instant, check the copy, and only then give it its name; returns its bytes.

    One step, under one reader's view of the file: writers go on meanwhile, and nothing of theirs comes into it. The
    copy is one file without a log beside it, readable by nobody else.
    """
    if target.exists():
        raise NotCopied(f"{target} exists already")
    if not database.is_file():
        raise NotCopied(f"There is no database {database}")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(unfinished)) as made:
            source.backup(made)
            made.execute("PRAGMA journal_mode=DELETE")
            (verdict,) = made.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise NotCopied(f"The copy is not sound, and the database may not be either: {verdict}")
        _write_through(unfinished)
        unfinished.rename(target)
        _write_through(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise NotCopied(f"{target} could not be made: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _write_through(path: Path) -> None:
    """What is not on the disk yet would not survive a power cut."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
