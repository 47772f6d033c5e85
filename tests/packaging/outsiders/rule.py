"""A rule at checkout, by the documentation alone."""

from functools import partial
from pathlib import Path

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Register
from commerce_core.assembly import Parts
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import CheckoutRefused, CheckoutRule, PlaceOrder, ProposedOrder
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo


class TooMany(CheckoutRefused):
    """One household gets ten of a kind."""

    code = "too-many"


class Household(CheckoutRule):
    answers_at_once = True

    def check(self, order: ProposedOrder, /) -> None:
        if any(line.quantity > 10 for line in order.lines):
            raise TooMany("At most ten of a kind.")


settings = Settings.in_folder(Path("var-rule").absolute())
with build_shop(settings, parts=partial(Parts, rules=[Household()])) as shop:
    seller, buyer = (
        shop.accounts.register(
            Register(email=f"{r}@example.org", password="correct horse", name=r, role=r)
        )
        for r in ("seller", "buyer")
    )
    mug = shop.items.onboard(
        SellerId(seller.id), NewItem(name="Mug", price=Money.parse("9.90", "USD"), quantity=50)
    )
    card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242424242424242"))
    outcomes = []
    for pieces in (11, 10):
        change = SetQuantity(item_id=mug.item.id, quantity=pieces)
        cart = shop.carts.change(
            CartChange(shopper=Shopper(buyer_id=BuyerId(buyer.id)), quantities=(change,))
        )
        order = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
        try:
            outcomes.append(shop.checkout.place(buyer, order, "the same key").replayed)
        except CheckoutRefused as refusal:
            outcomes.append(refusal.code)
    assert outcomes == ["too-many", False], outcomes
