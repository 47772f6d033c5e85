"""Refunds that nobody asked the shop for: they were made at the gateway itself, and count."""

from collections.abc import Sequence
from typing import Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.messaging import Outbox, envelope
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderKey
from commerce_core.payment import Entry
from commerce_core.refunds.events import RefundSucceeded
from commerce_core.refunds.model import Origin, Refund, RefundState
from commerce_core.refunds.ports import FoundRefunds, RefundRepository

_REASON: Final = "made at the gateway"


class RefundsAtGateways(FoundRefunds):
    """Writes them down as refunds of the origin ``gateway``."""

    def __init__(
        self, repo: RefundRepository, outbox: Outbox, clock: Clock, ids: IdFactory
    ) -> None:
        self._repo = repo
        self._outbox = outbox
        self._clock = clock
        self._ids = ids

    def take(self, tx: Transaction, key: OrderKey, account: tuple[str, str], line: Entry) -> bool:
        now = self._clock.now()
        made = self._repo.of_orders(tx, [key])
        if any(refund.ref == line.ref for refund in made):
            return True
        if any(refund.state.is_open for refund in made):
            self._repo.make_due(tx, [key], now)
            return False
        if (done := self._done_by_hand(tx, made, line)) or (
            done := self._written(tx, key, account, line)
        ):
            event = RefundSucceeded(
                order_id=key.order_id, buyer_id=key.buyer_id, no=done.no,
                amount_minor=line.amount.minor, currency=line.amount.currency,
            )  # fmt: skip
            self._outbox.append(tx, [envelope(event, id=self._ids.new(), at=now)])
        return True

    def _done_by_hand(self, tx: Transaction, made: Sequence[Refund], line: Entry) -> Refund | None:
        """The refund of so much that the gateway had refused, or that came back: what it has
        reserved went out by hand.
        """
        now = self._clock.now()
        for refund in made:
            given_up = refund.state in (RefundState.REFUSED, RefundState.FAILED)
            if given_up and refund.amount == line.amount:
                done = attrs.evolve(
                    refund, state=RefundState.DONE, ref=storable_text(line.ref), failure=None,
                    attention=False, done_at=line.at, next_at=None, updated_at=now,
                )  # fmt: skip
                return done if self._repo.save(tx, done, now) else None
        return None

    def _written(
        self, tx: Transaction, key: OrderKey, account: tuple[str, str], line: Entry
    ) -> Refund | None:
        """A new one; ``None``: less is left of what was captured."""
        self._repo.account(tx, key, line.amount.currency)
        no = self._repo.reserve(tx, key, line.amount)
        if no is None:
            return None
        refund = self._refund(key, no, account, line)
        self._repo.insert(tx, refund)
        return refund

    def _refund(self, key: OrderKey, no: int, account: tuple[str, str], line: Entry) -> Refund:
        now = self._clock.now()
        ref = storable_text(line.ref)
        return Refund(
            key=key, no=no, origin=Origin.GATEWAY, cause=f"{Origin.GATEWAY}:{ref}", digest="",
            actor=account[0], reason=_REASON, amount=line.amount, gateway=account[0],
            account=account[1], created_at=now, updated_at=now, state=RefundState.DONE, ref=ref,
            done_at=line.at,
        )  # fmt: skip
