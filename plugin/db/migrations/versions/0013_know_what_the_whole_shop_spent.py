"""Know beside each day's segments what the whole shop spent."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the change in."""
    op.add_column("segment_days", sa.Column("shop_spend", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("segment_days", "shop_spend")
