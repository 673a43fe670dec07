"""Keep a picture of each store."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the change in."""
    op.create_table(
        "store_pictures",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counted_at", Instant(), nullable=False),
        sa.Column("picture", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_store_pictures_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_store_pictures")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("store_pictures")
