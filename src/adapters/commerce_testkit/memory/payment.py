"""A payment gateway in memory, with the cards of the sandbox."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import FieldProblem, Invalid
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
    Declined,
    Entry,
    Handle,
    NeedsBuyer,
    PaymentGateway,
    PaymentInfo,
    PaymentUnknown,
    Pending,
    Prepared,
    Refunded,
    RefundOutcome,
    RefundPending,
    RefundRefused,
    Voided,
)

#: Lines of the books in a page.
_PAGE: Final = 100
_OPEN: Final = PaymentUnknown("it was not charged yet")
_STRANGE: Final = PaymentUnknown("there is no such handle")
_LOST: Final = PaymentUnknown("no answer in time")
_SLOW: Final = timedelta(seconds=2)
_DECLINED: Final = Declined(code="card-declined", detail="the card was declined")
_REFUSALS: Final = {
    "4000000000000002": _DECLINED,
    "4000000000009995": Declined(
        code="insufficient-funds", detail="there are not enough funds on the card"
    ),
    "4000008400001629": _DECLINED,
    "tok_declined": _DECLINED,
}
_LOSES_ANSWER: Final = "4000000000000119"
_TIMES_OUT_FIRST: Final = "4000000000000259"
_DECIDED_LATER: Final = "4000000000000077"
_REFUNDED_LATER: Final = "4000000000007726"
_REFUND_FAILS: Final = "4000000000005126"
_REFUND_REFUSED: Final = "4000000000005563"
#: How long after it was done a refund comes back that does.
_FAILS_AFTER: Final = timedelta(days=3)
_REFUSED: Final = RefundRefused(code="refund-refused", detail="the card takes no money back")
_CHALLENGED: Final = ("4000000000003220", "4000008400001629")
_WALLET: Final = "tok_wallet"
_TOKENS: Final = {"tok_visa": "4242", "tok_declined": "0002", _WALLET: ""}
#: What a buyer brings back from a challenge, and what becomes of the charge if it is no capture.
_FAILED: Final = Declined(code="authentication-failed", detail="the buyer was not recognised")
_BRANDS: Final = {"3": "amex", "4": "visa", "5": "mastercard", "6": "discover", "t": "visa"}


def _came_back(ref: str) -> RefundRefused:
    return RefundRefused(code="refund-failed", detail="the bank sent the money back", ref=ref)


@attrs.define(kw_only=True)
class _Entry:
    """A handle and what became of it. *card* is a card number of the sandbox's, or a token."""

    order_id: OrderId
    handle: Handle
    amount: Money
    card: str
    prepared_at: datetime
    outcome: ChargeOutcome = _OPEN
    first_asked_at: datetime | None = None
    refunds: dict[str, Refunded] = attrs.Factory(dict[str, Refunded])
    refunded_at: dict[str, datetime] = attrs.Factory(dict[str, datetime])
    captured_at: datetime | None = None

    @property
    def action(self) -> Action | None:
        """What its buyer has to do, while the buyer has to."""
        asked = self.card == _WALLET or (self.card in _CHALLENGED and self.first_asked_at)
        if not asked or self.outcome is not _OPEN:
            return None
        url = f"https://sandbox.invalid/challenges/{self.handle.reference}"
        return Action(kind=ActionKind.REDIRECT, url=url)

    def decide(self, now: datetime) -> None:
        """Decide by itself what it decides later."""
        asked_at = self.first_asked_at if self.card == _DECIDED_LATER else None
        if asked_at and self.outcome is _OPEN and now >= asked_at + _SLOW:
            self.capture(now)

    def refund_shown(self, key: str, now: datetime) -> RefundOutcome | None:
        """How a refund stands that was made; ``None``: there is none."""
        if key not in self.refunds:
            return None
        made, at = self.refunds[key], self.refunded_at.get(key, now)
        if self.card == _REFUNDED_LATER and now < at + _SLOW:
            return RefundPending(ref=made.ref, ask_at=at + _SLOW)
        if self.card == _REFUND_FAILS and now >= at + _FAILS_AFTER:
            return _came_back(made.ref)
        return made

    def given(self, now: datetime) -> int:
        """What is given back, or will be, and did not come back."""
        return sum(
            made.amount.minor
            for key, made in self.refunds.items()
            if not isinstance(self.refund_shown(key, now), RefundRefused)
        )

    def capture(self, now: datetime) -> Captured:
        """Take the money."""
        self.captured_at = now
        self.outcome = captured = Captured(ref=f"capture-{self.order_id}", amount=self.amount)
        return captured

    def booked_at(self, line: BookEntry) -> datetime:
        """When *line* of its books was written."""
        for key, made in self.refunds.items():
            if made.ref == line.ref:
                return self.refunded_at.get(key, self.prepared_at)
        return self.captured_at or self.prepared_at

    def shown(self) -> ChargeOutcome:
        """What is to be seen of it."""
        if (action := self.action) is not None:
            return NeedsBuyer(action=action)
        if self.card == _DECIDED_LATER and self.first_asked_at and self.outcome is _OPEN:
            return Pending("it is decided later", self.first_asked_at + _SLOW)
        return self.outcome


