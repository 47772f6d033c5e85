"""Imports gather the rows of an item wherever they stand, take turns, and count claims without
progress.
"""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Json

revision = "0008"
down_revision = "0007"

_COLUMNS = (("style", Json), ("warnings", Json), ("claims", sa.BigInteger), ("turn", sa.BigInteger))


def upgrade() -> None:
    """Add what imports of the release before do not have."""
    for name, kind in _COLUMNS:
        op.add_column("item_import", sa.Column(name, kind, nullable=True))
    op.create_table(
        "import_sum",
        sa.Column("import_id", Id, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "sku", name="pk_import_sum"),
    )
    op.create_table(
        "import_aside",
        sa.Column("import_id", Id, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "sku", "place", name="pk_import_aside"),
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("import_aside")
    op.drop_table("import_sum")
    for name, _ in reversed(_COLUMNS):
        op.drop_column("item_import", name)
