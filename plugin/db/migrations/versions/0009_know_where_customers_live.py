"""Know where customers live, which group Shopify puts them in, and who is in segments of Shopify's."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MIRRORED_CUSTOMER = sa.text("mirrored <> 0")
SHOP = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("shopify_rfm_at", Instant(), nullable=True))
    op.add_column("customers", sa.Column("country", sa.String(2), nullable=True))
    op.add_column("customers", sa.Column("province", sa.String(16), nullable=True))
    op.add_column("customers", sa.Column("place_at", Instant(), nullable=True))
    op.add_column("customers", sa.Column("place_told_at", Instant(), nullable=True))
    op.add_column("customers", sa.Column("shopify_rfm", sa.String(32), nullable=True))
    op.add_column("customers", sa.Column("mirrored", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index(
        "ix_customers_mirrored",
        "customers",
        ["shop_id", "customer_id"],
        sqlite_where=MIRRORED_CUSTOMER,
        postgresql_where=MIRRORED_CUSTOMER,
    )
    op.create_table(
        "mirrors",
        sa.Column("shop_id", SHOP, nullable=False),
        sa.Column("bit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(255), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", Instant(), nullable=True),
        sa.Column("refreshed_at", Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("dropped_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_mirrors_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "bit", name=op.f("pk_mirrors")),
        sa.UniqueConstraint("shop_id", "segment_id", name=op.f("uq_mirrors_shop_id_segment_id")),
    )
    op.create_table(
        "mirror_marks",
        sa.Column("shop_id", SHOP, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mirror", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=True),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_mirror_marks_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", "mirror", name=op.f("pk_mirror_marks")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("mirror_marks")
    op.drop_table("mirrors")
    op.drop_index("ix_customers_mirrored", "customers")
    for column in ("mirrored", "shopify_rfm", "place_told_at", "place_at", "province", "country"):
        op.drop_column("customers", column)
    op.drop_column("shops", "shopify_rfm_at")
