"""Know whom to warn, and of what they were warned."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("person_to_warn", sa.LargeBinary(), nullable=True))
    op.create_table(
        "warnings",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("since", Instant(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.String(255), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_warnings_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "kind", name=op.f("pk_warnings")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("warnings")
    op.drop_column("shops", "person_to_warn")
