"""What a notification says, read from what is true when it is sent."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from commerce_core.accounts import Account, AccountRepository
from commerce_core.catalog import Item, ItemRepository, Variant
from commerce_core.inventory import StockLedger, StockLevel
from commerce_core.kernel.ids import AccountId, BuyerId, ItemId, OrderId, SkuId
from commerce_core.kernel.money import Money
from commerce_core.kernel.notifier import SecretLink
from commerce_core.kernel.transaction import Transaction
from commerce_core.notifications.model import Kind, Notification
from commerce_core.orders import (
    Fact,
    OrderKey,
    OrderLine,
    OrderRepository,
    OrderState,
    OrderView,
)

Values = dict[str, Any]

#: So many pieces of a form of an item, or fewer, are few.
LOW_STOCK: Final = 5
_OF_ITEMS: Final = (Kind.LOW_STOCK, Kind.PRICE_DROPPED, Kind.BACK_IN_STOCK)


@attrs.frozen(kw_only=True)
class Composed:
    """What goes into the text of a notification: *values*, and the *path* that it leads to."""

    email: str = attrs.field(repr=False)
    name: str = attrs.field(repr=False)
    locale: str | None
    path: str
    values: Mapping[str, Any] = attrs.field(repr=False)


@attrs.frozen
class Contradicted:
    """It must not be sent any more, for this *reason*."""

    reason: str


_CANCELLED: Final = (OrderState.COMPENSATING, OrderState.CANCELLED)
#: What must be true of an order, and what it is else contradicted by.
_HOLDS: Final[Mapping[Kind, tuple[Callable[[OrderView], bool], str]]] = {
    Kind.ORDER_CONFIRMED: (lambda v: _is_shipped(v), "the order is not confirmed"),
    Kind.NEW_ORDER: (lambda v: _is_shipped(v), "the order is not confirmed"),
    Kind.ORDER_COMPLETED: (lambda v: v.state.is_completed, "the order is not completed"),
    Kind.ORDER_CANCELLED: (
        lambda v: v.state is OrderState.CANCELLED,
        "the order is not cancelled",
    ),
    Kind.ORDER_NEEDS_ATTENTION: (
        lambda v: not v.state.is_final,
        "the order is over",
    ),
    Kind.REFUND_COMPLETED: (
        lambda v: _has(v, Fact.PAYMENT_REFUNDED) or v.state.is_completed,
        "nothing was refunded",
    ),
    Kind.REFUND_FAILED: (lambda v: v.state.is_completed, "it goes back with the order"),
}


def _has(view: OrderView, fact: Fact) -> bool:
    return any(entry.fact is fact for entry in view.timeline)


def _is_shipped(view: OrderView) -> bool:
    return _has(view, Fact.SHIPMENT_READY) and view.state not in _CANCELLED


class Composer:
    """Reads what notifications are about, in a fixed number of statements for any number.

    Args:
        accounts: knows who people are.
        orders: says how orders stand.
        items: says what items are called.
        stock: says how many of them there are.
        links: make the paths of kinds that lead to something secret.
    """

    def __init__(
        self,
        accounts: AccountRepository,
        orders: OrderRepository,
        items: ItemRepository,
        stock: StockLedger,
        links: Mapping[Kind, SecretLink],
    ) -> None:
        self._items = items
        self._stock = stock
        self._accounts = accounts
        self._orders = orders
        self._links = links

    def compose(
        self, tx: Transaction, notifications: Sequence[Notification]
    ) -> Sequence[Composed | Contradicted]:
        """What each says, in their order."""
        people = self._accounts.load(tx, sorted({AccountId(n.person) for n in notifications}))
        keys = {n.id: _order_key(n) for n in notifications if n.kind in _HOLDS}
        views = self._orders.load(tx, [*keys.values()])
        items = self._items.load(
            tx, sorted({ItemId(n.facts["itemId"]) for n in notifications if n.kind in _OF_ITEMS})
        )
        levels = self._stock.levels(
            tx, sorted({v.sku_id for item in items.values() for v in item.variants})
        )
        return [
            self._one(n, people.get(AccountId(n.person)), views.get(_order_id(n)))
            if n.kind not in _OF_ITEMS
            else self._about_item(
                n, people.get(AccountId(n.person)), items.get(n.facts["itemId"]), levels
            )
            for n in notifications
        ]

    def _about_item(
        self,
        n: Notification,
        account: Account | None,
        item: Item | None,
        levels: Mapping[SkuId, StockLevel],
    ) -> Composed | Contradicted:
        if item is None or not item.on_sale:
            return Contradicted("the item is not on sale")
        if account is None or not account.email:
            return Contradicted("no address is known")
        said = _low_stock(n, item, levels) if n.kind is Kind.LOW_STOCK else _wish(n, item, levels)
        if isinstance(said, Contradicted):
            return said
        return Composed(
            email=account.email,
            name=account.name,
            locale=account.locale,
            path=f"/items/{item.id}",
            values={"facts": n.facts, "item": said},
        )

    def _one(
        self, n: Notification, account: Account | None, view: OrderView | None
    ) -> Composed | Contradicted:
        if n.kind in _HOLDS:
            holds, otherwise = _HOLDS[n.kind]
            if view is None or not holds(view):
                return Contradicted(otherwise)
        email = n.address or (account.email if account else view.order.email if view else "")
        if not email:
            return Contradicted("no address is known")
        return Composed(
            email=email,
            name=account.name if account else "",
            locale=account.locale if account else None,
            path=self._path(n),
            values=_values(n, view),
        )

    def _path(self, n: Notification) -> str:
        if n.kind in self._links:
            return self._links[n.kind](n.facts)
        if n.kind is Kind.IMPORT_FINISHED:
            return f"/item-imports/{n.subject}"
        if n.kind is Kind.WEBHOOK_DISABLED:
            return f"/webhook-endpoints/{n.facts['endpointId']}"
        return f"/orders/{_order_id(n)}" if n.kind in _HOLDS else "/"


def _low_stock(
    n: Notification, item: Item, levels: Mapping[SkuId, StockLevel]
) -> Values | Contradicted:
    form = next((v for v in item.variants if v.sku_id == n.facts["skuId"]), None)
    level = levels.get(form.sku_id) if form else None
    if form is None or level is None or level.available > LOW_STOCK:
        return Contradicted("the item is not low in stock")
    return _form_values(item, form, level.available)


def _wish(n: Notification, item: Item, levels: Mapping[SkuId, StockLevel]) -> Values | Contradicted:
    """The cheapest form that is meant and that can be bought."""
    forms = [
        v
        for v in item.variants
        if n.facts["variantId"] in (None, v.variant_id)
        and v.sku_id in levels
        and levels[v.sku_id].available > 0
    ]
    if not forms:
        return Contradicted("the item is not in stock")
    form = min(forms, key=lambda v: v.price.minor)
    if n.kind is Kind.PRICE_DROPPED and form.price.minor >= n.facts["was"]:
        return Contradicted("the item does not cost less")
    return _form_values(item, form, levels[form.sku_id].available)


def _form_values(item: Item, form: Variant, stock: int) -> Values:
    called = f"{item.name} ({form.variant_id})" if form.variant_id else item.name
    return {"name": called, "sku": item.sku, "stock": stock, "price": form.price}


def _order_key(n: Notification) -> OrderKey:
    return OrderKey(BuyerId(n.facts.get("buyerId", n.person)), _order_id(n))


def _order_id(n: Notification) -> OrderId:
    """Of several notifications about one order to one person each has a subject of its own."""
    return OrderId(n.facts.get("orderId", n.subject))


def _values(n: Notification, view: OrderView | None) -> Values:
    values: Values = {"facts": n.facts}
    if view is not None:
        lines = [x for x in view.order.lines if n.kind is not Kind.NEW_ORDER or _sells(n, x)]
        values["order"] = _order(view, lines) | {"returned": _returned(n, view)}
    return values


def _returned(n: Notification, view: OrderView) -> Money:
    """What a refund gives back: all that was paid, but where it says another amount."""
    if "returnedMinor" in n.facts:
        return Money(n.facts["returnedMinor"], n.facts["currency"])
    return view.order.total


def _sells(n: Notification, line: OrderLine) -> bool:
    return line.seller_id == n.person


def _order(view: OrderView, lines: Sequence[OrderLine]) -> Values:
    order, ending = view.order, view.cancellation
    goods = sum((line.total for line in lines), start=Money.zero(order.total.currency))
    return {
        "name": order.number or order.id[-12:].upper(),
        "placed_at": order.created_at,
        "lines": [{"name": x.name, "quantity": x.quantity, "total": x.total} for x in lines],
        "pieces": sum(line.quantity for line in lines),
        "goods": goods,
        "shipping": order.adjusted("shipping"),
        "tax": order.adjusted("tax"),
        "discount": order.adjusted("discount"),
        "total": order.total,
        "payment": view.payment_status,
        "carrier": view.shipment.carrier if view.shipment else None,
        "tracking": view.shipment.tracking_number if view.shipment else None,
        "cause": ending.code if ending else None,
        "is_back_in_cart": bool(ending and ending.cart_id),
    }
