"""Every table, in the order of the capabilities.

Three rules let the ordering tables spread over machines one day: ids are made by the application;
primary and unique keys of ordering tables begin with ``buyer_id``, those of stock tables with
``sku_id``; no foreign key and no join crosses capabilities (ordering tables may be joined with each
other).
"""

import sqlalchemy as sa

from commerce_sqlalchemy.columns import METADATA, Id, Instant, Json, UserId
from commerce_sqlalchemy.columns import at as _at
from commerce_sqlalchemy.columns import flag as _flag
from commerce_sqlalchemy.columns import id_ as _id
from commerce_sqlalchemy.columns import int_ as _int
from commerce_sqlalchemy.columns import json_ as _json
from commerce_sqlalchemy.columns import table as _table
from commerce_sqlalchemy.columns import text as _text
from commerce_sqlalchemy.payment_tables import payment_action, payment_notice

__all__ = ["METADATA", "Id", "Instant", "Json", "UserId", "payment_action", "payment_notice"]


# --- messaging ------------------------------------------------------------------------------------
outbox = _table(
    "outbox", _text("partition_key"), _id("id"), _int("bucket"), _text("name"), _at("occurred_at"),
    _json("payload"),
    _text("trace", null=True), sa.Index("ix_outbox_id", "id", "bucket"), key="partition_key id",
)  # fmt: skip
outbox_lease = _table(
    "outbox_lease", _int("bucket"), _text("owner"), _at("lease_until"), key="bucket"
)
inbox = _table(
    "inbox", _text("consumer"), _text("partition_key"), _id("message_id"), _at("occurred_at"),
    sa.Index("ix_inbox_occurred_at", "occurred_at"), key="consumer partition_key message_id",
)  # fmt: skip
#: What waits for each consumer where events are delivered inside the shop.
queued_message = _table(
    "queued_message", _text("consumer"), _id("id"), _text("partition_key"), _text("name"),
    _at("occurred_at"), _json("payload"),
    _text("trace", null=True), _int("attempts"), key="consumer id",
)  # fmt: skip
queue_lease = _table(
    "queue_lease", _text("consumer"), _text("owner"), _at("lease_until"), key="consumer"
)
dead_letter = _table(
    "dead_letter", _text("consumer"), _id("id"), _text("partition_key"), _text("name"),
    _at("occurred_at"), _json("payload"),
    _text("reason"), _at("parked_at"), _text("trace", null=True), key="consumer id",
)  # fmt: skip

#: What a person has given up on, and why.
discarded_letter = _table(
    "discarded_letter", _text("consumer"), _id("id"), _at("discarded_at"), _text("partition_key"),
    _text("name"), _at("occurred_at"),
    _json("payload"), _text("reason"), _at("parked_at"), _text("trace", null=True), _text("actor"),
    _text("why"),
    key="consumer id discarded_at",
)  # fmt: skip

# --- accounts -------------------------------------------------------------------------------------
account = _table(
    "account", sa.Column("id", UserId, nullable=False), _text("email"), _text("name"),
    _text("role"), _text("password_hash"),
    _json("address", null=True),
    _int("version"), _at("created_at"), sa.Column("personalised", sa.Boolean, nullable=True),
    _text("locale", null=True),
    sa.Index("ix_account_operator", "id", sqlite_where=sa.text("role = 'operator'"),
        postgresql_where=sa.text("role = 'operator'")),
    sa.UniqueConstraint("email", name="uq_account_email"),
    key="id",
)  # fmt: skip
session = _table(
    "session", _text("token_digest"), _id("account_id"), _at("created_at"), _at("expires_at"),
    sa.Index("ix_session_expires_at", "expires_at"), sa.Index("ix_session_account", "account_id"),
    key="token_digest",
)  # fmt: skip
attempt = _table(
    "attempt", _text("key"), _int("attempts"), _at("until"),
    sa.Index("ix_attempt_until", "until"), key="key",
)  # fmt: skip
known_mark = _table(
    "known_mark", _id("account_id"), _text("mark"), _at("seen_at"), key="account_id mark"
)
#: Links that were asked for and not used.
credential_request = _table(
    "credential_request", _id("id"), _text("kind"), _text("email"), _id("account_id", null=True),
    _flag("opened"), _at("created_at"), _at("expires_at"),
    sa.Index("ix_credential_request_asked", "created_at", sqlite_where=sa.text("opened = 0"),
        postgresql_where=sa.text("NOT opened")),
    sa.Index("ix_credential_request_account", "account_id"),
    sa.Index("ix_credential_request_expires_at", "expires_at"), key="id",
)  # fmt: skip
#: What of closed accounts is still to be erased.
erasure = _table(
    "erasure", _id("account_id"), _at("due_at"), _int("passes"), _int("part"),
    _text("after", null=True), sa.Index("ix_erasure_due", "due_at"), key="account_id",
)  # fmt: skip
#: Of earlier releases, which may run beside this one.
login_failure = _table(
    "login_failure", _text("email"), _int("failures"), _at("last_at"),
    sa.Index("ix_login_failure_last_at", "last_at"), key="email",
)  # fmt: skip
shop_secret = _table("shop_secret", _text("name"), _text("secret"), key="name")

