"""Carts and orders keep coupon codes."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Json

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """What was kept before has none."""
    op.add_column("cart", sa.Column("coupons", Json, nullable=True))
    op.add_column("orders", sa.Column("coupons", Json, nullable=True))
    op.add_column("order_adjustment", sa.Column("coupon", sa.Text, nullable=True))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("order_adjustment", "coupon")
    op.drop_column("orders", "coupons")
    op.drop_column("cart", "coupons")
