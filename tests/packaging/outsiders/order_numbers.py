"""Numbers that people call orders by, by the documentation alone."""

import sqlite3
from collections.abc import Sequence
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
    OrderNumbers,
    OrderNumberUnavailable,
    PlaceOrder,
    ProposedOrder,
)
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo


class Yearly(OrderNumbers):
    answers_at_once = True

    def __init__(self, path: str) -> None:
        self.file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.file.execute("CREATE TABLE IF NOT EXISTS counter (no INTEGER PRIMARY KEY)")

    def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
        if any(order.metadata.get("broken") for order in orders):
            raise RuntimeError("no number for this one")
        insert = "INSERT INTO counter DEFAULT VALUES RETURNING no"
        return [f"2026-{self.file.execute(insert).fetchone()[0]:06}" for _ in orders]

    def close(self) -> None:
        self.file.close()


settings = Settings.in_folder(Path("var-numbers").absolute())
with build_shop(settings, parts=partial(Parts, numbers=Yearly("counter.db"))) as shop:
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
    me = Shopper(buyer_id=BuyerId(buyer.id))
    told = []
    for metadata in ({"broken": True}, {"broken": None}, {}):
        change = SetQuantity(item_id=mug.item.id, quantity=1)
        cart = shop.carts.change(CartChange(shopper=me, quantities=(change,), metadata=metadata))
        order = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
        try:
            placed = shop.checkout.place(buyer, order)
        except OrderNumberUnavailable as refusal:
            told.append(refusal.code)
        else:
            told.append(shop.orders.details(me.buyer_id, placed.key.order_id).order.number)
    assert told == ["order-number-unavailable", "2026-000001", "2026-000002"], told
    (found,) = shop.orders.history(me.buyer_id, None, 10, number="2026-000001").items
    assert found.order.number == "2026-000001"
    assert shop.checker.check().clean
