"""How alembic finds the tables and the database; run through plugin.db.schema, on SQLite and PostgreSQL alike."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from plugin.db.models import Base
from plugin.db.types import Day, Instant


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types so that a migration can be run: alembic alone leaves out their module."""
    if kind == "type" and isinstance(item, Instant | Day):
        name = type(item).__name__
        autogen.imports.add(f"from plugin.db.types import {name}")
        return f"{name}()"
    return False


with context.config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