class MemoryGateway(PaymentGateway):
    """The promise of a gateway over a dictionary, and the sandbox's endings."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._keys: dict[str, str] = {}

    def capabilities(self) -> Capabilities:
        return Capabilities(raw_cards=True, repeatable_for=timedelta(hours=24), account="sandbox")

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        now = self._clock.now()
        if problems := list(_problems(payment, now)):
            raise Invalid(problems)
        card = payment.card_no.reveal() if payment.card_no else payment.token or ""
        last4 = _TOKENS.get(card, card[-4:])
        handle = Handle(
            gateway="sandbox",
            account="sandbox",
            reference=f"handle-{order_id}",
            brand="wallet" if card == _WALLET else _BRANDS.get(card[0], "card"),
            last4=last4,
        )
        entry = _Entry(order_id=order_id, handle=handle, amount=amount, card=card, prepared_at=now)
        with self._turn:
            known = self._entries.setdefault(handle.reference, entry)
            return Prepared(handle=known.handle, action=known.action)

    def confirm(self, charge: Charge) -> ChargeOutcome:
        with self._turn:
            entry = self._find(charge.handle)
            if not self._belongs(charge.key, charge.handle):
                return PaymentUnknown("the key belongs to another handle")
            return self._charge(entry, charge) if entry.outcome is _OPEN else entry.outcome

    def _charge(self, entry: _Entry, charge: Charge) -> ChargeOutcome:
        now = self._clock.now()
        if entry.action is not None:
            return self._carried_back(entry, (charge.returned or {}).get("result"))
        if entry.card in (*_CHALLENGED, _DECIDED_LATER):
            entry.first_asked_at = entry.first_asked_at or now
            entry.decide(now)
            return entry.shown()
        if entry.card == _TIMES_OUT_FIRST and (
            entry.first_asked_at is None or now < entry.first_asked_at + _SLOW
        ):
            entry.first_asked_at = entry.first_asked_at or now
            return _LOST
        entry.outcome = _REFUSALS.get(entry.card) or entry.capture(now)
        return _LOST if entry.card == _LOSES_ANSWER else entry.outcome

    def _carried_back(self, entry: _Entry, result: str | None) -> ChargeOutcome:
        if result == "failed":
            entry.outcome = _FAILED
        elif result == "approved" and (refusal := _REFUSALS.get(entry.card)):
            entry.outcome = refusal
        elif result == "approved":
            entry.capture(self._clock.now())
        return entry.shown()

    def fetch(self, handle: Handle) -> ChargeOutcome:
        with self._turn:
            entry = self._find(handle)
            entry.decide(self._clock.now())
            return entry.shown()

    def cancel(self, handle: Handle) -> ChargeOutcome:
        with self._turn:
            entry = self._find(handle)
            entry.decide(self._clock.now())
            if isinstance(shown := entry.shown(), Pending):
                return shown
            if entry.outcome is _OPEN or isinstance(entry.outcome, Declined):
                entry.outcome = Voided()
            return entry.outcome

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        with self._turn:
            entry = self._find(handle)
            if not self._belongs(key, handle):
                return PaymentUnknown("the key belongs to another handle")
            now = self._clock.now()
            if shown := entry.refund_shown(key, now):
                same = entry.refunds[key].amount == amount
                return shown if same else PaymentUnknown("the key belongs to another refund")
            left = entry.amount.minor - entry.given(now)
            if (
                not isinstance(entry.outcome, Captured)
                or amount.currency != entry.amount.currency
                or not 0 < amount.minor <= left
            ):
                return PaymentUnknown("more than was captured")
            if entry.card == _REFUND_REFUSED:
                return _REFUSED
            entry.refunds[key] = Refunded(ref=f"refund-{key}", amount=amount)
            entry.refunded_at[key] = now
            return entry.refund_shown(key, now) or _STRANGE

    def find_refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        with self._turn:
            entry = self._find(handle)
            shown = entry.refund_shown(key, self._clock.now())
            if shown is None or entry.refunds[key].amount != amount:
                return PaymentUnknown("there is no such refund")
            return shown

    def unclaimed(self, before: datetime, limit: int) -> Sequence[tuple[OrderId, Handle]]:
        with self._turn:
            waiting = [
                e for e in self._entries.values() if e.outcome is _OPEN and e.prepared_at < before
            ]
        return [
            (e.order_id, e.handle)
            for e in sorted(waiting, key=lambda e: (e.prepared_at, e.order_id))[:limit]
        ]

    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        wanted = set(order_ids)
        with self._turn:
            return [
                line
                for e in self._entries.values()
                if e.order_id in wanted
                for line in _lines(e, self._clock.now())
            ]

    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        now, begin = self._clock.now(), int(cursor or 0)
        with self._turn:
            found = [
                Entry(**attrs.asdict(line, recurse=False), reference=e.handle.reference, at=at)
                for e in self._entries.values()
                for line in _lines(e, now)
                if since <= (at := e.booked_at(line)) < until
            ]
        page = found[begin : begin + _PAGE]
        more = begin + _PAGE < len(found)
        return Page(page, str(begin + _PAGE) if more else None)

    def _find(self, handle: Handle) -> _Entry:
        """Its entry; for a handle that was never prepared, one of which nothing is known and
        nothing becomes.
        """
        now, nothing = self._clock.now(), Money.zero("USD")
        unknown = _Entry(
            order_id=OrderId(""),
            handle=handle,
            amount=nothing,
            card="",
            prepared_at=now,
            outcome=_STRANGE,
        )
        return self._entries.get(handle.reference, unknown)

    def _belongs(self, key: str, handle: Handle) -> bool:
        if not key.strip():
            raise ValueError("a blank key")
        return self._keys.setdefault(key, handle.reference) == handle.reference


def _lines(entry: _Entry, now: datetime) -> Iterator[BookEntry]:
    if isinstance(entry.outcome, Captured):
        yield BookEntry(
            order_id=entry.order_id,
            ref=entry.outcome.ref,
            kind="capture",
            amount=entry.outcome.amount,
        )
    for key in entry.refunds:
        if isinstance(refund := entry.refund_shown(key, now), Refunded):
            yield BookEntry(
                order_id=entry.order_id, ref=refund.ref, kind="refund", amount=refund.amount
            )


def _problems(payment: PaymentInfo, now: datetime) -> Iterator[FieldProblem]:
    if payment.payment_type != "card":
        yield FieldProblem("/paymentInfo/paymentType", "must be card")
    if payment.card_no is None and payment.token is None:
        yield FieldProblem("/paymentInfo/cardNo", "is required, or a token in its place")
    if payment.card_no is not None and payment.token is not None:
        yield FieldProblem("/paymentInfo/token", "must not stand beside a card number")
    elif payment.token is not None and payment.token not in _TOKENS:
        yield FieldProblem("/paymentInfo/token", "is not a token of the sandbox")
    if payment.expiry is not None and (f"{payment.expiry[3:]}{payment.expiry[:2]}" < f"{now:%y%m}"):
        yield FieldProblem("/paymentInfo/expiry", "is over")
