"""A step before the charge, undone where the card is declined, and one after completion, by the
documentation alone.
"""

from functools import partial
from pathlib import Path

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Register
from commerce_core.assembly import Parts
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import (
    Accepted,
    Definitions,
    OwnStep,
    PlaceOrder,
    Refused,
    StepRequest,
    Undone,
    order_saga,
)
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo

GOOD, DECLINED = "4242424242424242", "4000000000000002"
reserved: dict[str, str] = {}
points: dict[str, int] = {}


class Bench(OwnStep):
    """A place on the bench where things are engraved; a shop may not have one for a big order."""

    name = "bench"
    answers_at_once = True

    def do(self, request: StepRequest) -> Accepted | Refused:
        if sum(line.quantity for line in request.order.lines) > 3:
            return Refused("bench-full", "We engrave three at a time.")
        reserved.setdefault(request.key, request.order.id)
        return Accepted({"bench": "2"})

    def undo(self, request: StepRequest) -> Undone:
        for key, order_id in list(reserved.items()):
            if order_id == request.order.id:
                del reserved[key]
        return Undone()


class Points(OwnStep):
    """A point for each unit of money."""

    name = "points"
    answers_at_once = True

    def do(self, request: StepRequest) -> Accepted:
        points[request.key] = request.order.total.minor // 100
        return Accepted()


saga = order_saga("engraved", 1, before_charge=[Bench()], after_completion=[Points()])
settings = Settings.in_folder(Path("var-steps").absolute())
with build_shop(settings, parts=partial(Parts, definitions=Definitions(saga))) as shop:
    seller, buyer = (
        shop.accounts.register(
            Register(email=f"{r}@example.org", password="correct horse", name=r, role=r)
        )
        for r in ("seller", "buyer")
    )
    ring = shop.items.onboard(
        SellerId(seller.id), NewItem(name="Ring", price=Money.parse("20", "USD"), quantity=9)
    )
    me = Shopper(buyer_id=BuyerId(buyer.id))

    def ended(pieces: int, card: str) -> tuple[str, list[str]]:
        """How an order of so many ends, and what its timeline says."""
        change = SetQuantity(item_id=ring.item.id, quantity=pieces)
        cart = shop.carts.change(CartChange(shopper=me, quantities=(change,)))
        paid = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(card))
        order = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=paid)
        placed = shop.checkout.place(buyer, order)
        while shop.runner.run_once(10):
            pass
        view = shop.orders.details(me.buyer_id, placed.key.order_id)
        return view.status.value, [entry.fact.value for entry in view.timeline]

    status, facts = ended(1, GOOD)
    assert (status, facts.count("StepAnswered")) == ("COMPLETED", 2), facts
    assert (len(reserved), list(points.values())) == (1, [20])

    status, facts = ended(2, DECLINED)
    assert status == "CANCELLED", facts
    assert (len(reserved), len(points)) == (1, 1), "the bench of the declined order is free again"

    status, facts = ended(4, GOOD)
    assert status == "CANCELLED", facts
    assert "PaymentCompleted" not in facts
    assert shop.checker.check().clean
