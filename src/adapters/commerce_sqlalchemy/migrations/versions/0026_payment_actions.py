"""Orders wait for buyers who have to act before they are charged."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, Json, UserId

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Keep what buyers have to do, and until when."""
    op.add_column("saga", sa.Column("buyer_until", Instant, nullable=True))
    op.add_column("saga", sa.Column("time_up", sa.Boolean, nullable=True))
    op.create_table(
        "payment_action",
        sa.Column("buyer_id", UserId, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("action", Json, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("returned", Json, nullable=True),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", name="pk_payment_action"),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("payment_action")
    op.drop_column("saga", "time_up")
    op.drop_column("saga", "buyer_until")
