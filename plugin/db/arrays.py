"""Rows as whole columns, straight from and to the database's driver: for batches and whole shops, where rows as objects
would take most of the time. Plain numbers and bytes only, nothing is converted. Every statement says its shop.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine.interfaces import Compiled, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler

from plugin.db import scope
from plugin.db.models import Base

IntArray = NDArray[np.int64]
Query = Select[*tuple[Any, ...]]
BETWEEN = "\x1f"


class Among(ColumnElement[bool]):
    """That a column's number is one of a list, given under a name: longer ones than placeholders can be written for."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: InstrumentedAttribute[int], name: str) -> None:
        self.column, self.name = column, name

    def self_group(self, against: Any = None) -> "Among":  # noqa: ARG002 - what SQLAlchemy calls
        # SQLAlchemy would write "... = 1" behind a truth value of its own, and no database then uses the key.
        return self


def integers(session: Session, query: Query, sparse: int = 0, **values: Any) -> list[IntArray]:
    """The columns of a query, none of them ever null, as arrays that go together row by row, in no order.

    The database joins them to one row: a million rows take a fraction of the time in which Python would receive them.
    Only the last `sparse` columns may be null: of each come the numbers there are, and behind all columns, again for
    each, what the first column is in the rows of those.
    """
    if _is_sqlite(session.connection()):
        (joined,) = rows(session, _joined_as_text(query, sparse), **values)
        return [_written(text) for text in joined]
    (joined,) = rows(session, _joined_as_bytes(query, sparse), **values)
    return [_big_endian(found) for found in joined]


def texts(session: Session, query: Query, **values: Any) -> list[list[str]]:
    """The same of texts and numbers, as texts, none of them null; they hold no unit separators (code 31)."""
    # SQLAlchemy's own word for both asks for the parameters' values when it is compiled.
    joining = "group_concat" if _is_sqlite(session.connection()) else "string_agg"
    ((count, *joined),) = rows(session, _joined_as_texts(query, joining), **values)
    return [text.split(BETWEEN) if count else [] for text in joined]


def packed(session: Session, query: Query, **values: Any) -> tuple[IntArray, IntArray, bytes]:
    """Of a query of a number and bytes: the numbers, how many bytes each has, and all bytes one behind the other.

    Joined by the database as well. SQLite promises nothing of texts with zeros in them, and old ones end there: what it
    joined is held against the lengths, and rather read row by row than short.
    """
    if not _is_sqlite(session.connection()):
        ((numbers, lengths, joined),) = rows(session, _packed_bytes(query), **values)
        return _big_endian(numbers), _big_endian(lengths), joined or b""
    ((numbers, written, joined),) = rows(session, _packed_text(query), **values)
    lengths = _written(written)
    if len(joined or b"") == lengths.sum():
        return _written(numbers), lengths, joined or b""
    found = list(rows(session, query, **values))
    sizes = [len(each) for _, each in found]
    return np.array([number for number, _ in found]), np.array(sizes), b"".join(each for _, each in found)


def rows(session: Session, query: Query, **values: Any) -> Iterator[tuple[Any, ...]]:
    """A query's rows; `values` are those of its named parameters. Queries are kept compiled: make each only once."""
    session.flush()
    connection = session.connection()
    compiled, text = _compiled(query, connection.dialect)
    values = dict(compiled.params) | values
    if _is_sqlite(connection):
        in_order = (values[name] for name in getattr(compiled, "positiontup", None) or ())
        plain = [str(value) if isinstance(value, list) else value for value in in_order]  # lists as JSON
        found: Iterator[tuple[Any, ...]] = _driver(connection).execute(text, plain)
        return found
    # As text, bytes would come as twice as many hexadecimal digits.
    return iter(_driver(connection).cursor(binary=True).execute(text, values))


def insert(session: Session, table: type[Base], columns: Mapping[str, Sequence[Any]]) -> None:
    """Add rows, given column by column; they say their shop themselves."""
    session.flush()
    connection = session.connection()
    into = f"INSERT INTO {table.__tablename__} ({', '.join(columns)})"
    if _is_sqlite(connection):
        places = ", ".join("?" for _ in columns)
        _driver(connection).executemany(f"{into} VALUES ({places})", zip(*columns.values(), strict=True))
    else:
        statement = f"{into} SELECT * FROM {_unnested(connection, table, columns)}"  # noqa: S608 - names of our own tables
        _driver(connection).execute(statement, dict(columns))


