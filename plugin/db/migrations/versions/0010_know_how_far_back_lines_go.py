"""Know from which instant on the lines of orders are known."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("lines_seen_from", Instant(), nullable=True))


def downgrade() -> None:
    """Take the change back."""
    op.drop_column("shops", "lines_seen_from")
