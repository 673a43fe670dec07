"""Migrations run beside the version before: each only adds what that one can ignore, or says why it is no harm."""

import re
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event

from plugin.db import schema
from plugin.db import session as db

VERSIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory(str(Path(schema.__file__).parent / "migrations")).walk_revisions()))
]

# Statements that do more than add, by version, each with why the version before works on all the same.
DECLARED: dict[str, dict[str, str]] = {}

ADDS = re.compile(r"CREATE (TABLE|INDEX) |ALTER TABLE \w+ ADD COLUMN ", re.IGNORECASE)
BOOKKEEPING = re.compile(r"\balembic_version\b|^(PRAGMA|SELECT|BEGIN|COMMIT|SAVEPOINT|RELEASE)\b", re.IGNORECASE)


@pytest.fixture
def engine(tmp_path):
    made = db.connect(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    yield made
    made.dispose()


def statements(engine: Engine, version: str) -> list[str]:
    """What the migration to a version does to the tables, in order."""
    found: list[str] = []

    def keep(_connection, _cursor, sql, *_) -> None:
        if not BOOKKEEPING.search(sql):
            found.append(" ".join(sql.split()))

    event.listen(engine, "before_cursor_execute", keep)
    schema.upgrade(engine, version)
    event.remove(engine, "before_cursor_execute", keep)
    return found


def breaking(done: list[str]) -> list[str]:
    """Those of the statements that the version before would notice."""
    remade = {made[1] for sql in done if (made := re.match(r"CREATE INDEX (\w+)", sql))}
    return [sql for sql in done if not _is_harmless(sql, remade)]


def _is_harmless(sql: str, remade: set[str]) -> bool:
    if sql.upper().startswith("DROP INDEX"):
        return sql.split()[2] in remade
    if "ADD COLUMN" in sql.upper():
        return "DEFAULT" in sql.upper() or "NOT NULL" not in sql.upper()
    return bool(ADDS.match(sql))


def test_each_migration_only_adds_what_the_version_before_can_ignore(engine):
    schema.upgrade(engine, VERSIONS[0])
    found = {version: breaking(statements(engine, version)) for version in VERSIONS[1:]}
    assert {version: sqls for version, sqls in found.items() if set(sqls) != set(DECLARED.get(version, {}))} == {}
    assert all(reason for reasons in DECLARED.values() for reason in reasons.values())


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE shops ADD COLUMN mood TEXT NOT NULL",
        "ALTER TABLE shops DROP COLUMN plan",
        "ALTER TABLE shops RENAME COLUMN plan TO rate",
        "CREATE UNIQUE INDEX ix_shops_plan ON shops (plan)",
        "DROP TABLE erasures",
        "DROP INDEX ix_orders_customer",
        "UPDATE shops SET plan = 'basic'",
        "DELETE FROM turns",
    ],
)
def test_what_the_version_before_would_notice_is_recognised(sql):
    assert breaking([sql]) == [sql]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE moods (shop_id BIGINT NOT NULL)",
        "ALTER TABLE shops ADD COLUMN mood TEXT",
        "ALTER TABLE shops ADD COLUMN mood BIGINT DEFAULT 0 NOT NULL",
        "CREATE INDEX ix_shops_mood ON shops (mood)",
    ],
)
def test_what_it_can_ignore_is_let_pass(sql):
    assert breaking([sql]) == []
