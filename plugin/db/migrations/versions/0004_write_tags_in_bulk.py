"""Write tags in bulk, and heed what others do to them."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SHOP = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PENDING_BEFORE = sa.text("(deleted_at IS NULL AND ((wanted_tags & ~foreign_tags) <> applied_tags OR unsure_tags <> 0))")
PENDING = sa.text(
    "(deleted_at IS NULL AND (((((wanted_tags & ~foreign_tags & ~declined_tags) | applied_tags)"
    " - ((wanted_tags & ~foreign_tags & ~declined_tags) & applied_tags)) | unsure_tags) & ~bulk_tags) <> 0)"
)
DECLINED = sa.text("declined_tags <> 0")


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("bulk_tags_after", Instant(), nullable=True))
    op.add_column("shops", sa.Column("bulk_tags_refused", sa.Text(), nullable=True))
    for name in ("declined_tags", "bulk_tags"):
        op.add_column("customers", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    _index_pending(PENDING)
    op.create_index(
        "ix_customers_declined_tags", "customers", ["shop_id"], sqlite_where=DECLINED, postgresql_where=DECLINED
    )
    op.create_table(
        "bulk_taggings",
        sa.Column("shop_id", SHOP, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("adds", sa.Boolean(), nullable=False),
        sa.Column("bits", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("attempted_at", Instant(), nullable=True),
        sa.Column("operation_id", sa.String(length=255), nullable=True),
        sa.Column("looked_at", Instant(), nullable=True),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_bulk_taggings_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_bulk_taggings")),
    )
    op.create_table(
        "bulk_tagging_lines",
        sa.Column("shop_id", SHOP, nullable=False),
        sa.Column("bulk_tagging_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_bulk_tagging_lines_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "bulk_tagging_id", "line", name=op.f("pk_bulk_tagging_lines")),
    )
    op.create_index("ix_bulk_tagging_lines_customer", "bulk_tagging_lines", ["shop_id", "customer_id"])
    op.create_table(
        "foreign_changes",
        sa.Column("shop_id", SHOP, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("bit", sa.SmallInteger(), nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_foreign_changes_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_foreign_changes")),
    )
    op.create_index("ix_foreign_changes_customer", "foreign_changes", ["shop_id", "customer_id"])


def downgrade() -> None:
    """Take the change back."""
    for table in ("foreign_changes", "bulk_tagging_lines", "bulk_taggings"):
        op.drop_table(table)
    _index_pending(PENDING_BEFORE)
    op.drop_index("ix_customers_declined_tags", "customers")
    for name in ("bulk_tags", "declined_tags"):
        op.drop_column("customers", name)
    for name in ("bulk_tags_refused", "bulk_tags_after"):
        op.drop_column("shops", name)


def _index_pending(condition: sa.TextClause) -> None:
    op.drop_index("ix_customers_pending_tags", "customers")
    op.create_index(
        "ix_customers_pending_tags",
        "customers",
        ["shop_id", "customer_id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
