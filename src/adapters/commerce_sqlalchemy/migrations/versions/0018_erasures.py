"""Accounts may be closed, and what is known of their holders erased."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Instant, UserId

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Nothing is to be erased yet."""
    op.create_table(
        "erasure",
        sa.Column("account_id", UserId, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("passes", sa.BigInteger, nullable=False),
        sa.Column("part", sa.BigInteger, nullable=False),
        sa.Column("after", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_erasure"),
    )
    op.create_index("ix_erasure_due", "erasure", ["due_at"])
    op.create_index("ix_session_account", "session", ["account_id"])


def downgrade() -> None:
    """Forget what is still to be erased."""
    op.drop_index("ix_session_account", "session")
    op.drop_table("erasure")
