"""The refunds in the sandbox's books, and what becomes of each."""

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import (
    PaymentUnknown,
    Refunded,
    RefundOutcome,
    RefundPending,
    RefundRefused,
)
from commerce_local.sandbox_cards import Behaviour

REFUND_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS refund (
    key TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    ref TEXT NOT NULL UNIQUE,
    minor INTEGER NOT NULL CHECK (minor > 0),
    currency TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refund_of_order ON refund (order_id);
CREATE TABLE IF NOT EXISTS refund_made (key TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
"""
#: The refunds of an order, of all of a release before this one unknown when they were made.
OF_ORDER: Final = """
    SELECT key, order_id, ref, minor, currency, at
    FROM refund LEFT JOIN refund_made USING (key) WHERE order_id = ?
"""
#: How long a refund takes that is carried out later, and after which one comes back that does.
LATER: Final = timedelta(seconds=2)
COMES_BACK_AFTER: Final = timedelta(days=3)
_REFUSED: Final = RefundRefused(code="refund-refused", detail="the card takes no money back")


@attrs.frozen
class MadeRefund:
    """A refund that the sandbox has taken on."""

    key: str
    order_id: OrderId
    ref: str
    amount: Money
    at: datetime | None

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> "MadeRefund":
        """A row of :data:`OF_ORDER`."""
        key, order_id, ref, minor, currency, at = row
        made = datetime.fromisoformat(at) if at else None
        return cls(key, OrderId(order_id), ref, Money(minor, currency), made)

    def shown(self, behaviour: Behaviour, now: datetime) -> RefundOutcome:
        """How it stands at *now*, made with a card of this *behaviour*."""
        if self.at is not None and behaviour is Behaviour.REFUNDS_LATER and now < self.at + LATER:
            return RefundPending(ref=self.ref, ask_at=self.at + LATER)
        comes_back = self.at is not None and behaviour is Behaviour.REFUNDS_COME_BACK
        if comes_back and self.at is not None and now >= self.at + COMES_BACK_AFTER:
            detail = "the bank sent the money back"
            return RefundRefused(code="refund-failed", detail=detail, ref=self.ref)
        return Refunded(ref=self.ref, amount=self.amount)


def give_back(
    books: sqlite3.Connection,
    order_id: OrderId,
    captured: tuple[Money, Behaviour] | None,
    amount: Money,
    key: str,
    now: datetime,
) -> RefundOutcome:
    """Give *amount* of what was *captured* with a card of some behaviour back, under *key*."""
    taken = books.execute("SELECT order_id FROM refund WHERE key = ?", (key,)).fetchone()
    made = list(made_of(books, order_id))
    found = next((refund for refund in made if refund.key == key), None)
    if taken is not None and (found is None or found.amount != amount):
        return PaymentUnknown("the key belongs to another refund")
    if captured is None or captured[0].currency != amount.currency:
        return PaymentUnknown("nothing was captured in this currency")
    whole, behaviour = captured
    if found is not None:
        return found.shown(behaviour, now)
    standing = (r for r in made if not isinstance(r.shown(behaviour, now), RefundRefused))
    if not 0 < amount.minor <= whole.minor - sum(r.amount.minor for r in standing):
        return PaymentUnknown("more than was captured")
    if behaviour is Behaviour.REFUSES_REFUNDS:
        return _REFUSED
    ref = f"ref_{hashlib.blake2b(key.encode(), digest_size=12).hexdigest()}"
    row = (key, order_id, ref, amount.minor, amount.currency)
    books.execute("INSERT INTO refund VALUES (?, ?, ?, ?, ?)", row)
    at = now.isoformat(timespec="microseconds")
    books.execute("INSERT INTO refund_made VALUES (?, ?)", (key, at))
    return MadeRefund(key, order_id, ref, amount, now).shown(behaviour, now)


def made_of(books: sqlite3.Connection, order_id: OrderId) -> Iterator[MadeRefund]:
    """The refunds of an order."""
    for row in books.execute(OF_ORDER, (order_id,)):
        yield MadeRefund.of(row)
