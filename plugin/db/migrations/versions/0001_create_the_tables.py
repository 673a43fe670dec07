"""Create the tables."""

import sqlalchemy as sa
from alembic import op

from plugin.db.types import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the change in."""
    op.create_table(
        "shops",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("shopify_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("plan", sa.String(length=64), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=True),
        sa.Column("access_token_expires_at", Instant(), nullable=True),
        sa.Column("refresh_token", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_token_expires_at", Instant(), nullable=True),
        sa.Column("token_error", sa.Text(), nullable=True),
        sa.Column("installed_at", Instant(), nullable=False),
        sa.Column("uninstalled_at", Instant(), nullable=True),
        sa.Column("imported_at", Instant(), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("writes", sa.BigInteger(), nullable=False),
        sa.Column("api_error", sa.Text(), nullable=True),
        sa.Column("paused_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
        sa.UniqueConstraint("domain", name=op.f("uq_shops_domain")),
    )
    op.create_table(
        "customers",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signed_up_at", Instant(), nullable=True),
        sa.Column("wanted_tags", sa.BigInteger(), nullable=False),
        sa.Column("applied_tags", sa.BigInteger(), nullable=False),
        sa.Column("unsure_tags", sa.BigInteger(), nullable=False),
        sa.Column("foreign_tags", sa.BigInteger(), nullable=False),
        sa.Column("next_review_at", Instant(), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("sync_after", Instant(), nullable=True),
        sa.Column("sync_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_customers_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name=op.f("pk_customers")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customers_next_review",
            ["shop_id", "next_review_at"],
            unique=False,
            sqlite_where=sa.text("next_review_at IS NOT NULL"),
            postgresql_where=sa.text("next_review_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_customers_pending_tags",
            ["shop_id", "customer_id"],
            unique=False,
            sqlite_where=sa.text(
                "(deleted_at IS NULL AND ((wanted_tags & ~foreign_tags) <> applied_tags OR unsure_tags <> 0))"
            ),
            postgresql_where=sa.text(
                "(deleted_at IS NULL AND ((wanted_tags & ~foreign_tags) <> applied_tags OR unsure_tags <> 0))"
            ),
        )

    op.create_table(
        "inbox_events",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("webhook_id", sa.String(length=255), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=True),
        sa.Column("triggered_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("failed_at", Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_inbox_events_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "webhook_id", name=op.f("pk_inbox_events")),
    )
    with op.batch_alter_table("inbox_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbox_events_failed",
            ["shop_id"],
            unique=False,
            sqlite_where=sa.text("failed_at IS NOT NULL"),
            postgresql_where=sa.text("failed_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_inbox_events_pending",
            ["shop_id", "received_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
        )

    op.create_table(
        "movements",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("bit", sa.SmallInteger(), nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_movements_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_movements")),
    )
    with op.batch_alter_table("movements", schema=None) as batch_op:
        batch_op.create_index("ix_movements_at", ["shop_id", "at"], unique=False)
        batch_op.create_index("ix_movements_customer", ["shop_id", "customer_id"], unique=False)

    op.create_table(
        "order_histories",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("history", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_order_histories_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name=op.f("pk_order_histories")),
    )
    op.create_table(
        "orders",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("processed_at", Instant(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("subtotal", sa.BigInteger(), nullable=True),
        sa.Column("units", sa.BigInteger(), nullable=True),
        sa.Column("financial_status", sa.String(length=32), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("updated_at", Instant(), nullable=True),
        sa.Column("version", sa.String(length=320), nullable=False),
        sa.Column("stale_at", Instant(), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_orders_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "order_id", name=op.f("pk_orders")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_customer", ["shop_id", "customer_id"], unique=False)
        batch_op.create_index(
            "ix_orders_stale",
            ["shop_id"],
            unique=False,
            sqlite_where=sa.text("stale_at IS NOT NULL"),
            postgresql_where=sa.text("stale_at IS NOT NULL"),
        )

    op.create_table(
        "runs",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("position", sa.JSON(), nullable=False),
        sa.Column("done_count", sa.BigInteger(), nullable=False),
        sa.Column("total_count", sa.BigInteger(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_runs_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_runs")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_runs_unfinished",
            ["shop_id"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "segment_versions",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_segment_versions_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "bit", "version", name=op.f("pk_segment_versions")),
    )
    op.create_table(
        "segments",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bit", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_segments_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "bit", name=op.f("pk_segments")),
    )
    op.create_table(
        "tag_changes",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("added", sa.JSON(), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_tag_changes_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_tag_changes")),
    )
    with op.batch_alter_table("tag_changes", schema=None) as batch_op:
        batch_op.create_index("ix_tag_changes_at", ["shop_id", "at"], unique=False)
        batch_op.create_index("ix_tag_changes_customer", ["shop_id", "customer_id"], unique=False)

    op.create_table(
        "turns",
        sa.Column("shop_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=16), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_turns_shop_id")),
        sa.PrimaryKeyConstraint("shop_id", "stage", name=op.f("pk_turns")),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("turns")
    with op.batch_alter_table("tag_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_tag_changes_customer")
        batch_op.drop_index("ix_tag_changes_at")

    op.drop_table("tag_changes")
    op.drop_table("segments")
    op.drop_table("segment_versions")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_runs_unfinished",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.drop_table("runs")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orders_stale",
            sqlite_where=sa.text("stale_at IS NOT NULL"),
            postgresql_where=sa.text("stale_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_orders_customer")

    op.drop_table("orders")
    op.drop_table("order_histories")
    with op.batch_alter_table("movements", schema=None) as batch_op:
        batch_op.drop_index("ix_movements_customer")
        batch_op.drop_index("ix_movements_at")

    op.drop_table("movements")
    with op.batch_alter_table("inbox_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbox_events_pending",
            sqlite_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_inbox_events_failed",
            sqlite_where=sa.text("failed_at IS NOT NULL"),
            postgresql_where=sa.text("failed_at IS NOT NULL"),
        )

    op.drop_table("inbox_events")
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_customers_pending_tags",
            sqlite_where=sa.text(
                "(deleted_at IS NULL AND ((wanted_tags & ~foreign_tags) <> applied_tags OR unsure_tags <> 0))"
            ),
            postgresql_where=sa.text(
                "(deleted_at IS NULL AND ((wanted_tags & ~foreign_tags) <> applied_tags OR unsure_tags <> 0))"
            ),
        )
        batch_op.drop_index(
            "ix_customers_next_review",
            sqlite_where=sa.text("next_review_at IS NOT NULL"),
            postgresql_where=sa.text("next_review_at IS NOT NULL"),
        )

    op.drop_table("customers")
    op.drop_table("shops")