# --- catalog --------------------------------------------------------------------------------------
item = _table(
    "item", _id("id"), _id("seller_id"), _text("sku"), _text("type"), _text("status"),
    _text("name"), _text("brand"), _text("category"),
    _text("description"), _json("content"), _text("idem_key", null=True),
    _text("idem_digest", null=True),
    _int("version"), _at("created_at"), _at("updated_at"), _text("tax_class", null=True),
    _int("weight", null=True),
    sa.Index("ix_item_seller", "seller_id", "id"),
    sa.UniqueConstraint("seller_id", "sku", name="uq_item_seller_sku"),
    sa.UniqueConstraint("seller_id", "idem_key", name="uq_item_idem_key"),
    key="id",
)  # fmt: skip
variant = _table(
    "variant", _id("sku_id"), _id("item_id"), _int("position"), _text("variant_id", null=True),
    _int("price_minor"), _text("currency"),
    _text("image", null=True), _json("content"), _int("weight", null=True),
    sa.Index("ix_variant_item", "item_id", "position"),
    sa.CheckConstraint("price_minor >= 0", name="ck_variant_price"),
    key="sku_id",
)  # fmt: skip
item_import = _table(
    "item_import", _id("id"), _id("seller_id"), _text("format"), _flag("dry_run"), _text("status"),
    _json("progress"), _json("errors"),
    _at("created_at"), _at("finished_at", null=True), _int("fence"), _at("lease_until", null=True),
    _json("style", null=True), _json("warnings", null=True), _int("claims", null=True),
    _int("turn", null=True),
    sa.Index("ix_item_import_status", "status", "created_at"), key="id",
)  # fmt: skip
#: Written by the release before this one; it goes with the next migration that contracts.
import_sku = _table("import_sku", _id("import_id"), _text("sku"), _int("line"), key="import_id sku")
import_sum = _table(
    "import_sum", _id("import_id"), _text("sku"), _int("rows"), _int("size"), key="import_id sku"
)
import_aside = _table(
    "import_aside", _id("import_id"), _text("sku"), _int("line"), _int("place"), _int("size"),
    sa.Column("raw", sa.LargeBinary, nullable=False), key="import_id sku place",
)  # fmt: skip
import_chunk = _table(
    "import_chunk", _id("import_id"), _int("no"),
    sa.Column("data", sa.LargeBinary, nullable=False), key="import_id no",
)  # fmt: skip

item_image = _table(
    "item_image", _id("id"), _id("item_id"), _id("seller_id"), _text("variant_id"),
    _int("slot", null=True), _text("status"), _text("digest"), _text("media_type"),
    _int("width"), _int("height"), _text("problem"), _json("renditions"), _at("created_at"),
    _at("deleted_at", null=True), _int("fence"), _int("attempts"), _at("lease_until", null=True),
    sa.Index("uq_item_image_slot", "item_id", "variant_id", "slot", unique=True),
    sa.Index("ix_item_image_status", "status", "created_at"),
    sa.Index("ix_item_image_deleted_at", "deleted_at"), key="id",
)  # fmt: skip

# --- inventory (keyed by sku_id, location) --------------------------------------------------------
stock = _table(
    "stock", _id("sku_id"), _text("location"), _int("on_hand"), _int("reserved"), _flag("sellable"),
    _int("availability_version"),
    sa.CheckConstraint("on_hand >= reserved AND reserved >= 0", name="ck_stock_counts"),
    key="sku_id location",
)  # fmt: skip
reservation = _table(
    "reservation", _id("sku_id"), _text("location"), _id("order_id"), _int("quantity"),
    _text("status"),
    sa.Index("ix_reservation_order", "order_id"),
    sa.CheckConstraint("quantity > 0", name="ck_reservation_quantity"),
    key="sku_id location order_id",
)  # fmt: skip
stock_movement = _table(
    "stock_movement", _id("sku_id"), _text("location"), _text("cause"), _text("cause_ref"),
    _int("quantity"), _at("at"),
    key="sku_id location cause cause_ref",
)  # fmt: skip

