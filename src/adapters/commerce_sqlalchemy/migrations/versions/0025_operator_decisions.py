"""What operators decide is kept across orders and messages, and every call to the outside."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Earlier decisions stay in the timelines of their orders."""
    op.create_table(
        "operator_decision",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_operator_decision"),
        sa.UniqueConstraint("actor", "request", name="uq_operator_decision_request"),
    )
    op.create_index("ix_operator_decision_at", "operator_decision", ["at", "id"])
    op.create_index("ix_operator_decision_subject", "operator_decision", ["subject", "at", "id"])
    op.create_index("ix_operator_decision_actor", "operator_decision", ["actor", "at", "id"])
    op.create_table(
        "call_log",
        sa.Column("order_id", Id, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("call", sa.Text, nullable=False),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=True),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("took", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("order_id", "started_at", "call", "tries", name="pk_call_log"),
    )
    op.create_index("ix_call_log_started_at", "call_log", ["started_at"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("call_log")
    op.drop_table("operator_decision")
