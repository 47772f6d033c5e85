"""What comes before an order is placed: its preview, its payment prepared, and its
number given. No money moves.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from typing import Final
from urllib.parse import urlsplit

import attrs

from commerce_core.checkout.model import Placed
from commerce_core.checkout.ports import CheckoutRule, OrderNumbers
from commerce_core.checkout.service.decide import (
    Accepted,
    Decision,
    Draft,
    check_rules,
    proposed,
)
from commerce_core.checkout.service.number import give_numbers
from commerce_core.kernel.batching import (
    Batcher,
    GroupFunction,
    Grouping,
    answered,
    chained,
)
from commerce_core.kernel.errors import Invalid
from commerce_core.payment import (
    Action,
    Handle,
    PaymentGateway,
    PaymentInfo,
    PaymentUnavailable,
    Route,
)

#: What an order is paid with that costs nothing.
NOTHING_TO_PAY: Final = Handle(gateway="", account="", reference="", brand="", last4="")


@attrs.frozen(kw_only=True)
class CheckoutRequest:
    """A requested order, with its payment."""

    draft: Draft
    payment: PaymentInfo | None
    trace: str | None = None
    """Trace context of the request."""


@attrs.frozen(kw_only=True)
class PreparedPayment:
    """A draft whose payment is prepared, and that has its number: no money has moved, and no card
    number is left in it.
    """

    draft: Draft
    handle: Handle
    action: Action | None = None
    """What the buyer has to do first, where the gateway asks for that."""
    trace: str | None = None


@attrs.frozen
class PreviewedRequest:
    """A request, and what would become of it right now."""

    request: CheckoutRequest
    decision: Decision


class Preparation:
    """Prepares payments of previewed requests, so that nothing is begun at a gateway for
    what would be refused anyhow.

    Args:
        gateways: by name; the first one takes the payments where there is no *route*.
        rules: those that may call outside, each with its time-out.
        route: which gateway takes which payment.
        numbers: gives what is prepared a number; ``None``: orders have none.
        origins: of pages that buyers may come back to from acting elsewhere.
    """

    def __init__(
        self,
        gateways: Mapping[str, PaymentGateway],
        rules: Sequence[CheckoutRule] = (),
        route: Route | None = None,
        numbers: OrderNumbers | None = None,
        origins: Collection[str] = (),
    ) -> None:
        self._gateways = gateways
        self._first = next(iter(gateways))
        self._rules = rules
        self._route = route
        self._numbers = numbers
        self._origins = frozenset(origins)

    def prepare_many(
        self, group: Sequence[PreviewedRequest]
    ) -> list[Placed | PreparedPayment | Exception]:
        """Each of *group* prepared, found to be placed already, or why not, one after the other."""
        ready = [self._prepare(one.request, one.decision) for one in group]
        return self._numbered(self._numbers, group, ready) if self._numbers else ready

    def _numbered(
        self, numbers: OrderNumbers, group: Sequence[PreviewedRequest],
        ready: Sequence[Placed | PreparedPayment | Exception]
    ) -> list[Placed | PreparedPayment | Exception]:  # fmt: skip
        """*ready* with numbers: requested last, so that few stay unused."""
        orders = {
            no: proposed(one.decision)
            for no, one in enumerate(group)
            if isinstance(one.decision, Accepted) and isinstance(ready[no], PreparedPayment)
        }
        numbered = dict(zip(orders, give_numbers(numbers, [*orders.values()]), strict=True))
        return [_with_number(one, numbered.get(no)) for no, one in enumerate(ready)]

    def _prepare(
        self, order_request: CheckoutRequest, decision: Decision
    ) -> Placed | PreparedPayment | Exception:
        if isinstance(decision, Placed | Exception):
            return decision
        draft = order_request.draft
        if isinstance(
            decision, Accepted
        ):  # the cart may change during a slow call: nothing else is ordered
            draft = attrs.evolve(draft, priced_version=decision.cart.version)
            if (refusal := self._refusal(decision)) is not None:
                return refusal
        # The preview has found that it is the total: nothing is charged for nothing.
        if draft.amount.minor == 0:
            return PreparedPayment(draft=draft, handle=NOTHING_TO_PAY, trace=order_request.trace)
        if order_request.payment is None:
            return Invalid.at("/paymentInfo", "is required")
        if not self._comes_back(order_request.payment.return_url):
            return Invalid.at("/paymentInfo/returnUrl", "must be of an origin of the shop")
        try:
            name = self._route(order_request.payment, draft.amount) if self._route else self._first
            prepared = self._called(name).prepare(
                draft.order_id, draft.buyer_id, draft.amount, order_request.payment
            )
        except Exception as error:  # noqa: BLE001 (must not fail its neighbours)
            return error
        return PreparedPayment(
            draft=draft,
            handle=attrs.evolve(prepared.handle, gateway=name),  # as this shop calls it
            action=prepared.action,
            trace=order_request.trace,
        )

    def _comes_back(self, return_url: str | None) -> bool:
        """Whether a buyer may be sent there: to nobody else's page, whoever asked for it."""
        if return_url is None:
            return True
        parts = urlsplit(return_url)
        return f"{parts.scheme}://{parts.netloc}" in self._origins

    def _called(self, name: str) -> PaymentGateway:
        if (gateway := self._gateways.get(name)) is None:
            raise PaymentUnavailable(f"no gateway is called {name!r:.80}")
        return gateway

    def _refusal(self, accepted: Accepted) -> Exception | None:
        try:
            check_rules(self._rules, accepted)
        except Exception as error:  # noqa: BLE001 (must not fail its neighbours)
            return error
        return None


