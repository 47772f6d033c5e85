"""The tables of the first release."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from commerce_sqlalchemy.tables import Id, Instant, Json

revision = "0001"
down_revision = None

_OPEN_CART: Final = sa.text("status = 'OPEN'")
_OPEN_SAGA: Final = sa.text("state NOT IN ('COMPLETED', 'CANCELLED')")
_CANCELLED: Final = sa.text("state = 'CANCELLED'")
_TABLES: Final = (
    "outbox", "outbox_lease", "inbox", "dead_letter", "account", "session", "login_failure", "item",
    "variant", "item_import",
    "import_sku", "import_chunk", "stock", "reservation", "stock_movement", "cart", "orders",
    "order_line", "order_adjustment",
    "order_contact", "saga", "saga_event", "outside_call", "gateway_fact", "refund", "shipment",
    "shipment_line", "seller_order",
    "reindex",
)  # fmt: skip


def upgrade() -> None:
    """Create every table."""
    for create in (_messaging, _accounts, _catalog, _inventory, _orders):
        create()
    for create in (_sagas, _money_and_parcels, _views):
        create()


def downgrade() -> None:
    """Drop every table."""
    for name in reversed(_TABLES):
        op.drop_table(name)


def _messaging() -> None:
    op.create_table(
        "outbox",
        _col("partition_key", sa.Text), _col("id", Id), _col("bucket", sa.BigInteger),
        _col("name", sa.Text),
        _col("occurred_at", Instant), _col("payload", Json), _null("trace", sa.Text),
        sa.PrimaryKeyConstraint("partition_key", "id", name="pk_outbox"),
    )  # fmt: skip
    op.create_index("ix_outbox_id", "outbox", ["id", "bucket"])
    op.create_table(
        "outbox_lease",
        _col("bucket", sa.BigInteger), _col("owner", sa.Text), _col("lease_until", Instant),
        sa.PrimaryKeyConstraint("bucket", name="pk_outbox_lease"),
    )  # fmt: skip
    op.create_table(
        "inbox",
        _col("consumer", sa.Text), _col("partition_key", sa.Text), _col("message_id", Id),
        _col("occurred_at", Instant),
        sa.PrimaryKeyConstraint("consumer", "partition_key", "message_id", name="pk_inbox"),
    )  # fmt: skip
    op.create_table(
        "dead_letter",
        _col("consumer", sa.Text), _col("id", Id), _col("partition_key", sa.Text),
        _col("name", sa.Text), _col("occurred_at", Instant),
        _col("payload", Json), _col("reason", sa.Text), _col("parked_at", Instant),
        _null("trace", sa.Text),
        sa.PrimaryKeyConstraint("consumer", "id", name="pk_dead_letter"),
    )  # fmt: skip


def _accounts() -> None:
    op.create_table(
        "account",
        _col("id", Id), _col("email", sa.Text), _col("name", sa.Text), _col("role", sa.Text),
        _col("password_hash", sa.Text),
        _null("address", Json), _col("version", sa.BigInteger), _col("created_at", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
    )  # fmt: skip
    op.create_table(
        "session",
        _col("token_digest", sa.Text), _col("account_id", Id), _col("created_at", Instant),
        _col("expires_at", Instant),
        sa.PrimaryKeyConstraint("token_digest", name="pk_session"),
    )  # fmt: skip
    op.create_index("ix_session_expires_at", "session", ["expires_at"])
    op.create_table(
        "login_failure",
        _col("email", sa.Text), _col("failures", sa.BigInteger), _col("last_at", Instant),
        sa.PrimaryKeyConstraint("email", name="pk_login_failure"),
    )  # fmt: skip
    op.create_index("ix_login_failure_last_at", "login_failure", ["last_at"])


def _catalog() -> None:
    op.create_table(
        "item",
        _col("id", Id), _col("seller_id", Id), _col("sku", sa.Text), _col("type", sa.Text),
        _col("status", sa.Text),
        _col("name", sa.Text), _col("brand", sa.Text), _col("category", sa.Text),
        _col("description", sa.Text), _col("content", Json),
        _null("idem_key", sa.Text), _null("idem_digest", sa.Text), _col("version", sa.BigInteger),
        _col("created_at", Instant),
        _col("updated_at", Instant), sa.PrimaryKeyConstraint("id", name="pk_item"),
        sa.UniqueConstraint("seller_id", "idem_key", name="uq_item_idem_key"),
        sa.UniqueConstraint("seller_id", "sku", name="uq_item_seller_sku"),
    )  # fmt: skip
    op.create_index("ix_item_seller", "item", ["seller_id", "id"])
    op.create_table(
        "variant",
        _col("sku_id", Id), _col("item_id", Id), _col("position", sa.BigInteger),
        _null("variant_id", sa.Text),
        _col("price_minor", sa.BigInteger), _col("currency", sa.Text), _null("image", sa.Text),
        _col("content", Json),
        sa.PrimaryKeyConstraint("sku_id", name="pk_variant"),
        sa.CheckConstraint("price_minor >= 0", name="ck_variant_price"),
    )  # fmt: skip
    op.create_index("ix_variant_item", "variant", ["item_id", "position"])
    op.create_table(
        "item_import",
        _col("id", Id), _col("seller_id", Id), _col("format", sa.Text), _col("dry_run", sa.Boolean),
        _col("status", sa.Text),
        _col("progress", Json), _col("errors", Json), _col("created_at", Instant),
        _null("finished_at", Instant),
        _col("fence", sa.BigInteger), _null("lease_until", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_item_import"),
    )  # fmt: skip
    op.create_index("ix_item_import_status", "item_import", ["status", "created_at"])
    op.create_table(
        "import_sku",
        _col("import_id", Id), _col("sku", sa.Text), _col("line", sa.BigInteger),
        sa.PrimaryKeyConstraint("import_id", "sku", name="pk_import_sku"),
    )  # fmt: skip
    op.create_table(
        "import_chunk",
        _col("import_id", Id), _col("no", sa.BigInteger), _col("data", sa.LargeBinary),
        sa.PrimaryKeyConstraint("import_id", "no", name="pk_import_chunk"),
    )  # fmt: skip


def _inventory() -> None:
    op.create_table(
        "stock",
        _col("sku_id", Id), _col("location", sa.Text), _col("on_hand", sa.BigInteger),
        _col("reserved", sa.BigInteger),
        _col("sellable", sa.Boolean), _col("availability_version", sa.BigInteger),
        sa.PrimaryKeyConstraint("sku_id", "location", name="pk_stock"),
        sa.CheckConstraint("on_hand >= reserved AND reserved >= 0", name="ck_stock_counts"),
    )  # fmt: skip
    op.create_table(
        "reservation",
        _col("sku_id", Id), _col("location", sa.Text), _col("order_id", Id),
        _col("quantity", sa.BigInteger), _col("status", sa.Text),
        sa.PrimaryKeyConstraint("sku_id", "location", "order_id", name="pk_reservation"),
        sa.CheckConstraint("quantity > 0", name="ck_reservation_quantity"),
    )  # fmt: skip
    op.create_index("ix_reservation_order", "reservation", ["order_id"])
    op.create_table(
        "stock_movement",
        _col("sku_id", Id), _col("location", sa.Text), _col("cause", sa.Text),
        _col("cause_ref", sa.Text),
        _col("quantity", sa.BigInteger), _col("at", Instant),
        sa.PrimaryKeyConstraint("sku_id", "location", "cause", "cause_ref",
            name="pk_stock_movement"),
    )  # fmt: skip


def _orders() -> None:
    op.create_table(
        "cart",
        _col("buyer_id", Id), _col("id", Id), _col("status", sa.Text),
        _col("version", sa.BigInteger), _col("lines", Json),
        _null("merged_into", Id), _col("updated_at", Instant),
        sa.PrimaryKeyConstraint("buyer_id", "id", name="pk_cart"),
    )  # fmt: skip
    op.create_index(
        "uq_cart_open",
        "cart",
        ["buyer_id"],
        unique=True,
        sqlite_where=_OPEN_CART,
        postgresql_where=_OPEN_CART,
    )
    op.create_table(
        "orders",
        _col("buyer_id", Id), _col("id", Id), _col("cart_id", Id),
        _col("cart_version", sa.BigInteger), _null("idem_key", sa.Text),
        _col("digest", sa.Text), _col("total_minor", sa.BigInteger), _col("currency", sa.Text),
        _col("gateway", sa.Text),
        _col("gateway_account", sa.Text), _col("handle", sa.Text), _col("payment_brand", sa.Text),
        _col("payment_last4", sa.Text),
        _col("created_at", Instant), sa.PrimaryKeyConstraint("buyer_id", "id", name="pk_orders"),
        sa.UniqueConstraint("buyer_id", "cart_id", name="uq_orders_cart"),
        sa.UniqueConstraint("buyer_id", "idem_key", name="uq_orders_idem_key"),
    )  # fmt: skip
    op.create_index("ix_orders_id", "orders", ["id"])
    op.create_table(
        "order_line",
        _col("buyer_id", Id), _col("order_id", Id), _col("no", sa.BigInteger), _col("sku_id", Id),
        _col("item_id", Id),
        _null("variant_id", sa.Text), _col("seller_id", Id), _col("name", sa.Text),
        _col("quantity", sa.BigInteger),
        _col("unit_minor", sa.BigInteger),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "no", name="pk_order_line"),
    )  # fmt: skip
    op.create_table(
        "order_adjustment",
        _col("buyer_id", Id), _col("order_id", Id), _col("no", sa.BigInteger),
        _col("kind", sa.Text), _null("line_no", sa.BigInteger),
        _col("code", sa.Text), _null("rate", sa.Text), _col("amount_minor", sa.BigInteger),
        _col("included", sa.Boolean),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "no", name="pk_order_adjustment"),
    )  # fmt: skip
    op.create_table(
        "order_contact",
        _col("buyer_id", Id), _col("order_id", Id), _col("email", sa.Text), _null("address", Json),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", name="pk_order_contact"),
    )  # fmt: skip


def _sagas() -> None:
    op.create_table(
        "saga",
        _col("buyer_id", Id), _col("order_id", Id), _col("definition", sa.Text),
        _col("version", sa.BigInteger),
        _col("state", sa.Text), _col("fence", sa.BigInteger), _null("owner", sa.Text),
        _null("lease_until", Instant),
        _col("next_run_at", Instant), _col("claims", sa.BigInteger), _col("bucket", sa.BigInteger),
        _col("cancel_requested", sa.Boolean), _col("attention", sa.Boolean),
        _null("last_error", sa.Text), _null("cause", sa.Text),
        _null("cause_detail", sa.Text), _col("carrier", sa.Text), _col("last_seq", sa.BigInteger),
        _col("updated_at", Instant),
        _null("trace", sa.Text), sa.PrimaryKeyConstraint("buyer_id", "order_id", name="pk_saga"),
    )  # fmt: skip
    op.create_index(
        "ix_saga_cancelled",
        "saga",
        ["order_id"],
        sqlite_where=_CANCELLED,
        postgresql_where=_CANCELLED,
    )
    op.create_index(
        "ix_saga_due", "saga", ["next_run_at"], sqlite_where=_OPEN_SAGA, postgresql_where=_OPEN_SAGA
    )
    op.create_index("ix_saga_order", "saga", ["order_id"])
    op.create_table(
        "saga_event",
        _col("buyer_id", Id), _col("order_id", Id), _col("seq", sa.BigInteger),
        _col("type", sa.Text), _col("at", Instant),
        _col("actor", sa.Text), _null("cause", sa.Text), _col("detail", Json),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "seq", name="pk_saga_event"),
    )  # fmt: skip
    op.create_table(
        "outside_call",
        _col("buyer_id", Id), _col("order_id", Id), _col("operation", sa.Text),
        _col("subject_no", sa.BigInteger),
        _col("attempt", sa.BigInteger), _col("key", sa.Text), _col("digest", sa.Text),
        _col("gateway", sa.Text),
        _col("gateway_account", sa.Text), _col("status", sa.Text), _null("response", Json),
        _col("created_at", Instant),
        _col("updated_at", Instant),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "operation", "subject_no", "attempt",
            name="pk_outside_call"),
    )  # fmt: skip


def _money_and_parcels() -> None:
    op.create_table(
        "gateway_fact",
        _col("buyer_id", Id), _col("order_id", Id), _col("ref", sa.Text), _col("kind", sa.Text),
        _col("amount_minor", sa.BigInteger),
        _col("currency", sa.Text), _col("at", Instant),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "ref", "kind", name="pk_gateway_fact"),
    )  # fmt: skip
    op.create_table(
        "refund",
        _col("buyer_id", Id), _col("order_id", Id), _col("no", sa.BigInteger),
        _col("amount_minor", sa.BigInteger),
        _col("currency", sa.Text), _col("reason", sa.Text), _col("capture_ref", sa.Text),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "no", name="pk_refund"),
        sa.UniqueConstraint("buyer_id", "order_id", "capture_ref", name="uq_refund_capture"),
    )  # fmt: skip
    op.create_table(
        "shipment",
        _col("buyer_id", Id), _col("order_id", Id), _col("no", sa.BigInteger),
        _null("seller_id", Id), _col("carrier", sa.Text),
        _col("tracking_number", sa.Text), _col("at", Instant),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "no", name="pk_shipment"),
    )  # fmt: skip
    op.create_table(
        "shipment_line",
        _col("buyer_id", Id), _col("order_id", Id), _col("shipment_no", sa.BigInteger),
        _col("line_no", sa.BigInteger),
        _col("quantity", sa.BigInteger),
        sa.PrimaryKeyConstraint("buyer_id", "order_id", "shipment_no", "line_no",
            name="pk_shipment_line"),
    )  # fmt: skip


def _views() -> None:
    op.create_table(
        "seller_order",
        _col("seller_id", Id), _col("order_id", Id), _col("status", sa.Text),
        _col("seq", sa.BigInteger), _col("document", Json),
        _col("created_at", Instant), _col("updated_at", Instant),
        sa.PrimaryKeyConstraint("seller_id", "order_id", name="pk_seller_order"),
    )  # fmt: skip
    op.create_table(
        "reindex",
        _col("id", Id), _col("status", sa.Text), _col("indexed", sa.BigInteger),
        _col("created_at", Instant),
        _null("finished_at", Instant), _col("fence", sa.BigInteger), _null("lease_until", Instant),
        sa.PrimaryKeyConstraint("id", name="pk_reindex"),
    )  # fmt: skip


def _col(name: str, kind: Any) -> "sa.Column[Any]":
    return sa.Column(name, kind, nullable=False)


def _null(name: str, kind: Any) -> "sa.Column[Any]":
    return sa.Column(name, kind)