# --- cart, orders, checkout (keyed by buyer_id) ---------------------------------------------------
cart = _table(
    "cart", _id("buyer_id"), _id("id"), _text("status"), _int("version"), _json("lines"),
    _id("merged_into", null=True), _at("updated_at"),
    _json("left_out", null=True), _json("metadata", null=True), _json("coupons", null=True),
    sa.Index("uq_cart_open", "buyer_id", unique=True, sqlite_where=sa.text("status = 'OPEN'"),
        postgresql_where=sa.text("status = 'OPEN'")),
    key="buyer_id id",
)  # fmt: skip
orders = _table(
    "orders", _id("buyer_id"), _id("id"), _id("cart_id"), _int("cart_version"),
    _text("idem_key", null=True), _text("digest"),
    _int("total_minor"), _text("currency"), _text("gateway"), _text("gateway_account"),
    _text("handle"), _text("payment_brand"),
    _text("payment_last4"), _at("created_at"), _json("metadata", null=True),
    _json("coupons", null=True), _text("number", null=True),
    sa.Index("ix_orders_id", "id"), sa.Index("ix_orders_handle", "handle"),
    sa.Index("ix_orders_placed", "buyer_id", "created_at", "id"),
    sa.UniqueConstraint("buyer_id", "cart_id", name="uq_orders_cart"),
    sa.UniqueConstraint("buyer_id", "idem_key", name="uq_orders_idem_key"),
    key="buyer_id id",
)  # fmt: skip
#: Keyed by number, unlike what else belongs to an order: it is unique over the whole shop.
order_number = _table(
    "order_number", _text("number"), _id("buyer_id"), _id("order_id"), key="number"
)
order_line = _table(
    "order_line", _id("buyer_id"), _id("order_id"), _int("no"), _id("sku_id"), _id("item_id"),
    _text("variant_id", null=True), _id("seller_id"),
    _text("name"), _int("quantity"), _int("unit_minor"), _text("sku", null=True),
    _json("options", null=True), _json("metadata", null=True),
    key="buyer_id order_id no",
)  # fmt: skip
order_adjustment = _table(
    "order_adjustment", _id("buyer_id"), _id("order_id"), _int("no"), _text("kind"),
    _int("line_no", null=True), _text("code"), _text("rate", null=True),
    _int("amount_minor"), _flag("included"), _text("coupon", null=True),
    key="buyer_id order_id no",
)  # fmt: skip
order_contact = _table(
    "order_contact", _id("buyer_id"), _id("order_id"), _text("email"), _json("address", null=True),
    key="buyer_id order_id",
)  # fmt: skip
saga = _table(
    "saga", _id("buyer_id"), _id("order_id"), _text("definition"), _int("version"), _text("state"),
    _int("fence"),
    _at("lease_until", null=True), _at("next_run_at"), _int("claims"),
    _flag("cancel_requested"), _flag("attention"),
    _text("last_error", null=True), _text("cause", null=True), _text("cause_detail", null=True),
    _text("carrier"), _int("last_seq"), _at("updated_at"),
    _text("trace", null=True),
    _at("buyer_until", null=True), sa.Column("time_up", sa.Boolean, nullable=True),
    sa.Index("ix_saga_due", "next_run_at",
        sqlite_where=sa.text("state NOT IN ('COMPLETED', 'CANCELLED')"),
             postgresql_where=sa.text("state NOT IN ('COMPLETED', 'CANCELLED')")),
    sa.Index("ix_saga_cancelled", "order_id", sqlite_where=sa.text("state = 'CANCELLED'"),
        postgresql_where=sa.text("state = 'CANCELLED'")),
    sa.Column("settled", sa.Boolean, nullable=True), _int("late_facts", null=True),
    sa.Index("ix_saga_unsettled", "order_id",
        sqlite_where=sa.text("state = 'CANCELLED' AND settled IS NULL"),
             postgresql_where=sa.text("state = 'CANCELLED' AND settled IS NULL")),
    sa.Index("ix_saga_order", "order_id"),
    sa.Index("ix_saga_state", "buyer_id", "state", "order_id"), key="buyer_id order_id",
)  # fmt: skip
saga_event = _table(
    "saga_event", _id("buyer_id"), _id("order_id"), _int("seq"), _text("type"), _at("at"),
    _text("actor"), _text("cause", null=True), _json("detail"),
    key="buyer_id order_id seq",
)  # fmt: skip
outside_call = _table(
    "outside_call", _id("buyer_id"), _id("order_id"), _text("operation"), _int("subject_no"),
    _int("attempt"), _text("key"), _text("digest"),
    _text("gateway"), _text("gateway_account"), _text("status"), _json("response", null=True),
    _at("created_at"), _at("updated_at"),
    _int("amount_minor", null=True), _text("currency", null=True),
    key="buyer_id order_id operation subject_no attempt",
)  # fmt: skip
gateway_fact = _table(
    "gateway_fact", _id("buyer_id"), _id("order_id"), _text("ref"), _text("kind"),
    _int("amount_minor"), _text("currency"), _at("at"),
    key="buyer_id order_id ref kind",
)  # fmt: skip
refund = _table(
    "refund", _id("buyer_id"), _id("order_id"), _int("no"), _int("amount_minor"), _text("currency"),
    _text("reason"), _text("capture_ref"),
    sa.UniqueConstraint("buyer_id", "order_id", "capture_ref", name="uq_refund_capture"),
    key="buyer_id order_id no",
)  # fmt: skip
shipment = _table(
    "shipment", _id("buyer_id"), _id("order_id"), _int("no"), _id("seller_id", null=True),
    _text("carrier"), _text("tracking_number"), _at("at"),
    key="buyer_id order_id no",
)  # fmt: skip
shipment_line = _table(
    "shipment_line", _id("buyer_id"), _id("order_id"), _int("shipment_no"), _int("line_no"),
    _int("quantity"), key="buyer_id order_id shipment_no line_no",
)  # fmt: skip

