"""A queue for each consumer where events are delivered inside the shop."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, Json

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the queues and their leases."""
    op.create_table(
        "queued_message",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("partition_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("trace", sa.Text, nullable=True),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "id", name="pk_queued_message"),
    )
    op.create_table(
        "queue_lease",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_queue_lease"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("queue_lease")
    op.drop_table("queued_message")
