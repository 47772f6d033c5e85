"""Payment gateways say by themselves what happened, and orders are found by their payments."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Instant

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Keep what gateways say. The index over orders may be built by hand before."""
    op.create_table(
        "payment_notice",
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("marked", sa.Text, nullable=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("found", sa.Text, nullable=True),
        sa.Column("raw", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("gateway", "event_id", name="pk_payment_notice"),
    )
    for name, columns, where in (
        ("due", ["next_at"], "state = 'waiting'"),
        ("listed", ["received_at", "gateway", "event_id"], "state IN ('strange', 'unknown')"),
        ("raw", ["received_at"], "raw IS NOT NULL"),
    ):
        op.create_index(
            f"ix_payment_notice_{name}",
            "payment_notice",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_index("ix_orders_handle", "orders", ["handle"], if_not_exists=True)


def downgrade() -> None:
    """Forget it."""
    op.drop_index("ix_orders_handle", "orders")
    op.drop_table("payment_notice")
