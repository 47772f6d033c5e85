"""The orders with a seller's goods, with these alone."""

from collections.abc import Mapping
from typing import Final

from commerce_core.kernel.ids import SellerId
from commerce_core.orders import OrderStatus
from commerce_http.orders.handlers import ListOrders
from commerce_http.web.auth import SELLER
from commerce_http.web.query import QueryReader
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.visits import Visit

STATUSES: Final[Mapping[OrderStatus, str]] = {
    OrderStatus.PENDING: "not paid yet",
    OrderStatus.PAID: "paid, waits for the carrier",
    OrderStatus.COMPLETED: "paid and handed to the carrier",
    OrderStatus.CANCELLING: "being cancelled",
    OrderStatus.CANCELLED: "cancelled",
}


@page("GET", "/sell/orders", part="sell", who=SELLER)
def sold(visit: Visit, desk: Desk) -> Answer:
    """Orders with the seller's goods, newest first."""
    wanted: ListOrders = QueryReader(ListOrders, desk.currency).read(visit.query)
    found = desk.shop.orders.seller_history(
        SellerId(visit.holder.id), wanted.cursor, wanted.size, wanted.wanted, wanted.number
    )
    return desk.pages.draw(
        "sell/orders.html",
        visit,
        orders=found.items,
        next_page=visit.going_on(found.next_cursor),
        wanted=wanted,
        statuses=STATUSES,
    )


@page("GET", "/sell/orders/{order_id}", part="sell", who=SELLER)
def sold_order(visit: Visit, desk: Desk) -> Answer:
    """The seller's own lines of one order."""
    order = desk.shop.orders.seller_details(SellerId(visit.holder.id), visit.named("order_id"))
    return desk.pages.draw("sell/order.html", visit, order=order, statuses=STATUSES)
