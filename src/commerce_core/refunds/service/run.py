"""Carrying refunds out: claim one, ask its gateway with no transaction open, write what is learnt
under the claim's fence.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.messaging import Outbox, envelope
from commerce_core.kernel.redaction import message_of
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.orders import Order, OrderRepository
from commerce_core.payment import (
    PaymentGateway,
    PaymentUnknown,
    Refunded,
    RefundOutcome,
)
from commerce_core.refunds.events import RefundEvent, RefundFailed, RefundSucceeded
from commerce_core.refunds.model import Refund, RefundState
from commerce_core.refunds.ports import RefundRepository

#: How long a claim holds: three times the longest call that a refund may take.
_LEASE: Final = timedelta(minutes=2)


@attrs.frozen(kw_only=True)
class _Claim:
    """A refund that is held; *read* is how it stood before: what was never sent is sent, all else
    is looked up first.
    """

    read: RefundState
    refund: Refund
    order: Order
    until: datetime


class RefundRunner:
    """Carries refunds on, whoever wants them. Any number of runners may work on one database."""

    def __init__(
        self,
        database: Database,
        orders: OrderRepository,
        repo: RefundRepository,
        gateways: Mapping[str, PaymentGateway],
        outbox: Outbox,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        self._db = database
        self._orders = orders
        self._repo = repo
        self._gateways = gateways
        self._outbox = outbox
        self._clock = clock
        self._ids = ids

    def run_once(self, limit: int) -> int:
        """Carry on up to *limit* refunds that are due, one after the other; how many.

        A gateway that does not answer ends the run: the others have their turn before it is asked
        again. Idempotent in effect: what a runner that dies leaves behind is claimed again, and
        every call is repeated under the same key.
        """
        for done in range(limit):
            with self._db.snapshot() as tx:
                if not self._repo.is_due(tx, self._clock.now()):
                    return done
            claim = retry_transaction(self._db, self._claim)
            if claim is None:
                return done
            if not self._carry_on(claim):
                return done + 1
        return limit

    def _claim(self) -> _Claim | None:
        """The intent is committed before the first byte goes out."""
        now = self._clock.now()
        until = now + _LEASE
        with self._db.begin() as tx:
            for refund in self._repo.claim(tx, now, until, 1):
                order = self._orders.load(tx, [refund.key])[refund.key.order_id].order
                held = refund.sent(now) if refund.state is RefundState.REQUESTED else refund
                self._repo.save(tx, held, until)
                tx.commit()
                return _Claim(read=refund.state, refund=held, order=order, until=until)
        return None

    def _carry_on(self, claim: _Claim) -> bool:
        """Whether the gateway has answered, and takes more calls."""
        gateway = self._gateways.get(claim.refund.gateway)
        outcome: RefundOutcome
        overdue, answered = False, True
        try:
            if gateway is None:
                outcome = PaymentUnknown(f"no gateway is called {claim.refund.gateway}")
            elif stranger := _other_account(gateway, claim.refund):
                outcome = PaymentUnknown(stranger)
            else:
                outcome, overdue = self._asked(gateway, claim)
        except Exception as error:  # noqa: BLE001 (whatever it is, it may have happened)
            outcome, answered = PaymentUnknown(message_of(error)), False
        retry_transaction(self._db, lambda: self._write(claim, outcome, overdue=overdue))
        asks_for_pause = isinstance(outcome, PaymentUnknown) and outcome.retry_after is not None
        return answered and not asks_for_pause

    def _asked(self, gateway: PaymentGateway, claim: _Claim) -> tuple[RefundOutcome, bool]:
        """What the gateway says, and whether nothing may be sent any more. What may have been sent
        is looked up first, and sent again under the same key only if the gateway shows nothing of
        it.
        """
        refund, handle = claim.refund, claim.order.handle
        known = (handle, refund.no, refund.amount, refund.call_key)
        if claim.read is RefundState.REQUESTED:
            return gateway.refund(*known), False
        shown = gateway.find_refund(*known)
        if not isinstance(shown, PaymentUnknown) or claim.read is not RefundState.SENT:
            return shown, False
        if shown.retry_after is not None:
            return shown, False
        since = refund.intended_at or refund.created_at
        if self._clock.now() > since + gateway.capabilities().sendable_for:
            return shown, True
        return gateway.refund(*known), False

    def _write(self, claim: _Claim, outcome: RefundOutcome, *, overdue: bool) -> None:
        """What the gateway says is a fact whoever holds the refund; what follows from it is decided
        under the fence.
        """
        now, held = self._clock.now(), claim.refund
        then = held.after(outcome, now, overdue=overdue)
        with self._db.begin() as tx:
            if isinstance(outcome, Refunded):
                fact = attrs.evolve(held, ref=outcome.ref, amount=outcome.amount)
                self._repo.record_fact(tx, fact, "refund", now)
            if self._repo.save(tx, then, claim.until) and then.state is not held.state:
                self._tell(tx, held, then)
            tx.commit()

    def _tell(self, tx: Transaction, held: Refund, then: Refund) -> None:
        now = self._clock.now()
        event: RefundEvent
        about: dict[str, Any] = {
            "order_id": then.key.order_id,
            "buyer_id": then.key.buyer_id,
            "no": then.no,
            "amount_minor": then.amount.minor,
            "currency": then.amount.currency,
        }
        if then.state is RefundState.DONE:
            event = RefundSucceeded(**about)
        elif then.state in (RefundState.REFUSED, RefundState.FAILED):
            was_done = held.state is RefundState.DONE
            if was_done:
                self._repo.record_fact(tx, then, "refund-failed", now)
            code = (then.failure or "").partition(":")[0]
            event = RefundFailed(**about, code=code, was_done=was_done)
        else:
            return
        self._outbox.append(tx, [envelope(event, id=self._ids.new(), at=now)])


def _other_account(gateway: PaymentGateway, refund: Refund) -> str | None:
    """Why *gateway* is not asked: it is another account than the one that was paid to, which may
    have been exchanged long after the order was over; ``None``: it is not.
    """
    account = gateway.capabilities().account
    if account in ("", refund.account):
        return None
    return f"{refund.gateway} is account {account}, and was paid at its account {refund.account}"
