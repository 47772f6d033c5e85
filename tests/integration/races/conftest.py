"""A whole shop on the embedded default, driven by threads."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from commerce_bootstrap.container import ShopContainer
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Account
from commerce_core.cart import CartView, SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import ItemView, NewItem
from commerce_core.checkout import Placed, PlaceOrder
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderView
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_testkit.crowd import crowd

GOOD: Final = "4242424242424242"
DECLINED: Final = "4000000000000002"


@attrs.frozen
class Market:
    """A shop, and what the tests do with it over and over."""

    shop: Shop
    container: Any
    seller_id: SellerId

    def item(self, quantity: int, price: str = "10.00", name: str = "Lamp") -> ItemView:
        """A new simple item."""
        return self.shop.items.onboard(self.seller_id, NewItem(name=name, price=Money.parse(price, "USD"), quantity=quantity))

    def buyers(self, count: int) -> list[Account]:
        """New buyers."""
        storage = self.container.storage()
        return [m.account for m in crowd(storage.database, storage.accounts, self.shop.clock, self.container.ids(), count)]

    def fill(self, buyer: Account, *wanted: tuple[ItemView, int]) -> CartView:
        """Put pieces into the buyer's cart."""
        quantities = tuple(SetQuantity(item_id=view.item.id, quantity=quantity) for view, quantity in wanted)
        return self.shop.carts.change(CartChange(shopper=Shopper(buyer_id=BuyerId(buyer.id)), quantities=quantities))

    def place(self, buyer: Account, cart: CartView, card: str = GOOD, key: str | None = None) -> Placed:
        """Check a cart out."""
        paid = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(card))
        return self.shop.checkout.place(buyer, PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=paid), key)

    def run(self) -> None:
        """Carry every order and message on until nothing is left that is due."""
        while self.shop.runner.run_once(64) + self.shop.relay.run_once(500):
            pass

    def order(self, buyer: Account, placed: Placed) -> OrderView:
        """The order as it stands."""
        return self.shop.orders.details(BuyerId(buyer.id), placed.key.order_id)

    def stock_of(self, view: ItemView) -> int:
        """Pieces that are free."""
        return self.shop.items.details(view.item.id).stock

    def assert_sound(self) -> None:
        """Every invariant holds and everything is at rest."""
        report = self.shop.checker.check()
        assert report.violations == ()
        assert report.at_rest


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    container = ShopContainer(settings=Settings.in_folder(tmp_path))
    shop = container.shop()
    storage = container.storage()
    (seller,) = crowd(storage.database, storage.accounts, shop.clock, container.ids(), 1)
    yield Market(shop, container, SellerId(seller.account.id))
    shop.close()


def side_by_side(work: Callable[[Any], Any], tasks: Sequence[Any], threads: int = 16) -> list[Any]:
    """The results of *work* on every task, an exception in place of a result."""

    def attempt(task: Any) -> Any:
        try:
            return work(task)
        except Exception as error:  # noqa: BLE001 (whatever it is, the test looks at it)
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(attempt, tasks))
