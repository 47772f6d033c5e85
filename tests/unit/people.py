"""People in a shop that is all in memory, and what they do there: what most tests begin with."""

import itertools
from typing import Final

from commerce_core.accounts import Account, Register
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import ItemView, NewItem
from commerce_core.checkout import Placed, PlaceOrder
from commerce_core.checkout.service.prepare import CheckoutRequest, PreparedPayment
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, CartId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderView
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_testkit.memory.shop import MemoryShop

GOOD_CARD: Final = "4242424242424242"
DECLINED_CARD: Final = "4000000000000002"
LOSES_ANSWER: Final = "4000000000000119"
TIMES_OUT_FIRST: Final = "4000000000000259"

_NUMBERS = itertools.count(1)


def usd(amount: str) -> Money:
    """An amount in dollars."""
    return Money.parse(amount, "USD")


def card(number: str = GOOD_CARD) -> PaymentInfo:
    """A card to pay with."""
    return PaymentInfo(
        payment_type="card", card_no=CardNumber.from_text(number), expiry="12/40", cvc="123"
    )


def address(country: str = "DE") -> Address:
    """Where somebody lives."""
    return Address(name="Ada", line1="1 Main Street", city="Berlin", country=country)


def register(shop: MemoryShop, role: str = "buyer") -> Account:
    """A new account with a name of its own."""
    return shop.accounts.register(
        Register(
            email=f"p{next(_NUMBERS)}@example.org", password="correct horse", name="P", role=role
        )
    )


def buyer_id(account: Account) -> BuyerId:
    """The account as one who buys."""
    return BuyerId(account.id)


def sell(
    shop: MemoryShop,
    quantity: int = 10,
    price: str = "5.00",
    name: str = "Mug",
    seller: Account | None = None,
) -> ItemView:
    """An item on sale."""
    seller_id = SellerId((seller or register(shop, "seller")).id)
    return shop.items.onboard(seller_id, NewItem(name=name, price=usd(price), quantity=quantity))


def fill(shop: MemoryShop, buyer: Account, *goods: tuple[ItemView, int]) -> CartId:
    """Have *goods* in the buyer's cart; the cart."""
    quantities = tuple(SetQuantity(item_id=view.item.id, quantity=n) for view, n in goods)
    return shop.carts.change(
        CartChange(shopper=Shopper(buyer_id=buyer_id(buyer)), quantities=quantities)
    ).cart.id


def pay(
    shop: MemoryShop,
    buyer: Account,
    cart_id: CartId,
    amount: str,
    *,
    number: str = GOOD_CARD,
    key: str | None = None,
    country: str = "DE",
) -> Placed:
    """Check a cart out."""
    command = PlaceOrder(
        cart_id=cart_id,
        amount=usd(amount),
        payment_info=card(number),
        shipping_address=address(country),
    )
    return shop.checkout.place(buyer, command, key)


def order(
    shop: MemoryShop,
    buyer: Account,
    view: ItemView,
    quantity: int = 1,
    *,
    number: str = GOOD_CARD,
    country: str = "DE",
) -> Placed:
    """Put *quantity* of an item into the cart and check it out."""
    cart_id = fill(shop, buyer, (view, quantity))
    amount = (view.item.price * quantity).amount
    return pay(shop, buyer, cart_id, amount, number=number, country=country)


def prepared(shop: MemoryShop, request: CheckoutRequest) -> PreparedPayment:
    """*request* as it is when its payment is prepared."""
    answer = shop.checkout.prepare(request)
    assert isinstance(answer, PreparedPayment)
    return answer


def see(shop: MemoryShop, placed: Placed) -> OrderView:
    """The order as its buyer sees it now."""
    return shop.orders.details(placed.key.buyer_id, placed.key.order_id)


def free(shop: MemoryShop, view: ItemView) -> int:
    """How many pieces of an item are free now."""
    return shop.items.details(view.item.id, view.item.seller_id).stock
