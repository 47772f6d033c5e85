"""The orders of a buyer: what became of them, as it happens."""

from collections.abc import Mapping
from typing import Final

import attrs
from litestar.types import Message, Receive, Scope, Send

from commerce_core.checkout import ReturnFromPayment
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.ids import BuyerId
from commerce_core.orders import Fact, OrderKey, OrderStatus, OrderView, TimelineCursor
from commerce_http.orders.handlers import ListOrders
from commerce_http.orders.stream import TimelineStream, entry_number
from commerce_http.web.answers import Payload
from commerce_http.web.auth import BUYER
from commerce_http.web.errors import status_of
from commerce_http.web.frame import headers_of
from commerce_http.web.query import QueryReader
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.visits import Visit

STATUSES: Final[Mapping[OrderStatus, str]] = {
    OrderStatus.PENDING: "Your payment is under way",
    OrderStatus.PAID: "Paid; the parcel is being prepared",
    OrderStatus.COMPLETED: "Paid and handed to the carrier",
    OrderStatus.CANCELLING: "Being cancelled",
    OrderStatus.CANCELLED: "Cancelled",
}
FACTS: Final[Mapping[Fact, str]] = {
    Fact.ORDER_CREATED: "You placed the order",
    Fact.INVENTORY_RESERVED: "The goods are held for you",
    Fact.PAYMENT_ACTION_REQUIRED: "Your bank wants to hear from you",
    Fact.PAYMENT_COMPLETED: "You paid",
    Fact.PAYMENT_DECLINED: "The payment was declined",
    Fact.SHIPMENT_READY: "The carrier has the parcel",
    Fact.ORDER_COMPLETED: "The order is complete",
    Fact.PAYMENT_REFUNDED: "Your money went back",
    Fact.INVENTORY_RELEASED: "The goods are free again",
    Fact.ORDER_CANCELLED: "The order was cancelled",
    Fact.STEP_ANSWERED: "It came a step further",
}
_WAITING: Final = frozenset({OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.CANCELLING})
_OVER: Final = b"event: over\ndata: over\n\n"
#: Where the sandbox's challenges lead: to no bank.
_NO_BANK: Final = "https://sandbox.invalid/"


@attrs.frozen(kw_only=True)
class OrderPage:
    """An order in words."""

    view: OrderView
    statuses: Mapping[OrderStatus, str] = STATUSES
    facts: Mapping[Fact, str] = FACTS

    @property
    def status(self) -> str:
        """How it stands."""
        if self.view.next_action is not None:
            return "Your bank wants to hear from you"
        return STATUSES[self.view.status]

    @property
    def is_waiting(self) -> bool:
        """Whether more is to come."""
        return self.view.status in _WAITING

    @property
    def may_cancel(self) -> bool:
        """Whether it is worth trying."""
        return self.view.status is OrderStatus.PENDING

    @property
    def bank(self) -> str | None:
        """The page at which its buyer has to act."""
        asked = self.view.next_action
        url = asked.action.url if asked else None
        return url if url and url.startswith("https://") and not self.is_sandbox else None

    @property
    def is_sandbox(self) -> bool:
        """Whether the bank is one that does not exist, and is played here."""
        asked = self.view.next_action
        return bool(asked and (asked.action.url or "").startswith(_NO_BANK))

    @property
    def last_entry(self) -> int:
        """The number of the last entry that is shown."""
        return self.view.timeline[-1].seq

    @property
    def events(self) -> str:
        """What the page is drawn anew for, as htmx takes it."""
        return ", ".join(f"sse:{fact}" for fact in Fact)


class OrderStream(TimelineStream):
    """A timeline that says when it is ``over``, so that no browser comes again for more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            body = message["body"] if message["type"] == "http.response.body" else b""
            over = any(b"event: %s\n" % fact.encode() in body for fact in Fact if fact.is_last)
            if over and message["type"] == "http.response.body":
                message["body"] = body + _OVER
            await send(message)

        await super().__call__(scope, receive, send_on)


@page("GET", "/shop/orders", part="shop", who=BUYER)
def order_history(visit: Visit, desk: Desk) -> Answer:
    """The buyer's orders, newest first."""
    wanted: ListOrders = QueryReader(ListOrders, desk.currency).read(visit.query)
    found = desk.shop.orders.history(
        BuyerId(visit.holder.id), wanted.cursor, wanted.size, wanted.wanted, wanted.number
    )
    orders = [OrderPage(view=view) for view in found.items]
    return desk.pages.draw("shop/orders.html", visit, orders=orders, next_cursor=found.next_cursor)


@page("GET", "/shop/orders/{order_id}", part="shop", who=BUYER)
def order_page(visit: Visit, desk: Desk) -> Answer:
    """One order, with everything that happened to it."""
    return _shown(visit, desk)


@page("GET", "/shop/orders/{order_id}/events", part="shop", who=BUYER)
def order_events(visit: Visit, desk: Desk) -> Answer:
    """What happens to it from now on, for the page to be drawn anew."""
    view = desk.shop.orders.details(BuyerId(visit.holder.id), visit.named("order_id"))
    sent = headers_of(visit.scope).get("last-event-id") or dict(visit.pairs).get("after")
    after = min(entry_number(sent), view.timeline[-1].seq)
    if any(entry.fact.is_last and after >= entry.seq for entry in view.timeline):
        return Payload(204, b"")  # a browser does not come again
    key = OrderKey(view.order.buyer_id, view.order.id)
    return OrderStream(desk.watch, TimelineCursor(key, after))


@page("POST", "/shop/orders/{order_id}/cancel", part="shop", who=BUYER)
def cancel_order(visit: Visit, desk: Desk) -> Answer:
    """Cancel it; repeating it changes nothing."""
    order_id = visit.named("order_id")
    try:
        desk.shop.cancellations.cancel(BuyerId(visit.holder.id), order_id)
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect(f"/shop/orders/{order_id}")


@page("GET", "/shop/orders/{order_id}/return", part="shop", who=BUYER)
def return_from_bank(visit: Visit, desk: Desk) -> Answer:
    """The buyer comes back from the bank: the gateway is asked, and nothing of what is brought is
    believed.
    """
    return _brought_back(visit, desk, dict(visit.pairs))


@page("POST", "/shop/orders/{order_id}/return", part="shop", who=BUYER)
def answer_of_sandbox(visit: Visit, desk: Desk) -> Answer:
    """What the sandbox's bank, which is a form of ours, brings back."""
    return _brought_back(visit, desk, visit.form.fields)


def _brought_back(visit: Visit, desk: Desk, parameters: Mapping[str, str]) -> Answer:
    order_id = visit.named("order_id")
    brought = reader(desk.currency).read({"parameters": parameters}, ReturnFromPayment)
    desk.shop.payment_returns.bring_back(BuyerId(visit.holder.id), order_id, brought.parameters)
    return redirect(f"/shop/orders/{order_id}")


def _shown(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    view = desk.shop.orders.details(BuyerId(visit.holder.id), visit.named("order_id"))
    return desk.pages.draw(
        "shop/order.html",
        visit,
        status=status_of(type(error)) if error else 200,
        view=OrderPage(view=view),
        words=words_of(error) if error else None,
    )
