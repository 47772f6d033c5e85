"""What Stripe's own books show of this shop's orders.

Orders are found by a search, which lags behind by up to a minute:
https://docs.stripe.com/search#data-freshness
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

import stripe

from commerce_core.kernel.ids import OrderId
from commerce_core.payment import BookEntry, Captured
from commerce_stripe.money import from_stripe
from commerce_stripe.outcomes import outcome_of

_PAGE: Final = 100
#: Pages that are looked through for payments that nobody went on with.
_MOST_PAGES: Final = 3
#: Orders that one search asks for.
_ORDERS_AT_ONCE: Final = 10
#: What a search shows with each payment, so that nothing more is asked for most of them.
_SHOWN: Final = ["data.payment_method", "data.latest_charge"]
_OPEN_STATES: Final = ("requires_confirmation", "requires_action")
#: More refunds than this of one order are not looked for.
_MOST_REFUNDS: Final = 1_000


class StripeBooks:
    """Reads payments and refunds that are marked as those of *shop*. Changes nothing."""

    def __init__(self, client: stripe.StripeClient, shop: str) -> None:
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds
        self._charges = client.v1.charges
        self._shop = shop

    def open_before(self, moment: datetime) -> Sequence[stripe.PaymentIntent]:
        """Payments prepared before *moment* that were neither charged, refused nor cancelled, the
        oldest first; of very many, some.
        """
        found: list[stripe.PaymentIntent] = []
        ours = f"created<{int(moment.timestamp())} AND metadata['shop']:'{self._shop}'"
        for state in _OPEN_STATES:
            found += self._found(f"status:'{state}' AND {ours}")
        return sorted(found, key=lambda intent: (intent.created, intent.id))

    def entries(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        """The capture and the refunds of each of the orders."""
        entries: list[BookEntry] = []
        for start in range(0, len(order_ids), _ORDERS_AT_ONCE):
            some = order_ids[start : start + _ORDERS_AT_ONCE]
            of_some = self._found(" OR ".join(f"metadata['order']:'{one}'" for one in some))
            for intent in sorted(of_some, key=order_of):
                if marks_of(intent).get("shop") == self._shop:
                    entries += self._entries_of(intent)
        return entries

    def captures(self, after: BookEntry | None, limit: int) -> Sequence[BookEntry]:
        """Up to *limit* captures behind *after*, the newest first."""
        wanted: Any = {"limit": _PAGE, "expand": ["data.payment_intent"]}
        if after is not None:
            wanted["starting_after"] = after.ref
        charges = self._charges.list(wanted).auto_paging_iter()
        return list(islice(self._captures_among(charges), limit))

    def refunds_of(self, reference: str) -> Sequence[stripe.Refund]:
        """The refunds of the payment *reference*, the newest first."""
        listed = self._refunds.list({"payment_intent": reference, "limit": _PAGE})
        return list(islice(listed.auto_paging_iter(), _MOST_REFUNDS))

    def _entries_of(self, intent: stripe.PaymentIntent) -> Iterator[BookEntry]:
        captured, order_id = outcome_of(intent), order_of(intent)
        if not isinstance(captured, Captured):
            return
        yield BookEntry(order_id=order_id, ref=captured.ref, kind="capture", amount=captured.amount)
        if not getattr(intent.latest_charge, "amount_refunded", 0):
            return
        for refund in reversed(self.refunds_of(intent.id)):
            if refund.status == "succeeded":
                amount = from_stripe(refund.amount, refund.currency)
                yield BookEntry(order_id=order_id, ref=refund.id, kind="refund", amount=amount)

    def _captures_among(self, charges: Iterator[stripe.Charge]) -> Iterator[BookEntry]:
        for charge in charges:
            marks = marks_of(charge.payment_intent)
            if not charge.captured or marks.get("shop") != self._shop or "order" not in marks:
                continue
            amount = from_stripe(charge.amount_captured, charge.currency)
            yield BookEntry(order_id=marks["order"], ref=charge.id, kind="capture", amount=amount)

    def _found(self, query: str) -> list[stripe.PaymentIntent]:
        wanted: Any = {"query": query, "limit": _PAGE, "expand": _SHOWN}
        pages = self._intents.search(wanted).auto_paging_iter()
        return list(islice(pages, _PAGE * _MOST_PAGES))


def marks_of(thing: object) -> Mapping[str, str]:
    """What this shop wrote on a payment or a refund; nothing where it is a stranger's."""
    metadata: Any = getattr(thing, "metadata", None)
    return metadata.to_dict() if metadata else {}


def order_of(intent: stripe.PaymentIntent) -> OrderId:
    """The order that a payment of ours is for."""
    return OrderId(marks_of(intent).get("order", ""))
