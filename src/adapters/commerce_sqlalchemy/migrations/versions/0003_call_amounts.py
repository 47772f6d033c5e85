"""What a charge has captured and what a refund is to give back stand beside each call."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the amount, which calls of earlier releases do not have."""
    op.add_column("outside_call", sa.Column("amount_minor", sa.BigInteger, nullable=True))
    op.add_column("outside_call", sa.Column("currency", sa.Text, nullable=True))


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("outside_call", "currency")
    op.drop_column("outside_call", "amount_minor")
