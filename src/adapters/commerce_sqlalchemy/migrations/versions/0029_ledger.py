"""How far gateways' books are reconciled, and what in them belongs to no order."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Instant

revision = "0029"
down_revision = "0028"


def _texts(*names: str) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def upgrade() -> None:
    """Make room for both."""
    op.create_table(
        "ledger_mark",
        *_texts("gateway", "account", "sweep"),
        sa.Column("through", Instant, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("gateway", "account", "sweep", name="pk_ledger_mark"),
    )
    op.create_table(
        "payment_stranger",
        *_texts("gateway", "ref", "account", "kind", "reference", "marked"),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        *_texts("currency"),
        sa.Column("at", Instant, nullable=False),
        *_texts("why"),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("settled_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("gateway", "ref", name="pk_payment_stranger"),
    )
    op.create_index(
        "ix_payment_stranger_open",
        "payment_stranger",
        ["seen_at", "gateway", "ref"],
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("payment_stranger")
    op.drop_table("ledger_mark")
