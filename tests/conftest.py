"""What every test may ask for: a database of its own (SQLite, then PostgreSQL), Redis, and a shop in it."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, event, text

from plugin import clock, config, queues
from plugin.config import Config
from plugin.db import schema
from plugin.db import session as db
from plugin.local import embedded_redis, processes
from plugin.shopify import http
from tests.support import postgres

DATABASES = (os.environ["TEST_ON"],) if "TEST_ON" in os.environ else ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server, url = embedded_redis.start(tmp_path_factory.mktemp("redis"))
    yield url
    processes.stop(server)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to copy: migrating anew for every test would take longer than the tests."""
    path = tmp_path_factory.mktemp("template") / "migrated.sqlite3"
    engine = db.connect(f"sqlite:///{path}")
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The name of a PostgreSQL database with all tables, to copy."""
    administer(postgres_server, "CREATE DATABASE migrated")
    engine = create_engine(postgres_server.replace("/postgres?", "/migrated?"))
    schema.upgrade(engine)
    engine.dispose()
    return "migrated"


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with empty tables; a test that asks for it runs once on each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "test.sqlite3")
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("migrated_postgres")
    name = f"test_{secrets.token_hex(6)}"
    administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.replace("/postgres?", f"/{name}?")
    db.engine().dispose()
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def administer(server: str, statement: str) -> None:
    """Run a statement that PostgreSQL allows in no transaction."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def settings(database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Config:
    """A configured process: settings read, tables made, Redis empty, the clock the test's own."""
    for name, value in {
        "ENVIRONMENT": "development",
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path / "data"),
        "REDIS_URL": redis_url,
        "APP_URL": "http://127.0.0.1:1",
        "OPERATOR_NAME": "Regular People Ltd",
        "SUPPORT_EMAIL": "help@regular-people.org",
        "SHOPIFY_CLIENT_ID": "client-id",
        "SHOPIFY_CLIENT_SECRET": "a-secret-of-the-tests-that-is-long-enough",
        "SHOPIFY_OLD_CLIENT_SECRET": "the-secret-before-that-is-also-long-enough",
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "CLOCK_FILE": str(tmp_path / "clock"),
        "LOG_LEVEL": "ERROR",
    }.items():
        monkeypatch.setenv(name, value)
    return start()


def start() -> Config:
    """Start this process as a command would, on whatever the environment says."""
    from plugin import app

    queues.connection.cache_clear()
    http.client.cache_clear()
    settings = app.start()
    if db.engine().dialect.name == "sqlite":
        event.listen(db.engine(), "connect", _never_wait_for_the_disk)
    queues.connection().flushall()
    return settings


def _never_wait_for_the_disk(connection: Any, _record: Any) -> None:
    """A test's database need not survive a power cut; every commit of thousands would wait for the disk."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def set_clock(settings: Config):
    """Stand the shop's clock still at an instant."""
    yield lambda instant: clock.write(settings.clock_file, instant.isoformat())
    clock.configure(None)


@pytest.fixture(autouse=True)
def _environment_as_it_was() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
    config._current = None
