"""Find a shop's last delivery at once."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the change in."""
    op.create_index("ix_inbox_events_received", "inbox_events", ["shop_id", "received_at"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_inbox_events_received", "inbox_events")
