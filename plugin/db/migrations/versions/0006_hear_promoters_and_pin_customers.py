"""Hear promoters: each customer's last answer, and what survey tools sign with. Pin customers into segments or out."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ON_SHOPS = ("answers_secret_at", "answers_read_at")


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("answers_secret", sa.LargeBinary(), nullable=True))
    for name in ON_SHOPS:
        op.add_column("shops", sa.Column(name, Instant(), nullable=True))
    op.add_column("customers", sa.Column("promoter_score", sa.SmallInteger(), nullable=True))
    op.add_column("customers", sa.Column("promoter_at", Instant(), nullable=True))
    op.create_table(
        "pins",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("into", sa.Boolean(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_pins_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", "bit", name=op.f("pk_pins")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("pins")
    for name in ("promoter_at", "promoter_score"):
        op.drop_column("customers", name)
    for name in (*ON_SHOPS, "answers_secret"):
        op.drop_column("shops", name)
