"""Let shops leave: scopes and troubles told apart, notices beside the ledger's events, privacy requests, erasures."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from plugin.db.types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PENDING_EVENT = sa.text("done_at IS NULL AND failed_at IS NULL")
SHOP_COLUMNS: dict[str, TypeEngine[Any]] = {
    "scopes_at": Instant(),
    "trouble": sa.String(length=32),
    "history_from": Instant(),
    "tagging_off_at": Instant(),
    "redaction_key": sa.LargeBinary(),
}


def upgrade() -> None:
    """Take the change in."""
    for name, kind in SHOP_COLUMNS.items():
        op.add_column("shops", sa.Column(name, kind, nullable=True))
    # The old version goes on storing deliveries while the new one starts: what it leaves out is the ledger's.
    op.add_column("inbox_events", sa.Column("stage", sa.String(length=16), server_default="drain", nullable=False))
    _index_pending(["shop_id", "stage", "received_at"])
    op.create_table(
        "data_requests",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_data_requests_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_data_requests")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", Instant(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_digest", "erasures", ["digest"])


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("erasures")
    op.drop_table("data_requests")
    _index_pending(["shop_id", "received_at"])
    op.drop_column("inbox_events", "stage")
    for name in SHOP_COLUMNS:
        op.drop_column("shops", name)


def _index_pending(columns: list[str]) -> None:
    op.drop_index("ix_inbox_events_pending", "inbox_events")
    op.create_index(
        "ix_inbox_events_pending", "inbox_events", columns, sqlite_where=PENDING_EVENT, postgresql_where=PENDING_EVENT
    )
