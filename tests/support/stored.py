"""Everything a database holds, and which numbers stand anywhere in it: JSON, texts and packed histories included."""

import json
import re
from datetime import date
from typing import Any

from sqlalchemy import select

from plugin.db import session as db
from plugin.db.models import Base
from plugin.db.scope import ALL_SHOPS
from plugin.segments import columns

Rows = dict[str, list[dict[str, Any]]]


def everything() -> Rows:
    """Every row of every table, in the order of the keys."""
    with db.read() as session:
        return {
            table.name: [
                dict(row)
                for row in session.execute(
                    select(table).order_by(*table.primary_key).execution_options(**ALL_SHOPS)
                ).mappings()
            ]
            for table in Base.metadata.sorted_tables
        }


def where(number: int, rows: Rows | None = None) -> set[str]:
    """The columns that hold a number, as table.column."""
    return {
        f"{table}.{column}"
        for table, found in (everything() if rows is None else rows).items()
        for row in found
        for column, value in row.items()
        if number in _numbers(column, value)
    }


def _numbers(column: str, value: Any) -> set[int]:
    if isinstance(value, int):
        return {int(value)}
    if value is None or isinstance(value, date):
        return set()
    if column == "history":
        return {record.order_id for record in columns.unpack(value)}
    text = (
        value.decode("latin1") if isinstance(value, bytes) else value if isinstance(value, str) else json.dumps(value)
    )
    return {int(digits) for digits in re.findall(r"\d{1,30}", text)}
