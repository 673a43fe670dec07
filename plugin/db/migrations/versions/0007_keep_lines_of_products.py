"""Keep the lines of orders, facts of products, and histories by category, where a segment asks for them."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TO_FETCH = sa.text("to_fetch")
TO_FOLD = sa.text("fold_after IS NOT NULL")


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("lines_from", Instant(), nullable=True))
    op.add_column("shops", sa.Column("lines_at", Instant(), nullable=True))
    op.create_table(
        "order_lines",
        _key("shop_id"),
        _key("order_id"),
        _key("product_id"),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("spend", sa.BigInteger(), nullable=False),
        *_constraints("order_lines", "order_id", "product_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_order_lines_product", "order_lines", ["shop_id", "product_id", "order_id"])
    op.create_table(
        "products",
        _key("shop_id"),
        _key("product_id"),
        sa.Column("product_type", sa.String(255), nullable=False),
        sa.Column("vendor", sa.String(255), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("collections", sa.JSON(), nullable=True),
        sa.Column("version", sa.String(320), nullable=False),
        sa.Column("fetched_at", Instant(), nullable=True),
        sa.Column("to_fetch", sa.Boolean(), nullable=False),
        sa.Column("fold_after", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=True),
        *_constraints("products", "product_id"),
    )
    op.create_index("ix_products_to_fetch", "products", ["shop_id"], sqlite_where=TO_FETCH, postgresql_where=TO_FETCH)
    op.create_index("ix_products_to_fold", "products", ["shop_id"], sqlite_where=TO_FOLD, postgresql_where=TO_FOLD)
    op.create_table(
        "categories",
        _key("shop_id"),
        _key("number"),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.String(255), nullable=False),
        sa.Column("packed_after", sa.BigInteger(), nullable=True),
        sa.Column("packed_at", Instant(), nullable=True),
        *_constraints("categories", "number"),
    )
    op.create_table(
        "category_histories",
        _key("shop_id"),
        _key("number"),
        _key("customer_id"),
        sa.Column("history", sa.LargeBinary(), nullable=False),
        *_constraints("category_histories", "number", "customer_id"),
    )


def downgrade() -> None:
    """Take the change back."""
    for table in ("category_histories", "categories", "products", "order_lines"):
        op.drop_table(table)
    op.drop_column("shops", "lines_at")
    op.drop_column("shops", "lines_from")


def _key(name: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite") if name == "shop_id" else sa.BigInteger()
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _constraints(table: str, *key: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f(f"fk_{table}_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", *key, name=op.f(f"pk_{table}")),
    )
