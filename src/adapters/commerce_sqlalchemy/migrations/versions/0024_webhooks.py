"""Webhooks: endpoints, and what is delivered to them."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, Json

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """There are none yet."""
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", Id, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", Json, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("disabled_because", sa.Text, nullable=True),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("former_until", Instant, nullable=True),
        sa.Column("failing_since", Instant, nullable=True),
        sa.Column("waiting", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("lease_until", Instant, nullable=True),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("leave_alone", Instant, nullable=True),
        sa.UniqueConstraint("owner", "slot", name="uq_webhook_endpoint_slot"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_endpoint"),
    )
    op.create_index(
        "ix_webhook_endpoint_next",
        "webhook_endpoint",
        ["next_at"],
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_webhook_endpoint_status", "webhook_endpoint", ["status", "owner"])
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("endpoint_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("first_at", Instant, nullable=True),
        sa.Column("next_at", Instant, nullable=True),
        sa.Column("answered", sa.BigInteger, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("finished_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("endpoint_id", "id", name="pk_webhook_delivery"),
    )
    op.create_index(
        "ix_webhook_delivery_next",
        "webhook_delivery",
        ["endpoint_id", "next_at", "event_id"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        "ix_webhook_delivery_subject",
        "webhook_delivery",
        ["endpoint_id", "status", "subject", "event_id"],
    )
    op.create_index(
        "ix_webhook_delivery_made", "webhook_delivery", ["endpoint_id", "created_at", "id"]
    )
    op.create_index("ix_webhook_delivery_finished", "webhook_delivery", ["finished_at"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_endpoint")
