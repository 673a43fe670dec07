"""One database a process. `read()` for looking, `write()` for changing; each is one transaction."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from plugin.db import scope

_engine: Engine | None = None
_sqlite_turn = threading.Lock()

# Shopify gives a delivery 5 s in all: a database that is busy for longer is answered 503 and tried again by Shopify.
BUSY_SECONDS = 4

# A connection for each of the web server's threads (plugin.local.web); a worker uses one.
POOL_SIZE = 32


def configure(database_url: str) -> None:
    """Work on the database at `database_url` from now on."""
    global _engine  # noqa: PLW0603 - one database a process
    if _engine is not None:
        _engine.dispose()
    _engine = connect(database_url)


def connect(database_url: str) -> Engine:
    """An engine for `database_url`, with SQLite set up for several processes. It refuses what names no shop.

    Its errors never show the values of a statement: they may be a delivery's body.
    """
    engine = _connect(make_url(database_url))
    event.listen(engine, "before_cursor_execute", scope.check)
    return engine


def _connect(url: URL) -> Engine:
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")  # hosting platforms hand out addresses without a driver
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=POOL_SIZE,
            pool_timeout=BUSY_SECONDS,
            hide_parameters=True,
            connect_args={"connect_timeout": BUSY_SECONDS},
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    options = {"timeout": BUSY_SECONDS, "isolation_level": None}
    engine = create_engine(url, hide_parameters=True, connect_args=options)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def engine() -> Engine:
    """The engine of this process."""
    if _engine is None:
        raise RuntimeError("No database: start through plugin.app.start()")
    return _engine


@contextmanager
def write() -> Iterator[Session]:
    """A transaction that commits when the block ends and rolls back when it raises."""
    with _turn(), Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def read() -> Iterator[Session]:
    """A transaction for looking only; on SQLite it never waits for a writer."""
    with Session(engine().execution_options(read_only=True), expire_on_commit=False) as session:
        yield session


@contextmanager
def snapshot() -> Iterator[Session]:
    """A transaction for looking whose statements all see the same instant; on SQLite every one does."""
    with read() as session:
        if engine().dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


@contextmanager
def _turn() -> Iterator[None]:
    """Queue SQLite's writers of this process: its own waiting is by sleeping, up to 100 ms at a time."""
    if engine().dialect.name != "sqlite":
        yield
        return
    if not _sqlite_turn.acquire(timeout=BUSY_SECONDS):
        raise exc.TimeoutError(f"Another thread has been writing for {BUSY_SECONDS} s")
    try:
        yield
    finally:
        _sqlite_turn.release()


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # WAL lets readers and the one writer work side by side; FULL because a 200 must survive a power cut.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail at once when another process wrote in between
    # (SQLITE_BUSY_SNAPSHOT, which no time-out waits for): writers take their place in the queue at the start.
    read_only = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
