"""Whether /readyz tells the truth: about each thing a delivery needs, and about Redis, which none needs."""

from pathlib import Path

import pytest
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import inspect, text

from plugin import app, queues
from plugin.db import schema
from plugin.db import session as db
from plugin.operations import readiness
from tests.support import shop as shops

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
WELL = {"database": "ok", "writable": "ok", "tables": "ok", "redis": "ok"}


@pytest.fixture
def client(settings, monkeypatch):
    monkeypatch.setattr(readiness, "REMEMBERED_SECONDS", 0)
    application = app.create_app()
    shops.make_shop()
    return application.test_client()


def told(client) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json["checks"]


def door(client) -> int:
    return shops.post(client, "orders/create", shops.order(1)).status_code


def test_all_is_well(client):
    assert told(client) == (200, WELL)
    assert client.get("/readyz").json["ready"] is True
    assert client.get("/readyz").headers["Cache-Control"] == "no-store"


def test_looking_leaves_no_trace(client):
    before = tables()
    for _ in range(3):
        told(client)
    assert tables() == before


def tables() -> set[str]:
    return set(inspect(db.engine()).get_table_names())


@ON_SQLITE
def test_a_read_only_file_is_not_ready_and_the_door_says_503(client):
    make_read_only = "PRAGMA query_only = ON"
    with db.read() as session:
        session.execute(text(make_read_only))
    assert told(client) == (503, WELL | {"writable": "cannot be written"})
    assert door(client) == 503
    with db.read() as session:
        session.execute(text("PRAGMA query_only = OFF"))
    assert told(client) == (200, WELL)
    assert door(client) == 200


@ON_SQLITE
def test_a_full_file_is_not_ready(client):
    with db.read() as session:
        pages = session.scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count = {pages + 4}"))
    assert told(client) == (503, WELL | {"writable": "cannot be written"})
    with db.read() as session:
        session.execute(text(f"PRAGMA max_page_count = {pages + 1_000}"))
    assert told(client) == (200, WELL)


@ON_POSTGRES
def test_a_read_only_server_is_not_ready_and_the_door_says_503(client):
    switch(client, "on")
    assert told(client) == (503, WELL | {"writable": "is read only"})
    assert door(client) == 503
    switch(client, "off")
    assert told(client) == (200, WELL)
    assert door(client) == 200


def switch(client, read_only: str) -> None:
    name = db.engine().url.database
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = {read_only}"))
    db.engine().dispose()


@ON_SQLITE
def test_a_missing_migration_is_not_ready(client, tmp_path: Path):
    older = f"sqlite:///{tmp_path / 'older.sqlite3'}"
    engine = db.connect(older)
    schema.upgrade(engine, "0010")
    db.configure(older)
    assert told(client) == (503, WELL | {"tables": "regulars db upgrade is to be run"})
    schema.upgrade(db.engine())
    assert told(client) == (200, WELL)


@ON_SQLITE
def test_a_database_without_tables_is_not_ready(client, tmp_path: Path):
    db.configure(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    assert told(client) == (503, WELL | {"tables": "regulars db upgrade is to be run"})


@ON_SQLITE
def test_the_tables_of_the_next_version_are_good_enough_for_this_one(client):
    with db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'next'"))
    assert told(client) == (200, WELL)


@ON_POSTGRES
def test_a_database_that_is_away_is_not_ready_and_the_process_lives(client):
    reachable = db.engine().url
    db.configure(reachable.set(database="nowhere").render_as_string(hide_password=False))
    status, checks = told(client)
    assert (status, checks["database"], checks["writable"]) == (503, "cannot be read", "unknown")
    assert client.get("/healthz").status_code == 200
    db.configure(reachable.render_as_string(hide_password=False))
    assert told(client) == (200, WELL)


@ON_SQLITE
def test_without_redis_the_process_is_ready_and_says_so(client, monkeypatch, tmp_path: Path):
    nobody_there = queues.Redis(unix_socket_path=str(tmp_path / "nobody.sock"), retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(queues, "connection", lambda: nobody_there)
    assert told(client) == (200, WELL | {"redis": "does not answer"})
    assert door(client) == 200


@ON_SQLITE
def test_the_database_is_looked_at_once_however_many_ask(client, monkeypatch):
    monkeypatch.setattr(readiness, "REMEMBERED_SECONDS", 60)
    monkeypatch.setattr(readiness, "_found", None)
    assert readiness.look() is readiness.look()
