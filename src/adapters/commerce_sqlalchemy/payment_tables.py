"""The tables of what goes on between buyers, payment gateways and orders."""

import sqlalchemy as sa

from commerce_sqlalchemy.columns import at as _at
from commerce_sqlalchemy.columns import flag as _flag
from commerce_sqlalchemy.columns import id_ as _id
from commerce_sqlalchemy.columns import int_ as _int
from commerce_sqlalchemy.columns import json_ as _json
from commerce_sqlalchemy.columns import table as _table
from commerce_sqlalchemy.columns import text as _text

payment_action = _table(
    "payment_action", _id("buyer_id"), _id("order_id"), _json("action"), _at("until"),
    _json("returned", null=True),
    key="buyer_id order_id",
)  # fmt: skip
#: What gateways have said by themselves. ``marked`` is the order that the payment names, ``found``
#: the one that it pays.
payment_notice = _table(
    "payment_notice", _text("gateway"), _text("event_id"), _text("type"), _text("account"),
    _text("reference"), _text("marked", null=True), _text("state"), _at("received_at"),
    _at("since"), _at("next_at"), _int("tries"), _text("found", null=True),
    sa.Column("raw", sa.LargeBinary, nullable=True),
    sa.Index("ix_payment_notice_due", "next_at", sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'")),
    sa.Index("ix_payment_notice_listed", "received_at", "gateway", "event_id",
        sqlite_where=sa.text("state IN ('strange', 'unknown')"),
        postgresql_where=sa.text("state IN ('strange', 'unknown')")),
    sa.Index("ix_payment_notice_raw", "received_at", sqlite_where=sa.text("raw IS NOT NULL"),
        postgresql_where=sa.text("raw IS NOT NULL")),
    key="gateway event_id",
)  # fmt: skip
#: What refunds share: what was captured of an order, and what of it is given back or promised.
payment_sum = _table(
    "payment_sum", _id("buyer_id"), _id("order_id"), _text("currency"), _int("captured_minor"),
    _int("given_minor"), _int("last_no"),
    sa.CheckConstraint("given_minor BETWEEN 0 AND captured_minor", name="ck_payment_sum"),
    key="buyer_id order_id",
)  # fmt: skip
payment_refund = _table(
    "payment_refund", _id("buyer_id"), _id("order_id"), _int("no"), _text("origin"),
    _text("cause"), _text("digest"), _text("actor"), _text("reason"), _int("amount_minor"),
    _text("currency"), _text("gateway"), _text("gateway_account"), _text("state"),
    _int("attempt"), _at("intended_at", null=True), _text("ref", null=True),
    _text("failure", null=True), _flag("attention"), _at("created_at"), _at("updated_at"),
    _at("done_at", null=True), _at("next_at", null=True), _int("tries"), _int("fence"),
    sa.CheckConstraint("amount_minor > 0", name="ck_payment_refund"),
    sa.UniqueConstraint("buyer_id", "order_id", "cause", name="uq_payment_refund_cause"),
    sa.Index("ix_payment_refund_due", "next_at", sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL")),
    sa.Index("ix_payment_refund_listed", "created_at", "order_id", "no",
        sqlite_where=sa.text("attention"), postgresql_where=sa.text("attention")),
    key="buyer_id order_id no",
)  # fmt: skip
#: What of its order a refund is for. ``line_no`` 0 is the shipping.
payment_refund_line = _table(
    "payment_refund_line", _id("buyer_id"), _id("order_id"), _int("no"), _int("line_no"),
    _int("quantity"), _int("amount_minor"), key="buyer_id order_id no line_no",
)  # fmt: skip
#: What refunds share of each line: how many of its pieces, and what of its money.
payment_line_sum = _table(
    "payment_line_sum", _id("buyer_id"), _id("order_id"), _int("line_no"), _int("ordered"),
    _int("total_minor"), _int("quantity"), _int("given_minor"),
    sa.CheckConstraint("quantity BETWEEN 0 AND ordered", name="ck_payment_line_sum_quantity"),
    sa.CheckConstraint("given_minor BETWEEN 0 AND total_minor", name="ck_payment_line_sum_given"),
    key="buyer_id order_id line_no",
)  # fmt: skip
#: Until where the books of gateways are reconciled.
ledger_mark = _table(
    "ledger_mark", _text("gateway"), _text("account"), _text("sweep"), _at("through"),
    _at("next_at"), _int("fence"), key="gateway account sweep",
)  # fmt: skip
#: Lines of gateways' books that belong to no order. ``marked`` is the order that the payment names.
payment_stranger = _table(
    "payment_stranger", _text("gateway"), _text("ref"), _text("account"), _text("kind"),
    _text("reference"), _text("marked"), _int("amount_minor"), _text("currency"), _at("at"),
    _text("why"), _at("seen_at"), _at("settled_at", null=True),
    sa.Index("ix_payment_stranger_open", "seen_at", "gateway", "ref",
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL")),
    key="gateway ref",
)  # fmt: skip
