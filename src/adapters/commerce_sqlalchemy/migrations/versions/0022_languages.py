"""Accounts say in which language their messages come, and operators are found without a search."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_OPERATORS = sa.text("role = 'operator'")


def upgrade() -> None:
    """Whoever has chosen none reads the shop's own."""
    op.add_column("account", sa.Column("locale", sa.Text, nullable=True))
    op.create_index(
        "ix_account_operator",
        "account",
        ["id"],
        sqlite_where=_OPERATORS,
        postgresql_where=_OPERATORS,
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_index("ix_account_operator", "account")
    op.drop_column("account", "locale")
