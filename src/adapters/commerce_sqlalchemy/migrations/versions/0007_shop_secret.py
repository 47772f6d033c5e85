"""Secrets that the processes of a shop share."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "shop_secret",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shop_secret"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("shop_secret")
