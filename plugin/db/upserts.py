"""Thousands of rows at once, past the ORM: imports and rebuilt histories write with it. Rows hold what the columns hold
in the database (instants as microseconds), and every one of them says its shop.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table, column, select, table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

Row = tuple[Any, ...]
# Both databases' INSERT ... ON CONFLICT, which SQLAlchemy has as two classes of one shape.
Insert = sqlite.Insert | postgresql.Insert
# SQLite works on a statement without holding up Python's other threads: a row each would have them wait in between.
VALUES_A_STATEMENT = 30_000


def write(
    session: Session, into: Table, names: Sequence[str], rows: Sequence[Row], on_conflict: Callable[[Any], Insert]
) -> None:
    """Insert rows of these columns; `on_conflict` says what becomes of those that are there already.

    Columns that are not named get their default. No key may occur twice.
    """
    if not rows:
        return
    names, rows = _with_defaults(into, names, rows)
    connection = session.connection()
    put = _copy if connection.dialect.name == "postgresql" else _execute
    put(connection, into, names, rows, on_conflict)


def _execute(
    connection: Connection, into: Table, names: Sequence[str], rows: Sequence[Row], on_conflict: Callable[[Any], Insert]
) -> None:
    statement = on_conflict(sqlite.insert(into).values(dict.fromkeys(names)))
    compiled = statement.compile(dialect=connection.dialect)
    wanted = [names.index(name) for name in compiled.positiontup or ()]
    if wanted != list(range(len(names))):
        rows = [tuple(row[place] for place in wanted) for row in rows]
    one, row, most = str(compiled), f"({', '.join('?' for _ in names)})", VALUES_A_STATEMENT // len(names)
    many = one.replace(f"VALUES {row}", f"VALUES {', '.join(most * [row])}")
    whole = len(rows) - len(rows) % most
    for start in range(0, whole, most):
        connection.exec_driver_sql(many, tuple(chain.from_iterable(rows[start : start + most])))
    if whole < len(rows):
        connection.exec_driver_sql(one, rows[whole:])


def _copy(
    connection: Connection, into: Table, names: Sequence[str], rows: Iterable[Row], on_conflict: Callable[[Any], Insert]
) -> None:
    """Through a table of this transaction alone, because COPY knows no conflicts."""
    stage = f"arriving_{into.name}"
    listed = ", ".join(names)
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {stage}")
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {stage} ON COMMIT DROP AS SELECT {listed} FROM {into.name} WITH NO DATA"  # noqa: S608
    )
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {stage} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    arrived: Any = select(*(column(name) for name in names)).select_from(table(stage))
    connection.execute(on_conflict(postgresql.insert(into).from_select(list(names), arrived, include_defaults=False)))


def _with_defaults(into: Table, names: Sequence[str], rows: Sequence[Row]) -> tuple[list[str], Sequence[Row]]:
    unnamed = [each for each in into.columns if each.default is not None and each.name not in names]
    defaults = tuple(each.default.arg for each in unnamed if isinstance(each.default, ScalarElementColumnDefault))
    if not defaults:
        return list(names), rows
    return [*names, *(each.name for each in unnamed)], [row + defaults for row in rows]
