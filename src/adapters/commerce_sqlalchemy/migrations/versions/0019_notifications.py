"""People are told of what concerns them: once each, by the channels that they chose."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, Json, UserId

revision = "0019"
down_revision = "0018"

_PENDING = sa.text("status = 'PENDING'")
_FAILED = sa.text("status = 'FAILED'")


def upgrade() -> None:
    """Nobody is told of what happened before."""
    op.create_table(
        "notification",
        sa.Column("person_id", UserId, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("address", sa.Text, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("until", Instant, nullable=True),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("lease_until", Instant, nullable=True),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("accepted_by", Json, nullable=False),
        sa.Column("title", sa.Text, nullable=True),
        sa.Column("reason", sa.Text, nullable=True),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("read_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("person_id", "id", name="pk_notification"),
    )
    for name, columns, where in (
        ("due", ["due_at"], _PENDING),
        ("failed", ["ended_at"], _FAILED),
        ("listed", ["person_id", "ended_at", "id"], None),
        ("subject", ["subject"], None),
        ("ended", ["ended_at"], None),
    ):
        op.create_index(
            f"ix_notification_{name}",
            "notification",
            columns,
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_table(
        "notification_choice",
        sa.Column("person_id", UserId, nullable=False),
        sa.Column("choices", Json, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_notification_choice"),
    )
    op.create_table(
        "bounced_address",
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("email", name="pk_bounced_address"),
    )
    op.create_index("ix_bounced_address_at", "bounced_address", ["at"])
    since = op.create_table(
        "notification_since",
        sa.Column("at", Instant, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("at", name="pk_notification_since"),
    )
    op.bulk_insert(since, [{"at": datetime.now(UTC)}])


def downgrade() -> None:
    """Forget them."""
    for table in ("notification_since", "bounced_address", "notification_choice", "notification"):
        op.drop_table(table)
