"""What became of dead letters that a person has given up on."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, Json

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the notes."""
    op.create_table(
        "discarded_letter",
        sa.Column("consumer", sa.Text, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("discarded_at", Instant, nullable=False),
        sa.Column("partition_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("occurred_at", Instant, nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("parked_at", Instant, nullable=False),
        sa.Column("trace", sa.Text, nullable=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("consumer", "id", "discarded_at", name="pk_discarded_letter"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("discarded_letter")
