"""Carts, orders and their lines keep metadata."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Json

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """What was kept before has none."""
    for table in ("cart", "orders", "order_line"):
        op.add_column(table, sa.Column("metadata", Json, nullable=True))


def downgrade() -> None:
    """Forget it."""
    for table in ("order_line", "orders", "cart"):
        op.drop_column(table, "metadata")
