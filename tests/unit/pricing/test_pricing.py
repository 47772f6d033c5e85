"""What a cart costs: lines, what is added or taken off, and the total."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.cart.service import Shopper
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, SkuId
from commerce_core.kernel.money import CurrencyMismatch, Money
from commerce_core.orders import OrderStatus
from commerce_core.pricing import Adjustment, Charges, FreeOfCharges, PricedLine, Pricer
from commerce_testkit.memory.shop import MemoryParts, memory_shop
from tests.unit.people import address, fill, pay, register, see, sell, usd


def line(minor: int, quantity: int, currency: str = "USD") -> PricedLine:
    return PricedLine(sku_id=SkuId("s"), unit_price=Money(minor, currency), quantity=quantity)


class Some(Charges):
    """Postage to where it goes, tax on top, tax that is in the price, and a discount."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        postage = usd("4.90") if address and address.country == "DE" else usd("9.90")
        return (
            Adjustment(kind="shipping", code="parcel", amount=postage),
            Adjustment(kind="tax", code="vat", amount=usd("1.00"), line_no=1, rate="0.19"),
            Adjustment(kind="tax", code="vat-in", amount=usd("0.80"), included=True),
            Adjustment(kind="discount", code="ten", amount=usd("-2.00")),
        )


def test_by_default_prices_are_all_there_is_to_pay() -> None:
    quote = Pricer("USD", FreeOfCharges()).price([line(199, 3), line(1, 1)], None)
    assert (quote.subtotal, quote.total, quote.adjustments) == (usd("5.98"), usd("5.98"), ())


def test_an_empty_cart_costs_nothing_in_the_currency_of_the_shop() -> None:
    assert Pricer("EUR", FreeOfCharges()).price([], None).total == Money(0, "EUR")


def test_what_is_in_the_price_adds_nothing() -> None:
    quote = Pricer("USD", Some()).price([line(1000, 1)], address("DE"))
    assert (quote.shipping, quote.tax, quote.discount, quote.total) == (
        usd("4.90"),
        usd("1.00"),
        usd("-2.00"),
        usd("13.90"),
    )
    assert Pricer("USD", Some()).price([line(1000, 1)], address("FR")).total == usd("18.90")


def test_another_currency_is_never_added_up() -> None:
    with pytest.raises(CurrencyMismatch):
        Pricer("USD", FreeOfCharges()).price([line(1, 1, "EUR")], None)


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(1, 9_999)), max_size=20))
def test_a_total_is_its_lines_and_its_adjustments_to_the_cent(parts: list[tuple[int, int]]) -> None:
    quote = Pricer("USD", Some()).price([line(*p) for p in parts], None)
    assert quote.subtotal.minor == sum(minor * n for minor, n in parts)
    assert quote.total == quote.subtotal + quote.shipping + quote.tax + quote.discount


def test_the_same_charges_are_in_the_cart_the_order_and_the_capture() -> None:
    shop = memory_shop(MemoryParts(charges=Some()))
    ada = register(shop)
    placed = pay(shop, ada, fill(shop, ada, (sell(shop, 5, "10.00"), 1)), "13.90")
    shop.run_to_rest()
    view = see(shop, placed)
    assert (view.status, view.order.total, len(view.order.adjustments)) == (
        OrderStatus.COMPLETED,
        usd("13.90"),
        4,
    )
    assert [e.amount for e in shop.parts.gateway.books([placed.key.order_id])] == [usd("13.90")]
    assert shop.checker.check().violations == ()


class Voucher(Charges):
    """Ten off, whatever is in the cart."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        return (Adjustment(kind="discount", code="ten", amount=usd("-10.00")),)


@pytest.mark.parametrize(
    ("price", "discount", "total"),
    [("5.00", "-5.00", "0.00"), ("10.00", "-10.00", "0.00"), ("12.00", "-10.00", "2.00")],
)
def test_a_discount_of_more_than_the_goods_makes_an_order_free_and_no_order_negative(
    price: str, discount: str, total: str
) -> None:
    shop = memory_shop(MemoryParts(charges=Voucher()))
    assert Pricer("USD", Voucher()).price([], None).total == usd("0.00")
    ada = register(shop)
    cart = fill(shop, ada, (sell(shop, 5, price), 1))
    quote = shop.carts.view(Shopper(buyer_id=BuyerId(ada.id))).quote
    assert (quote.discount, quote.total) == (usd(discount), usd(total))
    placed = pay(shop, ada, cart, total)
    shop.run_to_rest()
    order = see(shop, placed)
    assert (order.status, order.order.total) == (OrderStatus.COMPLETED, usd(total))
    assert order.order.subtotal + order.order.adjusted("discount") == order.order.total
    assert [e.amount for e in shop.parts.gateway.books([placed.key.order_id])] == (
        [usd(total)] if total != "0.00" else []
    )
    assert shop.checker.check().violations == ()
