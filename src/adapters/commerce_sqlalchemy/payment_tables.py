"""The tables of what goes on between buyers, payment gateways and orders."""

import sqlalchemy as sa

from commerce_sqlalchemy.columns import at as _at
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
