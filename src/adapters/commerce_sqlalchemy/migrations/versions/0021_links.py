"""Links for forgotten passwords and for other e-mail addresses may be asked for."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, UserId

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Nobody has asked for one yet."""
    op.create_table(
        "credential_request",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("account_id", UserId, nullable=True),
        sa.Column("opened", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_credential_request"),
    )
    op.create_index(
        "ix_credential_request_asked", "credential_request", ["created_at"],
        sqlite_where=sa.text("opened = 0"), postgresql_where=sa.text("NOT opened"),
    )  # fmt: skip
    op.create_index("ix_credential_request_account", "credential_request", ["account_id"])
    op.create_index("ix_credential_request_expires_at", "credential_request", ["expires_at"])


def downgrade() -> None:
    """Forget what was asked for."""
    op.drop_table("credential_request")
