"""The shop of the features as its services, over memory adapters: no network, no thread, and time
passes under the test's control.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from commerce_core.accounts import (
    AskReset,
    ChangeAccount,
    ChangePassword,
    CloseAccount,
    LogIn,
    Register,
    Role,
)
from commerce_core.cart import ChangeCart, SetQuantity
from commerce_core.cart.service import CartChange
from commerce_core.catalog import ImportFormat, ItemPatch, NewItem, StockReceipt
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.orders import OrderKey, TimelineCursor
from commerce_testkit.memory.shop import MemoryShop, memory_shop
from commerce_testkit.seen import Picture, SeenNotification, Tip, Wish
from commerce_testkit.service_answers import (
    basket,
    findings,
    goods,
    import_report,
    ordered,
    picture,
    profile,
    query,
    sold,
    tip,
    told_of,
    wish,
)
from commerce_testkit.service_callers import ServiceCallers, refusing
from commerce_testkit.service_desk import ServiceDesk
from commerce_testkit.service_systems import ServiceSystems
from commerce_testkit.shop import (
    Basket,
    Goods,
    ImportReport,
    OrderDetails,
    Payment,
    Profile,
    SearchPage,
    ShopDriver,
    Visitor,
)

_TICK: Final = timedelta(seconds=1)
_TICKS: Final = 600


class ServiceShop(ServiceCallers, ShopDriver):
    """Speaks to the services of a :class:`MemoryShop`. Who may do what is decided here, as an
    entrypoint does.
    """

    def __init__(self, shop: MemoryShop | None = None) -> None:
        super().__init__(shop or memory_shop())
        self._desk = ServiceDesk(self._shop)

    @property
    def desk(self) -> ServiceDesk:
        return self._desk

    @refusing
    def register(self, who: Visitor, name: str, role: str) -> None:
        data = {"email": who.email, "password": who.password, "name": name, "role": role}
        self._shop.accounts.register(self._read(data, Register))

    @refusing
    def log_in(self, who: Visitor) -> None:
        who.token = self._shop.accounts.log_in(
            self._read({"email": who.email, "password": who.password}, LogIn)
        ).token

    @refusing
    def log_out(self, who: Visitor) -> None:
        self._account(who)
        self._shop.accounts.log_out(who.token or "")

    @refusing
    def profile(self, who: Visitor) -> Profile:
        return profile(self._account(who))

    @refusing
    def change_profile(self, who: Visitor, changes: Mapping[str, Any]) -> Profile:
        account, command = self._account(who), self._read(changes, ChangeAccount)
        return profile(self._shop.accounts.change(account.id, command))

    @refusing
    def change_password(self, who: Visitor, current: str, new: str) -> None:
        account = self._account(who)
        command = self._read({"current": current, "new": new}, ChangePassword)
        self._shop.credentials.change_password(account, command, who.token or "")
        who.password = new

    @refusing
    def forget_password(self, who: Visitor) -> None:
        self._shop.resets.ask(self._read({"email": who.email}, AskReset))

    @refusing
    def log_ins(self, who: Visitor) -> int:
        return len(self._shop.credentials.sessions(self._account(who).id, who.token or ""))

    @refusing
    def log_out_everywhere(self, who: Visitor) -> None:
        self._shop.credentials.end_sessions(self._account(who).id)

    @refusing
    def known(self, who: Visitor) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for name, records in self._shop.own_data.export(self._account(who).id):
            found.setdefault(name, []).extend(records)
        return found

    @refusing
    def leave(self, who: Visitor, password: str) -> None:
        command = self._read({"password": password}, CloseAccount)
        self._shop.own_data.close(self._account(who), command)

    @refusing
    def onboard(self, who: Visitor, item: Mapping[str, Any], key: str | None = None) -> Goods:
        return goods(self._shop.items.onboard(self._seller(who), self._read(item, NewItem), key))

    @refusing
    def item(self, who: Visitor, item_id: str) -> Goods:
        viewer = SellerId(self._account(who).id) if who.token else None
        return goods(self._shop.items.details(item_id, viewer))

    @refusing
    def change_item(
        self, who: Visitor, item_id: str, changes: Mapping[str, Any], version: int
    ) -> Goods:
        seller, patch = self._seller(who), self._read(changes, ItemPatch)
        return goods(self._shop.items.change(seller, item_id, patch, version))

    @refusing
    def publish(self, who: Visitor, item_id: str) -> Goods:
        return goods(self._shop.items.publish(self._seller(who), item_id))

    @refusing
    def withdraw(self, who: Visitor, item_id: str) -> Goods:
        return goods(self._shop.items.withdraw(self._seller(who), item_id))

    @refusing
    def receive_stock(self, who: Visitor, item_id: str, receipt: Mapping[str, Any]) -> int:
        command = self._read(receipt, StockReceipt)
        view = self._shop.items.receive(self._seller(who), item_id, command)
        forms = [v for v in view.item.variants if v.variant_id == command.variant_id]
        return sum(view.available(v.sku_id) for v in forms)

    @refusing
    def add_picture(
        self, who: Visitor, item_id: str, content: bytes, variant_id: str | None = None
    ) -> Picture:
        seller = self._seller(who)
        return picture(self._shop.images.add(seller, item_id, variant_id, content))

    @refusing
    def pictures(self, who: Visitor, item_id: str) -> tuple[Picture, ...]:
        viewer = SellerId(self._account(who).id) if who.token else None
        return tuple(picture(image) for image in self._shop.images.of_item(item_id, viewer))

    @refusing
    def remove_picture(self, who: Visitor, item_id: str, image_id: str) -> None:
        self._shop.images.delete(self._seller(who), item_id, image_id)

    @refusing
    def import_items(
        self, who: Visitor, form: str, text: str, *, dry_run: bool = False
    ) -> ImportReport:
        seller = self._seller(who)
        job = self._shop.imports.take(seller, ImportFormat(form), [text.encode()], dry_run=dry_run)
        self._shop.run_to_rest()
        return import_report(self._shop.imports.details(seller, job.id))

    @refusing
    def import_report(self, who: Visitor, import_id: str) -> ImportReport:
        return import_report(self._shop.imports.details(self._seller(who), import_id))

    @refusing
    def search(self, who: Visitor, parameters: Mapping[str, str | tuple[str, ...]]) -> SearchPage:
        self._known(who)
        return findings(self._shop.searches.find(query(parameters, self._currency)))

    def _known(self, who: Visitor) -> None:
        if who.token is not None:
            self._account(who)

    def seller_id(self, who: Visitor) -> str:
        return self._account(who).id

    @refusing
    def suggestions(self, who: Visitor, prefix: str, size: int) -> tuple[tuple[str, str], ...]:
        self._known(who)
        found = self._shop.searches.suggest(prefix, size)
        return tuple((one.kind, one.text) for one in found)

    @refusing
    def cart(self, who: Visitor) -> Basket:
        return basket(self._shop.carts.view(self._shopper(who)))

    @refusing
    def set_quantity(
        self, who: Visitor, item_id: str, variant_id: str | None, quantity: int
    ) -> Basket:
        shopper = self._shopper(who)
        command = self._read(
            {"itemId": item_id, "variantId": variant_id, "quantity": quantity}, SetQuantity
        )
        return basket(self._shop.carts.change(CartChange(shopper=shopper, quantities=(command,))))

    @refusing
    def set_quantities(self, who: Visitor, lines: Sequence[tuple[str, str | None, int]]) -> Basket:
        shopper = self._shopper(who)
        said = [
            {"itemId": item_id, "variantId": variant_id, "quantity": quantity}
            for item_id, variant_id, quantity in lines
        ]
        command = self._read({"lines": said}, ChangeCart)
        return basket(self._shop.carts.change(CartChange.of(shopper, command)))

    @refusing
    def change_cart(self, who: Visitor, changes: Mapping[str, Any]) -> Basket:
        shopper = self._shopper(who)
        command: ChangeCart | SetQuantity = (
            self._read(changes, SetQuantity)
            if "itemId" in changes
            else self._read(changes, ChangeCart)
        )
        return basket(self._shop.carts.change(CartChange.of(shopper, command)))

    @refusing
    def empty_cart(self, who: Visitor) -> None:
        self._shop.carts.change(CartChange(shopper=self._shopper(who), empty=True))

    @refusing
    def wish_for(self, who: Visitor, item_id: str, variant_id: str | None = None) -> Wish:
        view, _ = self._shop.wishlists.add(self._buyer(who), item_id, variant_id)
        return wish(view)

    @refusing
    def give_up_wish(self, who: Visitor, item_id: str) -> None:
        self._shop.wishlists.remove(self._buyer(who), item_id)

    @refusing
    def wishlist(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[Wish, ...], str | None]:
        page = self._shop.wishlists.page(self._buyer(who), cursor, size)
        return tuple(wish(view) for view in page.items), page.next_cursor

    @refusing
    def recommendations(
        self, who: Visitor, item_id: str | None = None, size: int = 20
    ) -> tuple[Tip, ...]:
        audience = self._audience(who)
        lists = self._shop.recommendations
        found = lists.beside(audience, item_id, size) if item_id else lists.home(audience, size)
        return tuple(tip(one) for one in found)

    @refusing
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

    @refusing
    def order(self, who: Visitor, order_id: str) -> OrderDetails:
        account = self._account(who)
        if account.role is Role.SELLER:
            return sold(self._shop.orders.seller_details(SellerId(account.id), order_id))
        return ordered(self._shop.orders.details(BuyerId(account.id), order_id))

    @refusing
    def orders(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[OrderDetails, ...], str | None]:
        account = self._account(who)
        if account.role is Role.SELLER:
            own = self._shop.orders.seller_history(SellerId(account.id), cursor, size)
            return tuple(sold(order) for order in own.items), own.next_cursor
        page = self._shop.orders.history(BuyerId(account.id), cursor, size)
        return tuple(ordered(view) for view in page.items), page.next_cursor

    @refusing
    def events(self, who: Visitor, order_id: str, after: int = 0) -> tuple[str, ...]:
        buyer_id = BuyerId(self._caller(who, Role.BUYER).id)
        self.until(lambda: self.order(who, order_id).is_over, "the order is over")
        cursor = TimelineCursor(OrderKey(buyer_id, OrderId(order_id)), after)
        entries = self._shop.orders.timelines_after([cursor]).get(OrderId(order_id), ())
        return tuple(entry.fact.value for entry in entries)

    @refusing
    def come_back(self, who: Visitor, order_id: str, result: str) -> OrderDetails:
        buyer_id = BuyerId(self._caller(who, Role.BUYER).id)
        brought = {"result": result}
        return ordered(self._shop.payment_returns.bring_back(buyer_id, order_id, brought))

    @refusing
    def cancel(self, who: Visitor, order_id: str) -> OrderDetails:
        buyer_id = BuyerId(self._caller(who, Role.BUYER).id)
        return ordered(self._shop.cancellations.cancel(buyer_id, order_id))

    @refusing
    def notifications(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[SeenNotification, ...], str | None]:
        page = self._shop.notices.history(self._account(who).id, cursor, size)
        return tuple(told_of(n) for n in page.items), page.next_cursor

    @refusing
    def read_notification(self, who: Visitor, notification_id: str) -> None:
        self._shop.notices.mark_read(self._account(who).id, notification_id)

    @refusing
    def notification_preferences(self, who: Visitor) -> Mapping[str, Mapping[str, bool]]:
        account = self._account(who)
        return self._shop.notices.preferences(account.id, account.role)

    @refusing
    def choose_notifications(
        self, who: Visitor, choices: Mapping[str, Mapping[str, bool]]
    ) -> Mapping[str, Mapping[str, bool]]:
        account = self._account(who)
        return self._shop.notices.choose(account.id, account.role, choices)

    def systems(self) -> ServiceSystems:
        return ServiceSystems(self._shop, self._seller)

    def until(self, happened: Callable[[], bool], what: str) -> None:
        self._shop.run_to_rest()
        for _ in range(_TICKS):
            if happened():
                return
            self._shop.let_pass(_TICK)
        raise AssertionError(f"it never came to this: {what}")
