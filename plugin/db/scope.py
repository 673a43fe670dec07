"""One shop a statement: whatever touches a shop's table must say which shop, or it is not carried out.

Attached to the engine by plugin.db.session. Who really means all shops (the sweeps) says so: `ALL_SHOPS`.
"""

from typing import Any

from sqlalchemy import ClauseElement, Column, Connection, Table
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import BinaryExpression, ColumnElement

ALL_SHOPS = {"all_shops": True}
SCOPING = (operators.eq, operators.in_op)


class Unscoped(Exception):
    """A statement that could reach other shops' rows; the message names the tables. A fault in the program."""


def check(_connection: Connection, statement: Any, _many: Any, _one: Any, options: dict[str, Any]) -> None:
    """Refuse a statement that reads or changes a shop's table without saying which shop."""
    if options.get("all_shops") or not isinstance(statement, ClauseElement):
        return
    touched, scoped = _tables(statement)
    if unscoped := {table.name for table in touched} - scoped:
        raise Unscoped(f"Which shop's rows of {', '.join(sorted(unscoped))}?")


def _tables(statement: ClauseElement) -> tuple[set[Table], set[str]]:
    """The shops' tables a statement touches, and the names of those whose shop it says."""
    touched: set[Table] = set()
    scoped: set[str] = set()
    for part in visitors.iterate(statement):
        if isinstance(part, Table) and "shop_id" in part.c:
            touched.add(part)
        elif isinstance(part, BinaryExpression) and part.operator in SCOPING:
            scoped |= {_table_name(side) for side in (part.left, part.right)} - {""}
    if isinstance(statement, Insert):
        scoped.add(str(getattr(statement.table, "name", "")))  # a row says its shop itself: shop_id must not be null
    return touched, scoped


def _table_name(side: ColumnElement[Any]) -> str:
    is_shop = isinstance(side, Column) and side.name == "shop_id"
    return side.table.name if is_shop and isinstance(side.table, Table) else ""
