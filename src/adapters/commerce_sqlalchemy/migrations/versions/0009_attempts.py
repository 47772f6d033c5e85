"""What was tried is counted by whatever it is counted by, and where accounts are known to log in
from is kept.
"""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add both tables; counts of earlier releases end within minutes."""
    op.create_table(
        "attempt",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_attempt"),
    )
    op.create_index("ix_attempt_until", "attempt", ["until"])
    op.create_table(
        "known_mark",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "mark", name="pk_known_mark"),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("known_mark")
    op.drop_table("attempt")
