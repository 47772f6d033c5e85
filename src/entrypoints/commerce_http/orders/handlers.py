"""Orders: history, details, the timeline as it goes on, and cancelling."""

import attrs

from commerce_core.accounts import Role
from commerce_core.checkout import LONGEST_NUMBER, ReturnFromPayment
from commerce_core.checkout.service.buyer import PaymentReturns
from commerce_core.checkout.service.cancel import Cancellations
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.paging import BadCursor
from commerce_core.orders import (
    OrderFilter,
    OrderKey,
    OrderNotFound,
    OrderStatus,
    TimelineCursor,
    TooLateToCancel,
)
from commerce_core.orders.service import Orders
from commerce_core.refunds.service import Refunds
from commerce_http.orders.shapes import (
    Order,
    OrderPage,
    SellerOrder,
    SellerOrderPage,
    order_shape,
    seller_order_shape,
    summary_shape,
)
from commerce_http.orders.stream import TimelineStream, entry_number
from commerce_http.orders.watch import TimelineWatch, TooManyWatching
from commerce_http.web.answers import MEDIA_EVENTS, Reply
from commerce_http.web.auth import BUYER, BUYER_OR_SELLER
from commerce_http.web.callers import Caller
from commerce_http.web.operations import LastEventId, Runs, operation
from commerce_http.web.query import Moment, moment, page_size


def _short(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
    if len(value) > LONGEST_NUMBER:
        raise ValueError(f"must have at most {LONGEST_NUMBER} characters")


@attrs.frozen(kw_only=True)
class ListOrders:
    """Which orders, and which page of the list. The cursor of a page belongs to the filters of
    that page.
    """

    status: OrderStatus | None = None
    from_: Moment | None = attrs.field(default=None, metadata=moment("placed then or later"))
    to: Moment | None = attrs.field(
        default=None, metadata=moment("placed then or before; a day counts to its end")
    )
    updated_since: Moment | None = attrs.field(
        default=None, metadata=moment("for sellers: changed in their list since")
    )
    number: str | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(_short),
        metadata={
            "schema": {
                "description": "The one order that people call by this number.",
                "maxLength": LONGEST_NUMBER,
                "examples": ["20261127-000042"],
            }
        },
    )
    cursor: str | None = None
    size: int = page_size(20)

    @property
    def wanted(self) -> OrderFilter:
        """The filters.

        Raises:
            Invalid: from is behind to.
        """
        since, until, updated = self.from_, self.to, self.updated_since
        if since and until and since.first > until.last:
            raise Invalid.at("/to", "must not be before from")
        return OrderFilter(
            status=self.status,
            since=since.first if since else None,
            until=until.last if until else None,
            updated_since=updated.first if updated else None,
        )


@operation(
    "GET",
    "/orders",
    who=BUYER_OR_SELLER,
    answer=OrderPage | SellerOrderPage,
    problems=(BadCursor,),
    runs=Runs.KEY_READ,
)
def order_history(
    query: ListOrders, caller: Caller, orders: Orders, refunds: Refunds
) -> OrderPage | SellerOrderPage:
    """The caller's orders, newest first: a buyer's own; of a seller those with the seller's goods,
    with these alone. `number` finds one of them.

    To poll for changes, a seller gives as `updatedSince` the time of the last request, less a
    minute.
    """
    if caller.role is Role.SELLER:
        sold = orders.seller_history(
            SellerId(caller.id), query.cursor, query.size, query.wanted, query.number
        )
        return SellerOrderPage(
            orders=[seller_order_shape(order) for order in sold.items], next_cursor=sold.next_cursor
        )
    if query.updated_since is not None:
        raise Invalid.at("/updatedSince", "is for sellers")
    bought = orders.history(
        BuyerId(caller.id), query.cursor, query.size, query.wanted, query.number
    )
    back = refunds.of_views(bought.items)
    return OrderPage(
        orders=[summary_shape(view, back[view.order.id]) for view in bought.items],
        next_cursor=bought.next_cursor,
    )


@operation(
    "GET",
    "/orders/{order_id}",
    who=BUYER_OR_SELLER,
    answer=Order | SellerOrder,
    problems=(OrderNotFound,),
    runs=Runs.KEY_READ,
)
def order_details(
    order_id: str, caller: Caller, orders: Orders, refunds: Refunds
) -> Order | SellerOrder:
    """An order with everything that happened to it; a seller sees the own lines alone."""
    if caller.role is Role.SELLER:
        return seller_order_shape(orders.seller_details(SellerId(caller.id), order_id))
    view = orders.details(BuyerId(caller.id), order_id)
    return order_shape(view, refunds.of_views([view])[view.order.id])


@operation(
    "GET",
    "/orders/{order_id}/events",
    who=BUYER,
    problems=(OrderNotFound, TooManyWatching),
    also={204: "The order is over and all of its events are known."},
    runs=Runs.KEY_READ,
    answer_media=(MEDIA_EVENTS.decode(),),
)
def order_events(
    order_id: str, caller: Caller, last_event_id: LastEventId, orders: Orders, watch: TimelineWatch
) -> TimelineStream | Reply:
    """The timeline as server-sent events, one an entry, `id` its number; closed after the last
    one.
    """
    after = entry_number(last_event_id)
    view = orders.details(BuyerId(caller.id), order_id)
    last = view.timeline[-1]
    if any(entry.fact.is_last and after >= entry.seq for entry in view.timeline):
        return Reply(status=204)
    key = OrderKey(view.order.buyer_id, view.order.id)
    return TimelineStream(watch, TimelineCursor(key, min(after, last.seq)))


@operation(
    "POST",
    "/orders/{order_id}/cancellation",
    who=BUYER,
    answer=Order,
    status=202,
    problems=(OrderNotFound, TooLateToCancel),
)
def cancel_order(order_id: str, caller: Caller, cancellations: Cancellations) -> Order:
    """Cancel the order; repeating it changes nothing. Once it is paid it is too late."""
    view = cancellations.cancel(BuyerId(caller.id), order_id)
    return order_shape(view)


@operation(
    "POST",
    "/orders/{order_id}/payment-return",
    who=BUYER,
    answer=Order,
    status=202,
    problems=(OrderNotFound,),
    body_limit=1 << 15,
    example={"parameters": {"result": "approved"}},
)
def return_from_payment(
    order_id: str,
    command: ReturnFromPayment,
    caller: Caller,
    payment_returns: PaymentReturns,
    refunds: Refunds,
) -> Order:
    """Say that the buyer has done what `nextAction` asked for. It may be repeated; the gateway is
    asked what became of the payment, and nothing of what is sent is believed.
    """
    view = payment_returns.bring_back(BuyerId(caller.id), order_id, command.parameters)
    return order_shape(view, refunds.of_views([view])[view.order.id])
