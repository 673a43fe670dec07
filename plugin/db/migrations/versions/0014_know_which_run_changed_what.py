"""Know which run changed what, and what everybody was judged by."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OF_A_RUN = sa.text("run_id IS NOT NULL")
INDEXES = {"movements": "customer_id", "tag_changes": "outcome"}


def upgrade() -> None:
    """Take the change in."""
    op.add_column("shops", sa.Column("judged_by", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("customers", sa.Column("changed_by", sa.BigInteger(), nullable=True))
    for table, column in INDEXES.items():
        op.add_column(table, sa.Column("run_id", sa.BigInteger(), nullable=True))
        op.create_index(
            f"ix_{table}_run",
            table,
            ["shop_id", "run_id", column],
            sqlite_where=OF_A_RUN,
            postgresql_where=OF_A_RUN,
        )


def downgrade() -> None:
    """Take the change back."""
    for table in INDEXES:
        op.drop_index(f"ix_{table}_run", table)
        op.drop_column(table, "run_id")
    op.drop_column("customers", "changed_by")
    op.drop_column("shops", "judged_by")
