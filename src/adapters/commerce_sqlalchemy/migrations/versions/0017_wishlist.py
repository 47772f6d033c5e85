"""Buyers have wishlists."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, UserId

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the entries, and what counts them."""
    op.create_table(
        "wishlist_entry",
        sa.Column("buyer_id", UserId, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("variant_id", sa.Text, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("added_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("buyer_id", "item_id", "variant_id", name="pk_wishlist_entry"),
    )
    op.create_index(
        "ix_wishlist_entry_added",
        "wishlist_entry",
        ["buyer_id", "added_at", "item_id", "variant_id"],
    )
    op.create_index(
        "ix_wishlist_entry_item", "wishlist_entry", ["item_id", "buyer_id", "variant_id"]
    )
    op.create_table(
        "wishlist_size",
        sa.Column("buyer_id", UserId, nullable=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.CheckConstraint("entries BETWEEN 0 AND 1000", name="ck_wishlist_size"),
        sa.PrimaryKeyConstraint("buyer_id", name="pk_wishlist_size"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("wishlist_size")
    op.drop_table("wishlist_entry")
