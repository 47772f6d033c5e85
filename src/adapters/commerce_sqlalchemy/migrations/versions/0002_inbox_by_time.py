"""Find old inbox records without reading them all."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_inbox_occurred_at", "inbox", ["occurred_at"], if_not_exists=True)


def downgrade() -> None:
    """Take the index away."""
    op.drop_index("ix_inbox_occurred_at", "inbox")
