"""Refunds have rows of their own, and share what was captured."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, UserId

revision = "0028"
down_revision = "0027"


def _of_order() -> "list[sa.Column[str]]":
    return [
        sa.Column("buyer_id", UserId, nullable=False),
        sa.Column("order_id", Id, nullable=False),
    ]


def _numbers(*names: str) -> "list[sa.Column[int]]":
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _texts(*names: str, null: bool = False) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def upgrade() -> None:
    """Make room for them."""
    op.create_table(
        "payment_sum",
        *_of_order(),
        *_texts("currency"),
        *_numbers("captured_minor", "given_minor", "last_no"),
        sa.CheckConstraint("given_minor BETWEEN 0 AND captured_minor", name="ck_payment_sum"),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", name="pk_payment_sum"),
    )
    _create_refunds()
    op.create_table(
        "payment_refund_line",
        *_of_order(),
        *_numbers("no", "line_no", "quantity", "amount_minor"),
        sa.PrimaryKeyConstraint(
            "buyer_id", "order_id", "no", "line_no", name="pk_payment_refund_line"
        ),
    )
    op.create_table(
        "payment_line_sum",
        *_of_order(),
        *_numbers("line_no", "ordered", "total_minor", "quantity", "given_minor"),
        sa.CheckConstraint("quantity BETWEEN 0 AND ordered", name="ck_payment_line_sum_quantity"),
        sa.CheckConstraint(
            "given_minor BETWEEN 0 AND total_minor", name="ck_payment_line_sum_given"
        ),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "line_no", name="pk_payment_line_sum"),
    )


def _create_refunds() -> None:
    op.create_table(
        "payment_refund",
        *_of_order(),
        *_numbers("no"),
        *_texts("origin", "cause", "digest", "actor", "reason"),
        *_numbers("amount_minor"),
        *_texts("currency", "gateway", "gateway_account", "state"),
        *_numbers("attempt"),
        sa.Column("intended_at", Instant, nullable=True),
        *_texts("ref", "failure", null=True),
        sa.Column("attention", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("done_at", Instant, nullable=True),
        sa.Column("next_at", Instant, nullable=True),
        *_numbers("tries", "fence"),
        sa.CheckConstraint("amount_minor > 0", name="ck_payment_refund"),
        sa.UniqueConstraint("buyer_id", "order_id", "cause", name="uq_payment_refund_cause"),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "no", name="pk_payment_refund"),
    )
    for name, columns, where in (
        ("due", ["next_at"], "next_at IS NOT NULL"),
        ("listed", ["created_at", "order_id", "no"], "attention"),
    ):
        op.create_index(
            f"ix_payment_refund_{name}",
            "payment_refund",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    """Forget them."""
    for table in ("payment_line_sum", "payment_refund_line", "payment_refund", "payment_sum"):
        op.drop_table(table)
