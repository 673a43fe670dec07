"""One shop a statement: whatever touches a shop's table must say which shop, or it is not carried out.

Attached to the engine by plugin.db.session. Who really means all shops (the sweeps) says so: `ALL_SHOPS`. A statement
is taken apart once and the verdict kept with its compiled form: the next one like it costs a look-up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ClauseElement, Connection, Table
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Insert, UpdateBase
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnClause, Grouping
from sqlalchemy.sql.selectable import CTE, Alias, FromClause, Join, SelectBase, Subquery

ALL_SHOPS = {"all_shops": True}

STATEMENTS = (SelectBase, UpdateBase)
# What a condition has to compare a table's shop with. Both sides of an OR, a NOT and a CASE do not count.
COMPARISONS = (operators.eq, operators.in_op)

_verdicts: WeakKeyDictionary[Any, frozenset[str]] = WeakKeyDictionary()


class Unscoped(Exception):
    """A statement that could reach other shops' rows; the message names the tables. A fault in the program."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a statement inside another one sees of it: its tables, and those among them whose shop is said."""

    tables: frozenset[FromClause] = frozenset()
    pinned: frozenset[FromClause] = frozenset()


NOTHING = Around()


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that holds for every row; of an outer join it says something about the joined table `only`."""

    holds: ClauseElement
    only: FromClause | None = None


def check(_connection: Connection, _cursor: Any, _sql: str, _values: Any, context: Any, _many: bool) -> None:
    """Refuse a statement that reads or changes a shop's table without saying which shop."""
    compiled = context.compiled
    if compiled is None or not isinstance(compiled.statement, STATEMENTS):
        return
    if compiled not in _verdicts:
        _verdicts[compiled] = frozenset(unscoped(compiled.statement))
    tables = _verdicts[compiled]
    if tables and not context.execution_options.get("all_shops"):
        raise Unscoped(f"Which shop's rows of {', '.join(sorted(tables))}?")


def unscoped(statement: ClauseElement, around: Around = NOTHING) -> Iterator[str]:
    """The names of the shops' tables that a statement, or one inside it, touches without saying whose rows.

    A statement inside a FROM stands alone; one inside an expression may speak of the tables around it.
    """
    parts = list(_parts(statement))
    tables = {table for part in parts if (table := _table(part)) is not None}
    inherited = _inherited(statement, tables, around)
    pinned = _pinned(_conditions(statement, parts), inherited & around.pinned)
    own = frozenset(tables - inherited)
    if not isinstance(statement, Insert):  # a row says its shop itself: shop_id must not be null
        yield from (_name(table) for table in own - pinned if _is_of_shops(table))
    for part in parts:
        if isinstance(part, Subquery | CTE):
            yield from unscoped(part.element)
        elif isinstance(part, STATEMENTS):
            yield from unscoped(part, Around(own, pinned & own))


def _parts(statement: ClauseElement) -> Iterator[ClauseElement]:
    """Everything a statement consists of; of what is made of other statements only the outside."""
    waiting = list(statement.get_children())
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, STATEMENTS) and (isinstance(part, ColumnClause) or _table(part) is None):
            waiting.extend(part.get_children())


def _table(part: ClauseElement) -> FromClause | None:
    """The table, alias or derived table that a part is, or whose column it is."""
    found = part.table if isinstance(part, ColumnClause) else part
    if isinstance(found, Table | Subquery | CTE) or (isinstance(found, Alias) and isinstance(found.element, Table)):
        return found
    return None


def _inherited(statement: ClauseElement, tables: set[FromClause], around: Around) -> frozenset[FromClause]:
    """The tables that belong to the statement around: SQLAlchemy leaves them out of a FROM that has others too."""
    leaves_out = len(tables) > 1 and (isinstance(statement, UpdateBase) or getattr(statement, "_auto_correlate", False))
    return frozenset(tables & around.tables) if leaves_out else frozenset()


def _conditions(statement: ClauseElement, parts: list[ClauseElement]) -> list[Condition]:
    found = [Condition(each) for each in _conjuncts(getattr(statement, "whereclause", None))]
    # The mapped classes' joins are made into FROM clauses later, when the statement is compiled.
    joins = [(joined[0], joined[1], joined[3]) for joined in getattr(statement, "_setup_joins", ())]
    made = [part for part in parts if isinstance(part, Join)]
    joins += [(join.right, join.onclause, {"isouter": join.isouter, "full": join.full}) for join in made]
    for target, on, kind in joins:
        if not kind["full"]:
            found += [Condition(each, target if kind["isouter"] else None) for each in _conjuncts(on)]
    return found


def _conjuncts(condition: Any) -> Iterator[ClauseElement]:
    while isinstance(condition, Grouping):
        condition = condition.element
    if isinstance(condition, BooleanClauseList) and condition.operator is operators.and_:
        for each in condition.clauses:
            yield from _conjuncts(each)
    elif isinstance(condition, ClauseElement):
        yield condition


def _pinned(conditions: list[Condition], known: frozenset[FromClause]) -> frozenset[FromClause]:
    """The tables whose shop the conditions say, directly or by way of other tables."""
    while True:
        more = {table for each in conditions for table in _said(each.holds, known) if each.only in (None, table)}
        if more <= known:
            return known
        known |= more


def _said(condition: ClauseElement, known: frozenset[FromClause]) -> Iterator[FromClause]:
    if isinstance(condition, BinaryExpression) and condition.operator in COMPARISONS:
        for this, that in ((condition.left, condition.right), (condition.right, condition.left)):
            if _is_shop(this) and _says_a_shop(that, known):
                yield this.table


def _says_a_shop(value: ClauseElement, known: frozenset[FromClause]) -> bool:
    """Whether a value is one the caller gave, or the shop of a table whose shop is said."""
    if _is_shop(value):
        return value.table in known or isinstance(value.table, Subquery | CTE)  # type: ignore[attr-defined]
    return not any(isinstance(part, (ColumnClause, *STATEMENTS)) for part in (value, *_parts(value)))


def _is_shop(part: ClauseElement) -> bool:
    return isinstance(part, ColumnClause) and part.name == "shop_id"


def _is_of_shops(table: FromClause) -> bool:
    return not isinstance(table, Subquery | CTE) and "shop_id" in table.c


def _name(table: FromClause) -> str:
    return str(getattr(table.element if isinstance(table, Alias) else table, "name", ""))
