"""Compare with the store: its baseline, and from which write on copies of its columns may be used. Find the due faster."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DUE_LATER = sa.text("next_review_at IS NOT NULL")


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("copies_from", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "baselines",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("computed_at", Instant(), nullable=False),
        sa.Column("buyers", sa.BigInteger(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_baselines_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_baselines")),
    )
    _index_due(["shop_id", "next_review_at", "customer_id"])


def downgrade() -> None:
    """Take the change back."""
    _index_due(["shop_id", "next_review_at"])
    op.drop_table("baselines")
    op.drop_column("shops", "copies_from")


def _index_due(columns: list[str]) -> None:
    op.drop_index("ix_customers_next_review", "customers")
    op.create_index(
        "ix_customers_next_review", "customers", columns, sqlite_where=DUE_LATER, postgresql_where=DUE_LATER
    )
