"""Items say their tax class and what they weigh."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Known items say neither."""
    op.add_column("item", sa.Column("tax_class", sa.Text, nullable=True))
    op.add_column("item", sa.Column("weight", sa.BigInteger, nullable=True))
    op.add_column("variant", sa.Column("weight", sa.BigInteger, nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("variant", "weight")
    op.drop_column("item", "weight")
    op.drop_column("item", "tax_class")