# --- wishlist (keyed by buyer_id) -----------------------------------------------------------------
#: ``variant_id`` is empty where the item itself is meant.
wishlist_entry = _table(
    "wishlist_entry", _id("buyer_id"), _id("item_id"), _text("variant_id"), _int("price_minor"),
    _text("currency"), _at("added_at"),
    sa.Index("ix_wishlist_entry_added", "buyer_id", "added_at", "item_id", "variant_id"),
    sa.Index("ix_wishlist_entry_item", "item_id", "buyer_id", "variant_id"),
    key="buyer_id item_id variant_id",
)  # fmt: skip
#: How many entries each list has: what bounds it, whoever adds beside one another.
wishlist_size = _table(
    "wishlist_size", _id("buyer_id"), _int("entries"),
    sa.CheckConstraint("entries BETWEEN 0 AND 1000", name="ck_wishlist_size"), key="buyer_id",
)  # fmt: skip

# --- what sellers see (a projection fed by events) ------------------------------------------------
seller_order = _table(
    "seller_order", _id("seller_id"), _id("order_id"), _text("status"), _int("seq"),
    _json("document"), _at("created_at"), _at("updated_at"),
    sa.Index("ix_seller_order_placed", "seller_id", "created_at", "order_id"),
    sa.Index("ix_seller_order_status", "seller_id", "status", "created_at", "order_id"),
    sa.Index("ix_seller_order_updated", "seller_id", "updated_at"), key="seller_id order_id",
)  # fmt: skip

# --- search ---------------------------------------------------------------------------------------
reindex = _table(
    "reindex", _id("id"), _text("status"), _int("indexed"), _at("created_at"),
    _at("finished_at", null=True), _int("fence"),
    _at("lease_until", null=True), key="id",
)  # fmt: skip

