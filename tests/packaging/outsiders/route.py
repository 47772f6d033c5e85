"""A gateway by what is paid, by the documentation alone."""

from functools import partial
from pathlib import Path

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Register
from commerce_core.assembly import Parts
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo


def route(payment: PaymentInfo, total: Money) -> str:
    return "large" if total.minor >= 100_00 else "small"


urls = ("sandbox:///one.db?name=small", "sandbox:///two.db?name=large")
settings = Settings.in_folder(Path("var-route").absolute(), payment_urls=urls)
with build_shop(settings, parts=partial(Parts, route=route)) as shop:
    seller, buyer = (
        shop.accounts.register(
            Register(email=f"{r}@example.org", password="correct horse", name=r, role=r)
        )
        for r in ("seller", "buyer")
    )
    sofa = shop.items.onboard(
        SellerId(seller.id), NewItem(name="Sofa", price=Money.parse("90", "USD"), quantity=9)
    )
    card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242424242424242"))
    me = Shopper(buyer_id=BuyerId(buyer.id))
    taken = []
    for pieces in (1, 2):
        change = SetQuantity(item_id=sofa.item.id, quantity=pieces)
        cart = shop.carts.change(CartChange(shopper=me, quantities=(change,)))
        order = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
        placed = shop.checkout.place(buyer, order)
        while shop.runner.run_once(10):
            pass
        view = shop.orders.details(me.buyer_id, placed.key.order_id)
        taken.append((view.order.handle.gateway, view.status.value))
    assert taken == [("small", "COMPLETED"), ("large", "COMPLETED")], taken
