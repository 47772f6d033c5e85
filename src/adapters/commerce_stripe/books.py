"""What Stripe's own books show of this shop's orders.

Orders are found by a search, which lags behind by up to a minute:
https://docs.stripe.com/search#data-freshness
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import stripe

from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.paging import Page
from commerce_core.payment import BookEntry, Captured, Entry
from commerce_stripe.money import from_stripe
from commerce_stripe.outcomes import outcome_of

_PAGE: Final = 100
#: The kinds of lines, and the lists that show them.
_CHARGES: Final = "capture"
_REFUNDS: Final = "refund"
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

    def between(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        """What was charged then, and behind it what was given back, each with its second."""
        kind, _, last = (cursor or f"{_CHARGES} ").partition(" ")
        listed: Any = self._charges if kind == _CHARGES else self._refunds
        span = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        wanted: Any = {"created": span, "limit": _PAGE, "expand": ["data.payment_intent"]}
        page = listed.list(wanted | ({"starting_after": last} if last else {}))
        shown = [entry for thing in page.data if (entry := self._entry(kind, thing)) is not None]
        found = [entry for entry in shown if since <= entry.at < until]
        if page.has_more and page.data:
            return Page(found, f"{kind} {page.data[-1].id}")
        return Page(found, f"{_REFUNDS} " if kind == _CHARGES else None)

    def _entry(self, kind: str, thing: Any) -> Entry | None:
        """The line of a charge or refund; ``None``: it is not of this shop, or no money moved."""
        intent = thing.payment_intent
        marks = marks_of(intent)
        moved = thing.captured if kind == _CHARGES else thing.status == "succeeded"
        if not moved or marks.get("shop") != self._shop or "order" not in marks:
            return None
        minor = thing.amount_captured if kind == _CHARGES else thing.amount
        return Entry(
            order_id=marks["order"], ref=thing.id, kind=kind, reference=intent.id,
            amount=from_stripe(minor, thing.currency),
            at=datetime.fromtimestamp(thing.created, UTC),
        )  # fmt: skip

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
