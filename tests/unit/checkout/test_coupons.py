"""Coupon codes from the cart to the order, and what charges are told of the goods."""

from collections.abc import Sequence

import pytest

from commerce_core.cart import ChangeCart, SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem, NewVariant
from commerce_core.kernel.address import Address
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import SellerId
from commerce_core.pricing import Adjustment, Charged, CouponCharges, PricedLine, RefusedCoupon
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import DECLINED_CARD, buyer_id, pay, register, usd


class Codes(CouponCharges):
    """``SAVE10`` takes a dollar off, ``OLD`` is over; all else nobody knows."""

    def __init__(self) -> None:
        self.lines_seen: list[PricedLine] = []

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        self.lines_seen = list(lines)
        return ()

    def charge(
        self, lines: Sequence[PricedLine], address: Address | None, coupons: Sequence[str]
    ) -> Charged:
        self.lines_seen = list(lines)
        off = Adjustment(kind="discount", code="save", amount=usd("-1.00"), coupon="SAVE10")
        return Charged(
            adjustments=(off,) if "SAVE10" in coupons else (),
            applied=tuple(c for c in coupons if c == "SAVE10"),
            refused=tuple(
                RefusedCoupon(code=c, reason="coupon-expired", detail="is over")
                for c in coupons
                if c == "OLD"
            ),
        )


@pytest.fixture
def codes() -> Codes:
    return Codes()


@pytest.fixture
def shop(codes: Codes) -> MemoryShop:
    return memory_shop(MemoryParts(charges=codes))


def with_coupons(shop: MemoryShop, shopper: Shopper, *coupons: str):
    seller = SellerId(register(shop, "seller").id)
    forms = (
        NewVariant(variant_id="S", price=usd("5.00"), stock=9),
        NewVariant(variant_id="L", price=usd("6.00"), stock=9, weight=750),
    )
    item = shop.items.onboard(
        seller,
        NewItem(name="Book", category="print", tax_class="books", weight=500, variants=forms),
    ).item
    wanted = tuple(SetQuantity(item_id=item.id, variant_id=name, quantity=1) for name in ("S", "L"))
    return shop.carts.change(CartChange(shopper=shopper, quantities=wanted, coupons=coupons))


def test_a_coupon_is_applied_named_and_comes_back_with_an_undone_order(shop: MemoryShop) -> None:
    ada = register(shop)
    me = Shopper(buyer_id=buyer_id(ada))
    view = with_coupons(shop, me, "SAVE10", "OLD", "WHAT")
    assert view.quote.total == usd("10.00")
    assert view.quote.applied == ("SAVE10",)
    assert [(r.code, r.reason) for r in view.quote.refused] == [
        ("OLD", "coupon-expired"),
        ("WHAT", "coupon-unknown"),
    ]
    placed = pay(shop, ada, view.cart.id, "10.00", number=DECLINED_CARD)
    shop.run_to_rest()
    order = shop.orders.details(me.buyer_id, placed.key.order_id)
    assert order.order.coupons == ("SAVE10",)
    assert [(a.code, a.coupon) for a in order.order.adjustments] == [("save", "SAVE10")]
    assert order.status == "CANCELLED"
    back = shop.carts.view(me)
    assert (back.cart.coupons, back.quote.total) == (("SAVE10",), usd("10.00"))


def test_charges_receive_category_tax_class_and_weight_with_and_without_a_coupon(
    shop: MemoryShop, codes: Codes
) -> None:
    me = Shopper(buyer_id=buyer_id(register(shop)))
    for coupons in ((), ("SAVE10",)):
        with_coupons(shop, me, *coupons)
        lines_seen = [(x.category, x.tax_class, x.weight) for x in codes.lines_seen]
        assert lines_seen[-2:] == [("print", "books", 500), ("print", "books", 750)]


def test_a_shop_without_coupons_knows_none_and_says_so() -> None:
    shop = memory_shop()
    view = with_coupons(shop, Shopper(buyer_id=buyer_id(register(shop))), "SAVE10")
    assert [(r.code, r.reason) for r in view.quote.refused] == [("SAVE10", "coupon-unknown")]
    assert view.quote.total == usd("11.00")


@pytest.mark.parametrize("coupons", [["A"] * 2, [""], ["x" * 51], list("ABCDEFGHIJK"), [1]])
def test_codes_are_bounded(coupons: list[object]) -> None:
    with pytest.raises(Invalid) as refused:
        reader("USD").read({"coupons": coupons}, ChangeCart)
    assert refused.value.problems[0].pointer.startswith("/coupons")
