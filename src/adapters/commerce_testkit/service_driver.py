"""The shop of the features as its services, over memory adapters: no network, no thread, and time
passes under the test's control.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from commerce_core.accounts import Account, ChangeAccount, LogIn, Register, Role, SessionUnknown
from commerce_core.cart import ChangeCart, SetQuantity
from commerce_core.cart.service import CartChange, Shopper, guest_id
from commerce_core.catalog import ImportFormat, ItemPatch, NewItem, StockReceipt
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import CommerceError, Invalid
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.orders import OrderKey, TimelineCursor
from commerce_testkit.memory.shop import MemoryShop, memory_shop
from commerce_testkit.service_answers import (
    basket,
    findings,
    goods,
    import_report,
    ordered,
    profile,
    query,
    sold,
)
from commerce_testkit.shop import (
    Basket,
    Goods,
    ImportReport,
    OrderDetails,
    Payment,
    Profile,
    Refused,
    SearchPage,
    ShopDriver,
    Visitor,
)

P = ParamSpec("P")
R = TypeVar("R")

_MOMENT: Final = timedelta(milliseconds=1)
_TICK: Final = timedelta(seconds=1)
_TICKS: Final = 600


def _refusing(
    act: "Callable[Concatenate[ServiceShop, P], R]",
) -> "Callable[Concatenate[ServiceShop, P], R]":
    """*act*, which takes a moment, and whose errors become the refusals of the
    features.
    """

    @wraps(act)
    def wrapped(self: "ServiceShop", /, *args: P.args, **kwargs: P.kwargs) -> R:
        self.clock.advance(_MOMENT)
        try:
            return act(self, *args, **kwargs)
        except CommerceError as error:
            fields = [p.pointer for p in error.problems] if isinstance(error, Invalid) else []
            raise Refused(error.code, error.facts, fields, error.detail) from error

    return wrapped


class ServiceShop(ShopDriver):
    """Speaks to the services of a :class:`MemoryShop`. Who may do what is decided here, as an
    entrypoint does.
    """

    def __init__(self, shop: MemoryShop | None = None) -> None:
        self._shop = shop or memory_shop()
        self._currency = self._shop.parts.currency
        self.clock = self._shop.clock

    @_refusing
    def register(self, who: Visitor, name: str, role: str) -> None:
        data = {"email": who.email, "password": who.password, "name": name, "role": role}
        self._shop.accounts.register(self._read(data, Register))

    @_refusing
    def log_in(self, who: Visitor) -> None:
        who.token = self._shop.accounts.log_in(
            self._read({"email": who.email, "password": who.password}, LogIn)
        ).token

    @_refusing
    def log_out(self, who: Visitor) -> None:
        self._account(who)
        self._shop.accounts.log_out(who.token or "")

    @_refusing
    def profile(self, who: Visitor) -> Profile:
        return profile(self._account(who))

    @_refusing
    def change_profile(self, who: Visitor, changes: Mapping[str, Any]) -> Profile:
        return profile(
            self._shop.accounts.change(self._account(who).id, self._read(changes, ChangeAccount))
        )

    @_refusing
    def onboard(self, who: Visitor, item: Mapping[str, Any], key: str | None = None) -> Goods:
        return goods(self._shop.items.onboard(self._seller(who), self._read(item, NewItem), key))

    @_refusing
    def item(self, who: Visitor, item_id: str) -> Goods:
        viewer = SellerId(self._account(who).id) if who.token else None
        return goods(self._shop.items.details(item_id, viewer))

    @_refusing
    def change_item(
        self, who: Visitor, item_id: str, changes: Mapping[str, Any], version: int
    ) -> Goods:
        return goods(
            self._shop.items.change(
                self._seller(who), item_id, self._read(changes, ItemPatch), version
            )
        )

    @_refusing
    def publish(self, who: Visitor, item_id: str) -> Goods:
        return goods(self._shop.items.publish(self._seller(who), item_id))

    @_refusing
    def withdraw(self, who: Visitor, item_id: str) -> Goods:
        return goods(self._shop.items.withdraw(self._seller(who), item_id))

    @_refusing
    def receive_stock(self, who: Visitor, item_id: str, receipt: Mapping[str, Any]) -> int:
        command = self._read(receipt, StockReceipt)
        view = self._shop.items.receive(self._seller(who), item_id, command)
        return sum(
            view.available(v.sku_id)
            for v in view.item.variants
            if v.variant_id == command.variant_id
        )

    @_refusing
    def import_items(
        self, who: Visitor, form: str, text: str, *, dry_run: bool = False
    ) -> ImportReport:
        seller = self._seller(who)
        job = self._shop.imports.take(seller, ImportFormat(form), [text.encode()], dry_run=dry_run)
        self._shop.run_to_rest()
        return import_report(self._shop.imports.details(seller, job.id))

    @_refusing
    def import_report(self, who: Visitor, import_id: str) -> ImportReport:
        return import_report(self._shop.imports.details(self._seller(who), import_id))

    @_refusing
    def search(self, parameters: Mapping[str, str | tuple[str, ...]]) -> SearchPage:
        return findings(self._shop.searches.find(query(parameters, self._currency)))

    def seller_id(self, who: Visitor) -> str:
        return self._account(who).id

    @_refusing
    def suggestions(self, prefix: str, size: int) -> tuple[tuple[str, str], ...]:
        return tuple(
            (found.kind, found.text) for found in self._shop.searches.suggest(prefix, size)
        )

    @_refusing
    def cart(self, who: Visitor) -> Basket:
        return basket(self._shop.carts.view(self._shopper(who)))

    @_refusing
    def set_quantity(
        self, who: Visitor, item_id: str, variant_id: str | None, quantity: int
    ) -> Basket:
        shopper = self._shopper(who)
        command = self._read(
            {"itemId": item_id, "variantId": variant_id, "quantity": quantity}, SetQuantity
        )
        return basket(self._shop.carts.change(CartChange(shopper=shopper, quantities=(command,))))

    @_refusing
    def set_quantities(self, who: Visitor, lines: Sequence[tuple[str, str | None, int]]) -> Basket:
        shopper = self._shopper(who)
        said = [
            {"itemId": item_id, "variantId": variant_id, "quantity": quantity}
            for item_id, variant_id, quantity in lines
        ]
        command = self._read({"lines": said}, ChangeCart)
        return basket(self._shop.carts.change(CartChange.of(shopper, command)))

    @_refusing
    def change_cart(self, who: Visitor, changes: Mapping[str, Any]) -> Basket:
        shopper = self._shopper(who)
        command: ChangeCart | SetQuantity = (
            self._read(changes, SetQuantity)
            if "itemId" in changes
            else self._read(changes, ChangeCart)
        )
        return basket(self._shop.carts.change(CartChange.of(shopper, command)))

    @_refusing
    def empty_cart(self, who: Visitor) -> None:
        self._shop.carts.change(CartChange(shopper=self._shopper(who), empty=True))

    @_refusing
    def check_out(self, who: Visitor, payment: Payment, *, wait: bool = False) -> OrderDetails:
        buyer = self._caller(who, Role.BUYER)
        data = {
            "cartId": payment.cart_id,
            "amount": {"amount": payment.amount.amount, "currency": payment.amount.currency},
            "paymentInfo": {"paymentType": "card", "cardNo": payment.card_no},
            "cartVersion": payment.cart_version,
            "shippingAddress": payment.address,
        }
        placed = self._shop.checkout.place(buyer, self._read(data, PlaceOrder), payment.key)
        if wait:
            self._shop.run_to_rest()
        return ordered(self._shop.orders.details(placed.key.buyer_id, placed.key.order_id))

    @_refusing
    def order(self, who: Visitor, order_id: str) -> OrderDetails:
        account = self._account(who)
        if account.role is Role.SELLER:
            return sold(self._shop.orders.seller_details(SellerId(account.id), order_id))
        return ordered(self._shop.orders.details(BuyerId(account.id), order_id))

    @_refusing
    def orders(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[OrderDetails, ...], str | None]:
        account = self._account(who)
        if account.role is Role.SELLER:
            own = self._shop.orders.seller_history(SellerId(account.id), cursor, size)
            return tuple(sold(order) for order in own.items), own.next_cursor
        page = self._shop.orders.history(BuyerId(account.id), cursor, size)
        return tuple(ordered(view) for view in page.items), page.next_cursor

    @_refusing
    def events(self, who: Visitor, order_id: str, after: int = 0) -> tuple[str, ...]:
        buyer_id = BuyerId(self._caller(who, Role.BUYER).id)
        self.until(lambda: self.order(who, order_id).is_over, "the order is over")
        cursor = TimelineCursor(OrderKey(buyer_id, OrderId(order_id)), after)
        entries = self._shop.orders.timelines_after([cursor]).get(OrderId(order_id), ())
        return tuple(entry.fact.value for entry in entries)

    @_refusing
    def cancel(self, who: Visitor, order_id: str) -> OrderDetails:
        return ordered(
            self._shop.cancellations.cancel(BuyerId(self._caller(who, Role.BUYER).id), order_id)
        )

    def until(self, happened: Callable[[], bool], what: str) -> None:
        self._shop.run_to_rest()
        for _ in range(_TICKS):
            if happened():
                return
            self._shop.let_pass(_TICK)
        raise AssertionError(f"it never came to this: {what}")

    def _read(self, data: Mapping[str, Any], kind: type[R]) -> R:
        """*data* as a request that says it would be read; what is ``None`` was not said, but where
        an account or item may be emptied.
        """
        said = (
            data
            if kind in (ChangeAccount, ItemPatch)
            else {name: value for name, value in data.items() if value is not None}
        )
        return reader(self._currency).read(json.loads(json.dumps(said), parse_float=Decimal), kind)

    def _account(self, who: Visitor) -> Account:
        if who.token is None:
            raise Refused("unauthenticated")
        try:
            return self._shop.accounts.authenticate(who.token)
        except SessionUnknown as error:
            raise Refused(error.code) from error

    def _caller(self, who: Visitor, role: Role) -> Account:
        account = self._account(who)
        if account.role is not role:
            raise Refused("forbidden")
        return account

    def _seller(self, who: Visitor) -> SellerId:
        return SellerId(self._caller(who, Role.SELLER).id)

    def _shopper(self, who: Visitor) -> Shopper:
        """A guest gets a token at the first visit; a logged-in buyer who still sends one takes that
        cart over.
        """
        if who.token is None:
            who.cart_token = who.cart_token or f"guest-{self._shop.parts.ids.new()}"
            return Shopper(buyer_id=guest_id(who.cart_token))
        buyer = self._caller(who, Role.BUYER)
        guest = guest_id(who.cart_token) if who.cart_token else None
        return Shopper(buyer_id=BuyerId(buyer.id), guest_id=guest, address=buyer.address)
