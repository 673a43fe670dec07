"""Count segments by day."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Day

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the change in."""
    op.create_table(
        "segment_days",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", Day(), autoincrement=False, nullable=False),
        sa.Column("bit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.Column("spend", sa.BigInteger(), nullable=True),
        sa.Column("customers", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_segment_days_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "day", "bit", name=op.f("pk_segment_days")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("segment_days")
