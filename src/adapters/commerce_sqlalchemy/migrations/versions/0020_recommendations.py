"""What is recommended is learnt from orders, unless a buyer does not want that."""

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, Json

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """No model is there yet; nobody has said no."""
    op.add_column("account", sa.Column("personalised", sa.Boolean, nullable=True))
    op.create_table(
        "recommendation_model",
        sa.Column("id", Id, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("orders", sa.BigInteger, nullable=False),
        sa.Column("items", sa.BigInteger, nullable=False),
        sa.Column("newest_order", Id, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("finished_at", Instant, nullable=True),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("lease_until", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recommendation_model"),
    )
    op.create_table(
        "recommended_item",
        sa.Column("model_id", Id, nullable=False),
        sa.Column("item_id", Id, nullable=False),
        sa.Column("popularity", sa.BigInteger, nullable=False),
        sa.Column("neighbours", Json, nullable=False),
        sa.PrimaryKeyConstraint("model_id", "item_id", name="pk_recommended_item"),
    )
    op.create_index(
        "ix_recommended_item_popular", "recommended_item", ["model_id", "popularity", "item_id"]
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("recommended_item")
    op.drop_table("recommendation_model")
    op.drop_column("account", "personalised")
