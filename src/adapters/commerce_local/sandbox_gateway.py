"""The sandbox gateway: no money moves, yet it keeps its promise, and its books, like a real one."""

import enum
import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import Page
from commerce_core.payment import (
    Action,
    ActionKind,
    BookEntry,
    Capabilities,
    Captured,
    Charge,
    ChargeOutcome,
    Entry,
    Handle,
    NeedsBuyer,
    PaymentGateway,
    PaymentInfo,
    PaymentUnavailable,
    PaymentUnknown,
    Pending,
    Prepared,
    RefundOutcome,
    Voided,
)
from commerce_local.sandbox_books import BOOKS_SCHEMA, BY_TIME, OF_ORDERS, PAGE, bounds
from commerce_local.sandbox_cards import (
    APPROVED,
    FAILED,
    NOT_RECOGNISED,
    REFUSALS,
    Behaviour,
    card_of,
)
from commerce_local.sandbox_file import SandboxFile
from commerce_local.sandbox_refunds import OF_ORDER, REFUND_SCHEMA, MadeRefund, give_back

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS handle (
    order_id TEXT PRIMARY KEY,
    buyer_id TEXT NOT NULL,
    minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL,
    behaviour TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'captured', 'declined', 'voided')),
    prepared_at TEXT NOT NULL,
    first_asked_at TEXT,
    confirm_key TEXT UNIQUE
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS open_handle ON handle (prepared_at) WHERE status = 'open';
"""
_ENTRY: Final = "order_id, minor, currency, brand, last4, behaviour, status, first_asked_at"
_SELECT: Final = f"SELECT {_ENTRY} FROM handle"  # noqa: S608 (names of ours alone)
_SELECT_ONE: Final = f"{_SELECT} WHERE order_id = ?"
_PREPARE: Final = f"""
    INSERT INTO handle VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?, NULL, NULL)
    ON CONFLICT (order_id) DO UPDATE SET order_id = order_id RETURNING {_ENTRY}
"""  # noqa: S608 (names of ours alone)
_CHARGE: Final = f"""
    UPDATE handle SET status = ?, first_asked_at = coalesce(first_asked_at, ?), confirm_key = ?
    WHERE order_id = ? AND status = 'open' RETURNING {_ENTRY}
"""  # noqa: S608 (names of ours alone)
_CANCEL: Final = f"""
    UPDATE handle SET status = iif(
        status = 'declined'
        OR (status = 'open' AND NOT (behaviour = 'decides-later' AND first_asked_at IS NOT NULL)),
        'voided', status
    )
    WHERE order_id = ? RETURNING {_ENTRY}
"""  # noqa: S608 (names of ours alone)
_DECIDE: Final = """
    UPDATE handle SET status = 'captured' WHERE order_id = ? AND status = 'open' RETURNING status
