"""Migrations on both databases: up, down and up again with rows in every table, and beside a version still at work."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, LargeBinary, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.exc import DBAPIError

from plugin.db import schema
from plugin.db import session as db
from plugin.db.models import Base
from plugin.db.scope import ALL_SHOPS
from tests.conftest import DATABASES, administer

OLDEST = "0001"
VERSIONS = [each.revision for each in reversed(list(ScriptDirectory(
    str(Path(schema.__file__).parent / "migrations")).walk_revisions()))]  # fmt: skip


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table."""
    if request.param == "sqlite":
        engine = db.connect(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        yield engine
        engine.dispose()
        return
    server, name = request.getfixturevalue("postgres_server"), f"empty_{secrets.token_hex(6)}"
    administer(server, f"CREATE DATABASE {name}")
    engine = create_engine(server.replace("/postgres?", f"/{name}?"))
    yield engine
    engine.dispose()
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def tables(engine: Engine) -> list[Table]:
    """The tables as they are."""
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def value(column: Any, number: int) -> Any:
    """Something to put into a column."""
    if isinstance(column.type, LargeBinary):
        return b"\x01\x02"
    if isinstance(column.type, String):
        return f"{column.name}-{number}"[: column.type.length]
    return {"JSON": {"a": [1]}, "BOOLEAN": True}.get(str(column.type).upper(), number)


def fill(engine: Engine, into: list[Table], number: int) -> None:
    """A row in each table, as a version that knows these columns would insert it."""
    with engine.begin() as connection:
        for table in into:
            row = {column.name: value(column, number) for column in table.columns}
            connection.execute(insert(table).values(row))


def rows(engine: Engine, known: list[Table]) -> dict[str, list[Any]]:
    """What stands in the columns of these tables."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*table.columns).execution_options(**ALL_SHOPS))))
            for table in known
        }


def downgrade(engine: Engine, revision: str) -> None:
    command.downgrade(schema.configuration(engine), revision)


def test_the_migrations_make_the_tables_that_the_models_describe(engine):
    schema.upgrade(engine)
    command.check(schema.configuration(engine))
    schema.upgrade(engine)
    assert {table.name for table in tables(engine)} == set(Base.metadata.tables)


def test_rows_of_the_first_version_live_through_all_of_them_and_back(engine):
    schema.upgrade(engine, OLDEST)
    oldest = tables(engine)
    fill(engine, oldest, 1)
    before = rows(engine, oldest)
    assert all(before.values())
    for _ in range(2):
        for version in VERSIONS[1:]:
            schema.upgrade(engine, version)
            assert rows(engine, oldest) == before, version
        command.check(schema.configuration(engine))
        for version in reversed(VERSIONS[:-1]):
            downgrade(engine, version)
            assert rows(engine, oldest) == before, version
    downgrade(engine, "base")
    assert tables(engine) == []
    schema.upgrade(engine)
    command.check(schema.configuration(engine))


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_what_the_version_before_inserts_is_taken_after_the_next_migration(engine, version):
    schema.upgrade(engine, version)
    known = tables(engine)
    schema.upgrade(engine, VERSIONS[VERSIONS.index(version) + 1])
    fill(engine, known, 1)
    if version == OLDEST:
        assert [row for row in rows(engine, tables(engine))["inbox_events"] if "'drain'" in row]


def test_a_migration_that_fails_leaves_the_tables_as_they_were(engine):
    schema.upgrade(engine, OLDEST)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE erasures (in_the_way INTEGER)")  # of the second version's last steps
    before = {table.name: len(table.columns) for table in tables(engine)}
    with pytest.raises(DBAPIError, match="erasures"):
        schema.upgrade(engine)
    assert {table.name: len(table.columns) for table in tables(engine)} == before
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE erasures")
    schema.upgrade(engine)
