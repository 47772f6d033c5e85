"""Buyers and sellers may be known by ids of another system, of up to 64 characters.

PostgreSQL changes its catalogue alone: no row and no index is written again. SQLite looks at no
length.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_COLUMNS = {
    "account": ("id",),
    "session": ("account_id",),
    "known_mark": ("account_id",),
    "item": ("seller_id",),
    "item_import": ("seller_id",),
    "cart": ("buyer_id",),
    "orders": ("buyer_id",),
    "order_number": ("buyer_id",),
    "order_line": ("buyer_id", "seller_id"),
    "order_adjustment": ("buyer_id",),
    "order_contact": ("buyer_id",),
    "saga": ("buyer_id",),
    "saga_event": ("buyer_id",),
    "outside_call": ("buyer_id",),
    "gateway_fact": ("buyer_id",),
    "refund": ("buyer_id",),
    "shipment": ("buyer_id", "seller_id"),
    "shipment_line": ("buyer_id",),
    "seller_order": ("seller_id",),
}


def upgrade() -> None:
    """Make room."""
    _make(64)


def downgrade() -> None:
    """Take it back, if nobody has such an id yet."""
    _make(36)


def _make(length: int) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.alter_column(table, column, type_=sa.String(length))
