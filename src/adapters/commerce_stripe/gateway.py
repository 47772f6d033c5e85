"""Stripe as a payment gateway: one PaymentIntent for each order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
import stripe

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import Page
from commerce_core.payment import (
    BookEntry,
    Capabilities,
    Captured,
    Charge,
    ChargeOutcome,
    Entry,
    Handle,
    NoticeReader,
    PaymentGateway,
    PaymentInfo,
    PaymentUnknown,
    Prepared,
    Refunded,
    RefundOutcome,
    RefundPending,
    RefundRefused,
)
from commerce_stripe.books import StripeBooks, marks_of, order_of
from commerce_stripe.failures import (
    asks_to_look,
    is_failing,
    not_prepared,
    unavailable,
    unknown,
)
from commerce_stripe.money import NotExact, to_stripe
from commerce_stripe.outcomes import declined, outcome_of

#: Stripe forgets a key after 24 hours: https://docs.stripe.com/api/idempotent_requests
_KEYS_KEPT: Final = timedelta(hours=24)


@attrs.frozen(kw_only=True)
class StripeAccount:
    """Where the money goes.

    Attributes:
        gateway: what the shop calls the gateway.
        name: as handles name it: the account's id and its mode, ``acct_1AbC/test``.
        shop: tells this shop's payments from those of others on the same account.
        return_url: where a bank sends the buyer back to; without one, the buyer acts in
            Stripe's script on the shop's own page.
    """

    gateway: str = "stripe"
    name: str
    shop: str = "shop"
    return_url: str | None = None


class StripeGateway(PaymentGateway):
    """Takes money by tokens (``pm_…``, ``tok_…``) that Stripe's script made of cards in the buyer's
    browser. A card number is never taken.

    The PaymentIntent permits one capture, whatever happens to keys. For several threads. *notices*
    reads the events that Stripe sends; ``None``: it sends none.
    """

    def __init__(
        self,
        client: stripe.StripeClient,
        account: StripeAccount,
        clock: Clock,
        notices: NoticeReader | None = None,
    ) -> None:
        self.notices = notices
        self._intents = client.v1.payment_intents
        self._methods = client.v1.payment_methods
        self._refunds = client.v1.refunds
        self._books = StripeBooks(client, account.shop)
        self._account = account
        self._clock = clock

    def capabilities(self) -> Capabilities:
        return Capabilities(raw_cards=False, repeatable_for=_KEYS_KEPT, account=self._account.name)

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        token = _token_of(payment)
        try:
            minor = to_stripe(amount)
        except NotExact as error:
            raise Invalid.at("/amount", str(error)) from error
        marks = {"shop": self._account.shop, "order": order_id, "buyer": buyer_id}
        wanted: Any = {
            "amount": minor,
            "currency": amount.currency.lower(),
            "payment_method_types": ["card"],
            "metadata": marks,
            "expand": ["payment_method"],
        }
        key = f"{self._account.shop}:{order_id}"
        try:
            wanted["payment_method"] = self._method_of(token, key)
            intent = self._intents.create(wanted, {"idempotency_key": f"{key}:prepare"})
        except stripe.StripeError as error:
            raise not_prepared(error) from error
        return Prepared(handle=self._handle_of(intent))

    def confirm(self, charge: Charge) -> ChargeOutcome:
        handle, key = charge.handle, charge.key
        _check(key)
        try:
            return self._confirmed(handle, key)
        except stripe.CardError as error:
            return declined(_decline_code(error))
        except stripe.StripeError as error:
            if asks_to_look(error):
                return self.fetch(handle)
            if not is_failing(error):
                return unknown(error)
            return self._again(handle, key, error)

    def fetch(self, handle: Handle) -> ChargeOutcome:
        try:
            return outcome_of(self._intents.retrieve(handle.reference))
        except stripe.StripeError as error:
            return unknown(error)

    def cancel(self, handle: Handle) -> ChargeOutcome:
        try:
            return outcome_of(self._intents.cancel(handle.reference))
        except stripe.StripeError as error:
            return self.fetch(handle) if asks_to_look(error) else unknown(error)

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        _check(key)
        try:
            return self._refunded(handle, refund_no, amount, key)
        except stripe.StripeError as error:
            return unknown(error)
        except NotExact as error:
            return PaymentUnknown(str(error))

    def find_refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        try:
            found = _made_as(refund_no, key, self._books.refunds_of(handle.reference))
            return (
                _outcome_of_refund(found, amount)
                if found is not None
                else PaymentUnknown("there is no such refund")
            )
        except stripe.StripeError as error:
            return unknown(error)

    def unclaimed(self, before: datetime, limit: int) -> Sequence[tuple[OrderId, Handle]]:
        with unavailable():
            found = self._books.open_before(before)[:limit]
        return [(order_of(intent), self._handle_of(intent)) for intent in found]

    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        with unavailable():
            return self._books.entries(order_ids)

    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        with unavailable():
            return self._books.between(since, until, cursor)

    def _method_of(self, token: str, key: str) -> str:
        """The payment method behind a token of either kind."""
        if not token.startswith("tok_"):
            return token
        card: Any = {"type": "card", "card": {"token": token}}
        return self._methods.create(card, {"idempotency_key": f"{key}:method"}).id

    def _confirmed(self, handle: Handle, key: str) -> ChargeOutcome:
        back = self._account.return_url
        wanted: Any = {"return_url": back} if back else {}
        return outcome_of(self._intents.confirm(handle.reference, wanted, {"idempotency_key": key}))

    def _again(self, handle: Handle, key: str, failure: stripe.StripeError) -> ChargeOutcome:
        """Stripe repeats a failure of its own under the same key for a day: look what became of
        it, and go on under another key where nothing did. The intent permits one capture.
        """
        found = self.fetch(handle)
        if not isinstance(found, PaymentUnknown):
            return found
        try:
            moment = int(self._clock.now().timestamp())
            return self._confirmed(handle, f"{key}:{moment}")
        except stripe.CardError as error:
            return declined(_decline_code(error))
        except stripe.StripeError:
            return unknown(failure)

    def _refunded(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        captured = outcome_of(self._intents.retrieve(handle.reference))
        if not isinstance(captured, Captured):
            return PaymentUnknown("nothing was captured that could be given back")
        made = self._books.refunds_of(handle.reference)
        if (known := _made_as(refund_no, key, made)) is not None:
            return _outcome_of_refund(known, amount)
        given = sum(r.amount for r in made if r.status != "failed" and r.status != "canceled")
        left = to_stripe(captured.amount) - given
        if amount.currency != captured.amount.currency or not 0 < to_stripe(amount) <= left:
            return PaymentUnknown(f"{left} are left to give back")
        wanted: Any = {
            "payment_intent": handle.reference,
            "amount": to_stripe(amount),
            "metadata": {"no": str(refund_no), "key": key, "shop": self._account.shop},
        }
        return _outcome_of_refund(self._refunds.create(wanted, {"idempotency_key": key}), amount)

    def _handle_of(self, intent: stripe.PaymentIntent) -> Handle:
        card = getattr(intent.payment_method, "card", None)
        return Handle(
            gateway=self._account.gateway, account=self._account.name, reference=intent.id,
            brand=getattr(card, "brand", None) or "card", last4=getattr(card, "last4", None) or "",
        )  # fmt: skip


def _token_of(payment: PaymentInfo) -> str:
    """
    Raises:
        Invalid: no card's token.
    """
    if payment.payment_type != "card":
        raise Invalid.at("/paymentInfo/paymentType", "must be card")
    if payment.card_no is not None:
        raise Invalid.at("/paymentInfo/cardNo", "is not taken here: send a token of Stripe's")
    if payment.token is None:
        raise Invalid.at("/paymentInfo/token", "is required")
    return payment.token


def _made_as(refund_no: int, key: str, made: Sequence[stripe.Refund]) -> stripe.Refund | None:
    """The refund of *made* that was sent under *key*. Those of releases before this one bear their
    number alone, and had one attempt.
    """
    for refund in made:
        marks = marks_of(refund)
        if marks.get("no") == str(refund_no) and marks.get("key", key) == key:
            return refund
    return None


def _outcome_of_refund(refund: stripe.Refund, amount: Money) -> RefundOutcome:
    if refund.status in ("pending", "requires_action"):
        return RefundPending(ref=refund.id)
    if refund.status in ("failed", "canceled"):
        why = getattr(refund, "failure_reason", None) or refund.status
        return RefundRefused(code=f"refund-{refund.status}", detail=str(why), ref=refund.id)
    if refund.status != "succeeded":
        return PaymentUnknown(f"the refund {refund.id} is {refund.status}")
    if refund.amount != to_stripe(amount):
        return PaymentUnknown(f"the refund {refund.id} was made with another amount")
    return Refunded(ref=refund.id, amount=amount)


def _decline_code(error: stripe.CardError) -> str | None:
    return getattr(error.error, "decline_code", None) or error.code


def _check(key: str) -> None:
    if not key.strip():
        raise ValueError("the key is blank")