# --- notifications (keyed by person_id) -----------------------------------------------------------
notification = _table(
    "notification", sa.Column("person_id", UserId, nullable=False), _id("id"), _text("kind"),
    _text("subject"), _json("facts"), _text("address", null=True), _text("status"),
    _at("created_at"), _at("due_at"), _at("until", null=True), _int("fence"),
    _at("lease_until", null=True), _int("attempts"), _json("accepted_by"),
    _text("title", null=True), _text("reason", null=True), _flag("listed"),
    _at("ended_at", null=True), _at("read_at", null=True),
    sa.Index("ix_notification_due", "due_at", sqlite_where=sa.text("status = 'PENDING'"),
        postgresql_where=sa.text("status = 'PENDING'")),
    sa.Index("ix_notification_failed", "ended_at", sqlite_where=sa.text("status = 'FAILED'"),
        postgresql_where=sa.text("status = 'FAILED'")),
    sa.Index("ix_notification_listed", "person_id", "ended_at", "id"),
    sa.Index("ix_notification_subject", "subject"),
    sa.Index("ix_notification_ended", "ended_at"), key="person_id id",
)  # fmt: skip
notification_choice = _table(
    "notification_choice", sa.Column("person_id", UserId, nullable=False), _json("choices"),
    key="person_id",
)  # fmt: skip
bounced_address = _table(
    "bounced_address", _text("email"), _text("reason"), _at("at"),
    sa.Index("ix_bounced_address_at", "at"), key="email",
)  # fmt: skip
#: One row: what happened before it was told to nobody.
notification_since = _table(
    "notification_since", sa.Column("at", Instant, nullable=False, autoincrement=False), key="at"
)

# --- recommendations ------------------------------------------------------------------------------
recommendation_model = _table(
    "recommendation_model", _id("id"), _text("status"), _int("orders"), _int("items"),
    _id("newest_order", null=True), _at("created_at"), _at("finished_at", null=True),
    _int("fence"), _at("lease_until", null=True), key="id",
)  # fmt: skip
#: ``popularity`` is in billionths; ``neighbours`` is a list of pairs: an item and its score.
recommended_item = _table(
    "recommended_item", _id("model_id"), _id("item_id"),
    _int("popularity"), _json("neighbours"),
    sa.Index("ix_recommended_item_popular", "model_id", "popularity", "item_id"),
    key="model_id item_id",
)  # fmt: skip

# --- webhooks -------------------------------------------------------------------------------------
webhook_endpoint = _table(
    "webhook_endpoint", _id("id"), _text("owner"), _int("slot", null=True), _text("url"),
    _json("events"), _text("description"), _text("status"), _text("disabled_because", null=True),
    _int("generation"), _at("former_until", null=True), _at("failing_since", null=True),
    _int("waiting"), _int("version"), _at("created_at"), _at("updated_at"), _int("fence"),
    _at("lease_until", null=True), _at("next_at", null=True), _at("leave_alone", null=True),
    sa.UniqueConstraint("owner", "slot", name="uq_webhook_endpoint_slot"),
    sa.Index("ix_webhook_endpoint_next", "next_at",
        sqlite_where=sa.text("status = 'active'"), postgresql_where=sa.text("status = 'active'")),
    sa.Index("ix_webhook_endpoint_status", "status", "owner"), key="id",
)  # fmt: skip
webhook_delivery = _table(
    "webhook_delivery", _id("endpoint_id"), _id("id"), _id("event_id"), _text("name"),
    _text("subject"), _at("occurred_at"), _json("payload"), _at("created_at"), _text("status"),
    _int("attempts"), _at("first_at", null=True), _at("next_at", null=True), _text("error",
    null=True), _int("answered", null=True), _at("finished_at", null=True),
    sa.Index("ix_webhook_delivery_next", "endpoint_id", "next_at", "event_id",
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL")),
    sa.Index("ix_webhook_delivery_subject", "endpoint_id", "status", "subject", "event_id"),
    sa.Index("ix_webhook_delivery_made", "endpoint_id", "created_at", "id"),
    sa.Index("ix_webhook_delivery_finished", "finished_at"), key="endpoint_id id",
)  # fmt: skip

# --- audit ----------------------------------------------------------------------------------------
operator_decision = _table(
    "operator_decision", _id("id"), _at("at"), _text("actor"), _text("action"), _text("subject"),
    _text("outcome"), _text("reason"), _text("evidence"), _text("request", null=True),
    sa.Index("ix_operator_decision_at", "at", "id"),
    sa.Index("ix_operator_decision_subject", "subject", "at", "id"),
    sa.Index("ix_operator_decision_actor", "actor", "at", "id"),
    sa.UniqueConstraint("actor", "request", name="uq_operator_decision_request"), key="id",
)  # fmt: skip
#: Nothing rests on it; it is forgotten after a while. ``took`` is in microseconds.
call_log = _table(
    "call_log", _id("order_id"), _at("started_at"), _text("call"), _int("tries"), _text("party"),
    _text("account"), _text("key", null=True), _int("attempt"), _int("took"), _text("outcome"),
    _text("detail", null=True),
    sa.Index("ix_call_log_started_at", "started_at"), key="order_id started_at call tries",
)  # fmt: skip