def _with_number(
    ready: Placed | PreparedPayment | Exception, number: str | Exception | None
) -> Placed | PreparedPayment | Exception:
    if isinstance(number, str) and isinstance(ready, PreparedPayment):
        return attrs.evolve(ready, draft=attrs.evolve(ready.draft, number=number))
    return number if isinstance(number, Exception) else ready


def in_one_group(
    preview: GroupFunction[Draft, Decision],
    preparation: Preparation,
    place: GroupFunction[PreparedPayment, Placed],
) -> GroupFunction[CheckoutRequest, Placed]:
    """The whole way of a group on one thread: for gateways and rules that answer at once."""

    def placed(group: Sequence[CheckoutRequest]) -> Sequence[Placed | Exception]:
        decisions = preview([order_request.draft for order_request in group])
        ready = preparation.prepare_many(
            [PreviewedRequest(*pair) for pair in zip(group, decisions, strict=True)]
        )
        answers = iter(place([one for one in ready if isinstance(one, PreparedPayment)]))
        return [next(answers) if isinstance(one, PreparedPayment) else one for one in ready]

    return placed


class InStages(Batcher[CheckoutRequest, Placed]):
    """The way of a request where a gateway is waited for: previewed in groups, prepared each by
    itself, placed in groups. Nobody waits on a thread between them.
    """

    def __init__(
        self,
        previews: Batcher[Draft, Decision],
        preparations: Batcher[PreviewedRequest, Placed | PreparedPayment],
        placements: Batcher[PreparedPayment, Placed],
    ) -> None:
        self._previews = previews
        self._preparations = preparations
        self._placements = placements

    def submit(self, item: CheckoutRequest, /) -> "Future[Placed]":
        prepared = chained(
            self._previews.submit(item.draft),
            lambda decision: self._preparations.submit(PreviewedRequest(item, decision)),
        )
        return chained(prepared, self._placed)

    def _placed(self, ready: Placed | PreparedPayment) -> "Future[Placed]":
        return answered(ready) if isinstance(ready, Placed) else self._placements.submit(ready)


def on_their_way(
    batcher: Grouping,
    name: str,
    preview: GroupFunction[Draft, Decision],
    preparation: Preparation,
    place: GroupFunction[PreparedPayment, Placed],
    *,
    at_once: bool,
) -> Batcher[CheckoutRequest, Placed]:
    """The way of requests until they are placed, in groups called *name*: whole on one thread where
    whoever is called answers *at once*, else in stages.
    """
    if at_once:
        return batcher(name, in_one_group(preview, preparation, place))
    return InStages(
        batcher("looks", preview),
        batcher("preparations", preparation.prepare_many, waits=True),
        batcher(name, place),
    )
