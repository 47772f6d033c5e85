"""Refusals about orders."""

from commerce_core.kernel.errors import Conflict, NotFound


class OrderNotFound(NotFound):
    """There is no such order, or it belongs to another account."""

    code = "order-not-found"


class TooLateToCancel(Conflict):
    """The order is paid, over, or already being undone by something else than the buyer's wish."""

    code = "too-late-to-cancel"


class OrderExists(Conflict):
    """The buyer has placed an order with this cart, key or id before; the caller rolls back."""

    code = "order-exists"


class OrdersUnderWay(Conflict):
    """An account has orders, as their buyer or as the seller of their goods, that are not over."""

    code = "orders-under-way"
