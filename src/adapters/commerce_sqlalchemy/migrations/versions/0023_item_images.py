"""Sellers upload images of their items."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, Json, UserId

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """There are none yet."""
    op.create_table(
        "item_image",
        sa.Column("id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("seller_id", UserId, nullable=False),
        sa.Column("variant_id", sa.Text, nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("width", sa.BigInteger, nullable=False),
        sa.Column("height", sa.BigInteger, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("renditions", Json, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("deleted_at", Instant, nullable=True),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("lease_until", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_item_image"),
    )
    op.create_index(
        "uq_item_image_slot", "item_image", ["item_id", "variant_id", "slot"], unique=True
    )
    op.create_index("ix_item_image_status", "item_image", ["status", "created_at"])
    op.create_index("ix_item_image_deleted_at", "item_image", ["deleted_at"])


def downgrade() -> None:
    """Forget them; their files stay in the media store."""
    op.drop_table("item_image")
