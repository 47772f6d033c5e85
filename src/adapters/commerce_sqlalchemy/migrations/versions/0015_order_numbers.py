"""Orders may have a number that people call them by."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """What was placed before has none."""
    op.add_column("orders", sa.Column("number", sa.Text, nullable=True))
    op.create_table(
        "order_number",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("buyer_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_order_number"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("order_number")
    op.drop_column("orders", "number")
