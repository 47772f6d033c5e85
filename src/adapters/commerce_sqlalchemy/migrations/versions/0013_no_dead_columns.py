"""Sagas lose the bucket and the owner of their claim, which nothing ever read.

Earlier releases write both: none of them works any more (docs/adr/0047).
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
works_from = "0013"


def upgrade() -> None:
    """Drop them."""
    op.drop_column("saga", "bucket")
    op.drop_column("saga", "owner")


def downgrade() -> None:
    """Have them again, as earlier releases need them."""
    op.add_column("saga", sa.Column("owner", sa.Text, nullable=True))
    op.add_column(
        "saga", sa.Column("bucket", sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
