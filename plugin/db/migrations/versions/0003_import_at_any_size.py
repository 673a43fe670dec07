"""Import at any size: Shopify's own figures and the consent of customers, merged ones by index, the last comparison."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from plugin.db.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MERGED = sa.text("merged_into IS NOT NULL")
CUSTOMER_COLUMNS: dict[str, TypeEngine[Any]] = {
    "consent": sa.String(length=16),
    "consent_at": Instant(),
    "lifetime_orders": sa.BigInteger(),
    "lifetime_spend": sa.BigInteger(),
    "lifetime_at": Instant(),
}


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("reconciled_at", Instant(), nullable=True))
    for name, kind in CUSTOMER_COLUMNS.items():
        op.add_column("customers", sa.Column(name, kind, nullable=True))
    op.create_index("ix_customers_merged", "customers", ["shop_id"], sqlite_where=MERGED, postgresql_where=MERGED)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_customers_merged", "customers")
    for name in reversed(CUSTOMER_COLUMNS):
        op.drop_column("customers", name)
    op.drop_column("shops", "reconciled_at")