"""
_NAME: Final = "sandbox"
_PREFIX: Final = "sbx_"
#: How long after its time-out the card that times out first can be charged, and after which a
#: charge is decided that is decided later.
_SLOW: Final = timedelta(seconds=2)


class _Status(enum.StrEnum):
    OPEN = "open"
    CAPTURED = "captured"
    DECLINED = "declined"
    VOIDED = "voided"


@attrs.frozen
class _Entry:
    """A handle as the books have it."""

    order_id: OrderId
    amount: Money
    handle: Handle
    behaviour: Behaviour
    status: _Status
    first_asked_at: datetime | None

    def outcome(self) -> ChargeOutcome:
        """What became of it."""
        match self.status:
            case _Status.CAPTURED:
                return Captured(ref=f"cap_{self.order_id}", amount=self.amount)
            case _Status.DECLINED:
                return REFUSALS.get(self.behaviour, NOT_RECOGNISED)
            case _Status.VOIDED:
                return Voided()
            case _Status.OPEN if (action := self.action) is not None:
                return NeedsBuyer(action=action)
            case _Status.OPEN if (decided_at := self.decided_at) is not None:
                return Pending("the sandbox decides later", decided_at)
            case _Status.OPEN:
                return PaymentUnknown("it was not charged yet")

    @property
    def action(self) -> Action | None:
        """What its buyer has to do, while the buyer has to."""
        first = self.behaviour is Behaviour.ASKS_FIRST
        challenged = self.behaviour.is_challenge and self.first_asked_at is not None
        if self.status is not _Status.OPEN or not (first or challenged):
            return None
        url = f"https://sandbox.invalid/challenges/{self.handle.reference}"
        return Action(kind=ActionKind.REDIRECT, url=url)

    @property
    def decided_at(self) -> datetime | None:
        """When a charge is decided that is decided later, once it was asked for."""
        later = self.behaviour is Behaviour.DECIDES_LATER and self.status is _Status.OPEN
        return self.first_asked_at + _SLOW if later and self.first_asked_at else None

    def charged(self, now: datetime, result: str | None) -> _Status:
        """Where a charge at *now* takes an open handle whose buyer has brought back *result*."""
        if self.action is not None:
            if result == APPROVED:
                return _Status.DECLINED if self.behaviour in REFUSALS else _Status.CAPTURED
            return _Status.DECLINED if result == FAILED else _Status.OPEN
        if self.behaviour.is_challenge:
            return _Status.OPEN
        if self.behaviour is Behaviour.DECIDES_LATER:
            due = self.decided_at is not None and now >= self.decided_at
            return _Status.CAPTURED if due else _Status.OPEN
        if self.behaviour in REFUSALS:
            return _Status.DECLINED
        early = self.first_asked_at is None or now < self.first_asked_at + _SLOW
        return (
            _Status.OPEN
            if self.behaviour is Behaviour.TIMES_OUT_FIRST and early
            else _Status.CAPTURED
        )


class SandboxGateway(PaymentGateway):
    """Answers by card number, so that every ending can be tried; see the HTTP documentation for the
    numbers.

    Args:
        path: the file of its books; made when missing. Several processes may share it.
        clock: when handles were prepared, and when the slow card may be charged.
        account: what its handles call the account that is paid into.
    """

    #: It lives in this process: no call of it waits for anybody.
    answers_at_once: Final = True

    def __init__(self, path: Path, clock: Clock, account: str = _NAME) -> None:
        self._file = SandboxFile(path, _SCHEMA + REFUND_SCHEMA + BOOKS_SCHEMA)
        self._clock = clock
        self._account = account

    def close(self) -> None:
        """Close the books. Idempotent."""
        self._file.close()

    def capabilities(self) -> Capabilities:
        return Capabilities(
            raw_cards=True, repeatable_for=timedelta(hours=24), account=self._account
        )

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        now = self._clock.now()
        card = card_of(payment, now)
        row = (
            order_id,
            buyer_id,
            amount.minor,
            amount.currency,
            card.brand,
            card.last4,
            card.behaviour,
            _text(now),
        )
        try:
            entry = _entry(*self._file.rows_of(_PREPARE, row)[0])
            return Prepared(handle=self._named(entry.handle), action=entry.action)
        except sqlite3.Error as error:
            raise PaymentUnavailable("the sandbox cannot open its books") from error

    def confirm(self, charge: Charge) -> ChargeOutcome:
        _refuse_blank(charge.key)
        try:
            entry = self._find(_SELECT_ONE, charge.handle)
            if entry is None or entry.status is not _Status.OPEN:
                return entry.outcome() if entry else _STRANGE
            return self._charge(entry, charge)
        except sqlite3.Error as error:
            return PaymentUnknown(f"the sandbox's books: {error}")

    def _charge(self, entry: _Entry, charge: Charge) -> ChargeOutcome:
        now = self._clock.now()
        status = entry.charged(now, (charge.returned or {}).get("result"))
        charged = self._file.rows_of(_CHARGE, (status, _text(now), charge.key, entry.order_id))
        if not charged:  # another call was first
            return self.fetch(entry.handle)
        slow = entry.behaviour is Behaviour.TIMES_OUT_FIRST and status is _Status.OPEN
        if slow or entry.behaviour is Behaviour.LOSES_THE_ANSWER:
            return PaymentUnknown("the sandbox did not answer in time")
        return _entry(*charged[0]).outcome()

    def fetch(self, handle: Handle) -> ChargeOutcome:
        return self._execute(_SELECT_ONE, handle)

    def cancel(self, handle: Handle) -> ChargeOutcome:
        return self._execute(_CANCEL, handle)

    def _execute(self, statement: str, handle: Handle) -> ChargeOutcome:
        try:
            entry = self._find(statement, handle)
            if entry is not None and (at := entry.decided_at) and self._clock.now() >= at:
                entry = self._decided(entry)
        except sqlite3.Error as error:
            return PaymentUnknown(f"the sandbox's books: {error}")
        return entry.outcome() if entry else _STRANGE

    def _decided(self, entry: _Entry) -> _Entry:
        """Decide what is due: a look is when the sandbox notices."""
        self._file.rows_of(_DECIDE, (entry.order_id,))
        return _entry(*self._file.rows_of(_SELECT_ONE, (entry.order_id,))[0])

    def _find(self, statement: str, handle: Handle) -> _Entry | None:
        rows = self._file.rows_of(statement, (_order_of(handle),))
        return _entry(*rows[0]) if rows else None

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        _refuse_blank(key)
        try:
            with self._file.writing() as books:
                row = books.execute(_SELECT_ONE, (_order_of(handle),)).fetchone()
                entry = _entry(*row) if row else None
                captured = entry is not None and entry.status is _Status.CAPTURED
                known = (entry.amount, entry.behaviour) if entry and captured else None
                now = self._clock.now()
                return give_back(books, _order_of(handle), known, amount, key, now)
        except sqlite3.Error as error:
            return PaymentUnknown(f"the sandbox's books: {error}")

    def find_refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        order_id = _order_of(handle)
        try:
            entry = self._find(_SELECT_ONE, handle)
            rows = self._file.rows_of(OF_ORDER, (order_id,))
        except sqlite3.Error as error:
            return PaymentUnknown(f"the sandbox's books: {error}")
        for refund in map(MadeRefund.of, rows):
            if entry is not None and refund.key == key and refund.amount == amount:
                return refund.shown(entry.behaviour, self._clock.now())
        return PaymentUnknown("the sandbox knows of no such refund")

    def unclaimed(self, before: datetime, limit: int) -> Sequence[tuple[OrderId, Handle]]:
        query = (
            f"{_SELECT} WHERE status = 'open' AND prepared_at < ? ORDER BY prepared_at, "
            "order_id LIMIT ?"
        )
        entries = [_entry(*row) for row in self._file.rows_of(query, (_text(before), limit))]
        return [(entry.order_id, self._named(entry.handle)) for entry in entries]

    def _named(self, handle: Handle) -> Handle:
        return attrs.evolve(handle, account=self._account)

    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        known = {"order_ids": json.dumps(list(order_ids))}
        return [
            BookEntry(order_id=o, ref=ref, kind=kind, amount=Money(minor, currency))
            for o, ref, kind, minor, currency in self._shown(OF_ORDERS, known)
        ]

    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        start, _, ref = (cursor or _text(since)).partition(" ")
        span = {"since": start, "ref": ref, "until": _text(until)}
        found = [
            Entry(
                order_id=o, ref=ref, kind=kind, amount=Money(minor, currency),
                reference=f"{_PREFIX}{o}", at=datetime.fromisoformat(at),
            )
            for o, ref, kind, minor, currency, at in self._shown(BY_TIME, span)
        ]  # fmt: skip
        if len(found) <= PAGE:
            return Page(found)
        last = found[PAGE - 1]
        return Page(found[:PAGE], f"{_text(last.at)} {last.ref}")

    def _shown(self, query: str, meant: Mapping[str, str]) -> list[tuple[Any, ...]]:
        try:
            return self._file.rows_of(query, {**bounds(self._clock.now()), **meant})
        except sqlite3.Error as error:
            raise PaymentUnavailable("the sandbox cannot read its books") from error


_STRANGE: Final = PaymentUnknown("the sandbox does not know this handle")


def _entry(
    order_id: str,
    minor: int,
    currency: str,
    brand: str,
    last4: str,
    behaviour: str,
    status: str,
    first_asked_at: str | None,
) -> _Entry:
    handle = Handle(
        gateway=_NAME, account=_NAME, reference=f"{_PREFIX}{order_id}", brand=brand, last4=last4
    )
    first_asked = datetime.fromisoformat(first_asked_at) if first_asked_at else None
    return _Entry(
        OrderId(order_id),
        Money(minor, currency),
        handle,
        Behaviour(behaviour),
        _Status(status),
        first_asked,
    )


def _order_of(handle: Handle) -> OrderId:
    return OrderId(handle.reference.removeprefix(_PREFIX))


def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _refuse_blank(key: str) -> None:
    if not key.strip():
        raise ValueError("a blank key")
