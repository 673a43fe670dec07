"""Let customers stay: until when those do who entered a segment with a minimum stay."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the change in."""
    op.add_column("baselines", sa.Column("upcoming", sa.JSON(), nullable=True))
    op.create_table(
        "stays",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_stays_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "bit", "customer_id", name=op.f("pk_stays")),
    )
    op.create_index("ix_stays_customer", "stays", ["shop_id", "customer_id"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_stays_customer", "stays")
    op.drop_table("stays")
    op.drop_column("baselines", "upcoming")
