"""Data of one's own on everything that is bought, and charges that go by it and by coupons, by the
documentation alone.
"""

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
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_core.pricing import Adjustment, Charged, CouponCharges, PricedLine
from commerce_core.search import Query


class BooksAndWeights(CouponCharges):
    """A dollar a kilogram, seven per cent on books; READ takes a tenth off what is on paper."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        grams = sum((line.weight or 0) * line.quantity for line in lines)
        books = sum(line.total.minor for line in lines if line.tax_class == "books")
        return [
            Adjustment(kind="shipping", code="by-weight", amount=Money(grams // 10, "USD")),
            Adjustment(kind="tax", code="books", amount=Money(books * 7 // 100, "USD")),
        ]

    def charge(
        self, lines: Sequence[PricedLine], address: Address | None, coupons: Sequence[str]
    ) -> Charged:
        usual = tuple(self.adjustments(lines, address))
        if "READ" not in coupons:
            return Charged(adjustments=usual)
        paper = sum(line.total.minor for line in lines if line.category == "paper")
        off = Adjustment(
            kind="discount", code="read", amount=Money(-paper // 10, "USD"), coupon="READ"
        )
        return Charged(adjustments=(*usual, off), applied=("READ",))


settings = Settings.in_folder(Path("var-data").absolute())
with build_shop(settings, parts=partial(Parts, charges=BooksAndWeights())) as shop:
    seller, buyer = (
        shop.accounts.register(
            Register(email=f"{r}@example.org", password="correct horse", name=r, role=r)
        )
        for r in ("seller", "buyer")
    )
    novel = shop.items.onboard(
        SellerId(seller.id),
        NewItem(
            sku="NOVEL-1",
            name="Novel",
            price=Money.parse("20.00", "USD"),
            quantity=5,
            category="paper",
            tax_class="books",
            weight=400,
            metadata={"erp": "E-7"},
        ),
    )
    while shop.relay.run_once(100):
        pass
    (hit,) = shop.searches.find(Query(metadata={"erp": ("E-7",)})).hits
    assert hit.item_id == novel.item.id

    me = Shopper(buyer_id=BuyerId(buyer.id))
    line = SetQuantity(item_id=novel.item.id, quantity=2, metadata={"dedication": "For Bob"})
    cart = shop.carts.change(
        CartChange(
            shopper=me,
            quantities=(line,),
            metadata={"channel": "app"},
            coupons=("READ", "NOTHING"),
        )
    )
    assert str(cart.quote.total) == "39.60 USD", cart.quote  # 40.00 + 0.80 + 2.80 - 4.00
    assert [refused.code for refused in cart.quote.refused] == ["NOTHING"]
    home = Address(name="Ada", line1="1 Main Street", city="Springfield", country="US")
    card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242424242424242"))
    placed = shop.checkout.place(
        buyer,
        PlaceOrder(
            cart_id=cart.cart.id,
            amount=cart.quote.total,
            payment_info=card,
            shipping_address=home,
        ),
    )
    while shop.runner.run_once(10):
        pass
    order = shop.orders.details(me.buyer_id, placed.key.order_id).order
    assert (order.metadata, order.coupons) == ({"channel": "app"}, ("READ",))
    assert order.lines[0].metadata == {"dedication": "For Bob"}
    assert (order.lines[0].sku, order.address) == ("NOVEL-1", home)
    told = [(a.kind, a.amount.minor, a.coupon) for a in order.adjustments]
    assert told == [("shipping", 80, None), ("tax", 280, None), ("discount", -400, "READ")], told
    assert shop.checker.check().clean