def update(session: Session, table: type[Base], shop_id: int, key: str, columns: Mapping[str, Sequence[Any]]) -> None:
    """Change rows of one shop: the column `key` says which, the others what is in them now."""
    session.flush()
    connection = session.connection()
    changed = [name for name in columns if name != key]
    update = f"UPDATE {table.__tablename__} SET"
    if _is_sqlite(connection):
        settings = ", ".join(f"{name} = ?" for name in changed)
        statement = f"{update} {settings} WHERE {key} = ? AND shop_id = {shop_id:d}"
        _driver(connection).executemany(statement, zip(*(columns[name] for name in [*changed, key]), strict=True))
    else:
        settings = ", ".join(f"{name} = new.{name}" for name in changed)
        new = f"{_unnested(connection, table, columns)} AS new ({', '.join(columns)})"
        statement = f"{update} {settings} FROM {new} WHERE {table.__tablename__}.{key} = new.{key}"
        _driver(connection).execute(f"{statement} AND shop_id = {shop_id:d}", dict(columns))


def delete(session: Session, table: type[Base], where: Mapping[str, int], key: str, numbers: Sequence[int]) -> None:
    """Remove rows of one shop: `where` says which shop and what else is the same, `key` which of those."""
    if "shop_id" not in where:
        raise scope.Unscoped(f"Which shop's rows of {table.__tablename__}?")
    session.flush()
    connection = session.connection()
    same = " AND ".join(f"{name} = {value:d}" for name, value in where.items())
    statement = f"DELETE FROM {table.__tablename__} WHERE {same} AND {key}"  # noqa: S608 - names of our own tables
    if _is_sqlite(connection):
        _driver(connection).executemany(f"{statement} = ?", ((number,) for number in numbers))
    else:
        _driver(connection).execute(f"{statement} = ANY(%s)", [list(numbers)])


@compiles(Among)
def _among(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.column == func.any(bindparam(element.name, type_=ARRAY(BigInteger))), **options)


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    listed = select(func.json_each(bindparam(element.name)).table_valued("value").c.value)
    return compiler.process(element.column.in_(listed), **options)


@cache
def _joined_as_text(query: Query, sparse: int) -> Query:
    return _joined(query, sparse, func.group_concat)


@cache
def _joined_as_texts(query: Query, joining: str) -> Query:
    columns, join = query.subquery().c, getattr(func, joining)
    return select(func.count(), *(join(cast(column, Text), BETWEEN) for column in columns))


@cache
def _joined_as_bytes(query: Query, sparse: int) -> Query:
    return _joined(query, sparse, lambda column: func.string_agg(func.int8send(column), literal(b"")))


def _joined(query: Query, sparse: int, join: Callable[[Any], Any]) -> Query:
    columns = list(query.subquery().c)
    whose = (join(columns[0]).filter(column.is_not(None)) for column in columns[len(columns) - sparse :])
    return select(*map(join, columns), *whose)


@cache
def _packed_text(query: Query) -> Query:
    number, data = query.subquery().c
    lengths = func.group_concat(func.length(data))
    return select(func.group_concat(number), lengths, cast(func.group_concat(data, ""), LargeBinary))


@cache
def _packed_bytes(query: Query) -> Query:
    number, data = query.subquery().c
    lengths = func.string_agg(func.int8send(func.length(data)), literal(b""))
    return select(func.string_agg(func.int8send(number), literal(b"")), lengths, func.string_agg(data, literal(b"")))


def _written(text: str | None) -> IntArray:
    return np.fromstring(text, np.int64, sep=",") if text else np.zeros(0, np.int64)


def _big_endian(found: bytes | None) -> IntArray:
    return np.frombuffer(found or b"", ">i8").astype(np.int64)


@cache
def _compiled(query: Query, dialect: Dialect) -> tuple[Compiled, str]:
    if unscoped := set(scope.unscoped(query)):
        raise scope.Unscoped(f"Which shop's rows of {', '.join(sorted(unscoped))}?")
    compiled = query.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return compiled, str(compiled)


def _unnested(connection: Connection, table: type[Base], columns: Mapping[str, Sequence[Any]]) -> str:
    """PostgreSQL takes whole columns in one statement, as arrays."""
    kinds = {name: table.__table__.c[name].type.compile(dialect=connection.dialect) for name in columns}
    return f"unnest({', '.join(f'%({name})s::{kind}[]' for name, kind in kinds.items())})"


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
