"""The database of a soak, and how it gets into trouble: held by somebody else, or refusing connections."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.support import postgres


@dataclass(frozen=True)
class Database:
    """One database by its URL, and for PostgreSQL the server's own beside it."""

    url: str
    server: str | None = None

    @property
    def kind(self) -> str:
        """What it is."""
        return "postgresql" if self.server else "sqlite"

    def hold(self, seconds: float) -> threading.Thread:
        """Let nobody else write for so long. Somebody who writes just then is waited for."""
        thread = threading.Thread(target=self._hold_postgres if self.server else self._hold_sqlite, args=(seconds,))
        thread.start()
        return thread

    def refuse(self, seconds: float) -> threading.Thread:
        """Cut all connections and let nobody connect for so long (PostgreSQL)."""
        thread = threading.Thread(target=self._refuse, args=(seconds,))
        thread.start()
        return thread

    def _hold_sqlite(self, seconds: float) -> None:
        path = self.url.removeprefix("sqlite:///")
        connection = sqlite3.connect(path, timeout=60, isolation_level=None)
        # If nobody lets us in there is trouble enough.
        with closing(connection), suppress(sqlite3.OperationalError):
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
            connection.execute("ROLLBACK")

    def _hold_postgres(self, seconds: float) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE inbox_events, customers IN ACCESS EXCLUSIVE MODE"))
            time.sleep(seconds)
        engine.dispose()

    def _refuse(self, seconds: float) -> None:
        name = self.url.partition("?")[0].rpartition("/")[2]
        engine = create_engine(str(self.server), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
            cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
            connection.execute(cut, {"name": name})
            time.sleep(seconds)
            connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))
        engine.dispose()


@contextmanager
def made(kind: str, directory: Path) -> Iterator[Database]:
    """An empty database of a kind: a file in the directory, or one of a PostgreSQL started for it."""
    if kind == "sqlite":
        yield Database(f"sqlite:///{directory.resolve() / 'regulars.sqlite3'}")
        return
    with postgres.server() as server:
        name = f"soak_{secrets.token_hex(4)}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        yield Database(server.replace("/postgres?", f"/{name}?"), server)
