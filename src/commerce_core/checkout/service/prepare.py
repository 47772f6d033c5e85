"""What comes before an order is placed: a look at what it asks for, and its payment prepared. No
money moves.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import attrs

from commerce_core.checkout.commands import PlaceOrder
from commerce_core.checkout.model import Placed
from commerce_core.checkout.service.decide import Accepted, Decision, Draft
from commerce_core.kernel.batching import GroupFunction, isolate_failures
from commerce_core.kernel.errors import Invalid
from commerce_core.payment import Handle, PaymentGateway, PaymentInfo

#: What an order is paid with that costs nothing.
NOTHING_TO_PAY: Final = Handle(gateway="", account="", reference="", brand="", last4="")


@attrs.frozen(kw_only=True)
class CheckoutRequest:
    """An order that is asked for, with what it is to be paid with."""

    draft: Draft
    payment: PaymentInfo | None
    trace: str | None = None
    """The request that it came of, as whoever answers it calls it."""


@attrs.frozen(kw_only=True)
class PreparedPayment:
    """A draft whose payment is prepared: no money has moved, and no card number is left in it."""

    draft: Draft
    handle: Handle
    trace: str | None = None


class Preparation:
    """Looks first, so that nothing is begun at a gateway for what would be refused anyhow.

    Args:
        look: what would become of each of some drafts right now.
        gateways: by name; the first one takes the payments.
    """

    def __init__(
        self,
        preview: Callable[[Sequence[Draft]], Sequence[Decision]],
        gateways: Mapping[str, PaymentGateway],
    ) -> None:
        self._preview = preview
        self._gateway_name, self._gateway = next(iter(gateways.items()))

    def prepare_many(
        self, group: Sequence[CheckoutRequest]
    ) -> list[Placed | PreparedPayment | Exception]:
        """Each of *group* prepared, found to be placed already, or why not. Looked at together,
        prepared one after the other.
        """
        return isolate_failures(self._prepare, group)

    def _prepare(
        self, group: Sequence[CheckoutRequest]
    ) -> Sequence[Placed | PreparedPayment | Exception]:
        decisions = self._preview([asked.draft for asked in group])
        return [
            self._begun(asked, decision) for asked, decision in zip(group, decisions, strict=True)
        ]

    def _begun(
        self, asked: CheckoutRequest, decision: Decision
    ) -> Placed | PreparedPayment | Exception:
        if isinstance(decision, Placed | Exception):
            return decision
        draft = asked.draft
        if isinstance(
            decision, Accepted
        ):  # whatever the cart becomes while a gateway is slow, nothing else is ordered
            draft = attrs.evolve(draft, priced_version=decision.cart.version)
        # The look has found that it is the total: nobody is asked for nothing.
        if draft.amount.minor == 0:
            return PreparedPayment(draft=draft, handle=NOTHING_TO_PAY, trace=asked.trace)
        if asked.payment is None:
            return Invalid.at("/paymentInfo", "is required")
        try:
            handle = self._gateway.prepare(
                draft.order_id, draft.buyer_id, draft.amount, asked.payment
            )
        except Exception as error:  # noqa: BLE001 (whatever a gateway says to one is nothing to its neighbours)
            return error
        return PreparedPayment(
            draft=draft, handle=attrs.evolve(handle, gateway=self._gateway_name), trace=asked.trace
        )  # as this shop calls it


def prepared_first(
    place_many: GroupFunction[PreparedPayment, Placed], preparation: Preparation
) -> GroupFunction[CheckoutRequest | PreparedPayment, Placed]:  # fmt: skip
    """*place_many*, with those of a group prepared before who only ask: where gateways answer at
    once, they need no thread of their own.
    """

    def place(group: Sequence[CheckoutRequest | PreparedPayment]) -> Sequence[Placed | Exception]:
        asking = [one for one in group if isinstance(one, CheckoutRequest)]
        found = iter(preparation.prepare_many(asking))
        ready = [next(found) if isinstance(one, CheckoutRequest) else one for one in group]
        answers = iter(place_many([one for one in ready if isinstance(one, PreparedPayment)]))
        return [next(answers) if isinstance(one, PreparedPayment) else one for one in ready]

    return place


def request_digest(command: PlaceOrder) -> str:
    """What tells one request from another under the same key; of a card only its last four digits
    go in, and never its code.
    """
    address = command.shipping_address
    parts = [
        command.cart_id,
        command.amount.minor,
        command.amount.currency,
        command.payment_info.digest_parts() if command.payment_info else None,
        attrs.astuple(address) if address else None,
        command.cart_version,
    ]
    if command.metadata is not None:
        parts.append(json.dumps(command.metadata, sort_keys=True))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
