"""Order lines keep SKU and options, carts what did not fit; orders are listed by time, status and
change.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Json

revision = "0005"
down_revision = "0004"

_INDEXES: Final = {
    "ix_orders_placed": ("orders", ["buyer_id", "created_at", "id"]),
    "ix_saga_state": ("saga", ["buyer_id", "state", "order_id"]),
    "ix_seller_order_placed": ("seller_order", ["seller_id", "created_at", "order_id"]),
    "ix_seller_order_status": ("seller_order", ["seller_id", "status", "created_at", "order_id"]),
    "ix_seller_order_updated": ("seller_order", ["seller_id", "updated_at"]),
}


def upgrade() -> None:
    """What older orders were of is not known any more: their lines have neither. Older carts left
    nothing out.
    """
    op.add_column("cart", sa.Column("left_out", Json, nullable=True))
    op.add_column("order_line", sa.Column("sku", sa.Text, nullable=True))
    op.add_column("order_line", sa.Column("options", Json, nullable=True))
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns, if_not_exists=True)


def downgrade() -> None:
    """Forget them."""
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
    op.drop_column("order_line", "options")
    op.drop_column("order_line", "sku")
    op.drop_column("cart", "left_out")
