"""Cancelled orders whose money is back are marked as settled."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_UNSETTLED = sa.text("state = 'CANCELLED' AND settled IS NULL")


def upgrade() -> None:
    """Add the mark. All orders that were cancelled so far are checked once more."""
    op.add_column("saga", sa.Column("settled", sa.Boolean, nullable=True))
    op.add_column("saga", sa.Column("late_facts", sa.BigInteger, nullable=True))
    op.create_index(
        "ix_saga_unsettled",
        "saga",
        ["order_id"],
        if_not_exists=True,
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_index("ix_saga_unsettled", "saga")
    op.drop_column("saga", "late_facts")
    op.drop_column("saga", "settled")
