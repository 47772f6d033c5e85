"""Pieces of lines go back, to the smallest unit, whatever the order in which they do."""

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_core.accounts import Account
from commerce_core.catalog import ItemView
from commerce_core.checkout import Placed
from commerce_core.kernel.address import Address
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderNotFound
from commerce_core.pricing import Adjustment, Charges, PricedLine
from commerce_core.refunds import Origin, Refund, RefundOrder, RefundTooLarge, ReturnedPieces
from commerce_core.refunds.service import Reader, Requester
from commerce_core.refunds.service.shares import SHIPPING, parts, shares_of
from commerce_testkit.contracts.sample_orders import plain_order
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import fill, pay, register, see, sell, usd


class Costly(Charges):
    """Ships for 7.77, and takes a third of a cent off here and there."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        return (
            Adjustment(kind="shipping", code="parcel", amount=usd("7.77")),
            Adjustment(kind="discount", code="spring", amount=usd("-1.01")),
            Adjustment(kind="discount", code="line", amount=usd("-0.50"), line_no=1),
            Adjustment(kind="tax", code="vat", amount=usd("3.33")),
        )


@attrs.frozen
class Deal:
    """A completed order of goods of two sellers."""

    shop: MemoryShop
    placed: Placed
    items: list[ItemView]
    sellers: list[Account]

    def ask(
        self,
        *lines: tuple[int, int],
        shipping: bool = False,
        request: str = "r-1",
        seller: Account | None = None,
    ) -> Refund:
        """Ask for so many pieces of the items by their number."""
        command = RefundOrder(
            lines=tuple(
                ReturnedPieces(item_id=self.items[no].item.id, quantity=n) for no, n in lines
            ),
            shipping=shipping,
            reason="it came back",
        )
        origin = Origin.SELLER if seller else Origin.OPERATOR
        by = Requester(origin=origin, actor=seller.id if seller else "ann", request=request)
        (refund,) = self.shop.refunds.request(self.placed.key.order_id, command, by).refunds
        return refund

    def given(self) -> int:
        """What the gateway has given back."""
        entries = self.shop.parts.gateway.books([self.placed.key.order_id])
        return sum(e.amount.minor for e in entries if e.kind == "refund")


def deal(*quantities: int, charges: Charges | None = None) -> Deal:
    """An order of so many pieces of each item, at 3.33 and more."""
    shop = memory_shop(MemoryParts(charges=charges) if charges else MemoryParts())
    sellers = [register(shop, "seller") for _ in quantities]
    items = [sell(shop, 99, f"{3 + no}.33", seller=seller) for no, seller in enumerate(sellers)]
    buyer = register(shop)
    cart_id = fill(shop, buyer, *zip(items, quantities, strict=True))
    goods = sum(view.item.price.minor * n for view, n in zip(items, quantities, strict=True))
    added = charges.adjustments((), None) if charges else ()
    total = goods + sum(a.amount.minor for a in added)
    placed = pay(shop, buyer, cart_id, Money(total, "USD").amount)
    shop.run_to_rest()
    return Deal(shop, placed, items, sellers)


def test_pieces_of_a_line_go_back_for_what_they_have_cost() -> None:
    sold = deal(3, 1)
    refund = sold.ask((0, 2))
    assert (refund.amount, [(x.line_no, x.quantity) for x in refund.lines]) == (
        usd("6.66"),
        [(1, 2)],
    )
    sold.shop.run_to_rest()
    assert sold.given() == 666
    with pytest.raises(RefundTooLarge) as refused:
        sold.ask((0, 2), request="r-2")
    assert refused.value.facts["lines"] == [
        {"itemId": sold.items[0].item.id, "variantId": None, "refundable": 1}
    ]
    assert sold.ask((0, 1), (1, 1), request="r-3").amount == usd("7.66")
    sold.shop.run_to_rest()
    assert sold.given() == see(sold.shop, sold.placed).order.total.minor
    assert sold.shop.checker.check().violations == ()


def test_the_shipping_goes_back_once() -> None:
    sold = deal(1, charges=Costly())
    assert sold.ask(shipping=True).lines[0].line_no == SHIPPING
    with pytest.raises(RefundTooLarge):
        sold.ask(shipping=True, request="r-2")


def test_where_shipping_has_cost_nothing_none_goes_back() -> None:
    with pytest.raises(Invalid, match="has cost nothing"):
        deal(1).ask(shipping=True)


def test_what_an_amount_has_taken_is_not_given_back_by_lines() -> None:
    sold = deal(1)
    by = Requester(origin=Origin.OPERATOR, actor="ann", request="r-0")
    command = RefundOrder(amount=usd("1.00"), reason="a scratch")
    sold.shop.refunds.request(sold.placed.key.order_id, command, by)
    with pytest.raises(RefundTooLarge) as refused:
        sold.ask((0, 1))
    assert refused.value.facts["refundable"] == {"amount": "2.33", "currency": "USD"}


def test_what_is_refused_reserves_no_piece() -> None:
    sold = deal(2, 1)
    with pytest.raises(RefundTooLarge):
        sold.ask((0, 1), (1, 2))
    assert sold.ask((0, 2), (1, 1)).amount == see(sold.shop, sold.placed).order.total


def test_a_line_that_is_not_in_the_order_is_named() -> None:
    sold = deal(1)
    command = RefundOrder(
        lines=(ReturnedPieces(item_id=ItemId("nothing"), quantity=1),), reason="broken"
    )
    by = Requester(origin=Origin.OPERATOR, actor="ann", request="r-1")
    with pytest.raises(Invalid, match="/lines/0/itemId"):
        sold.shop.refunds.request(sold.placed.key.order_id, command, by)


def test_a_wish_is_for_an_amount_or_for_parts() -> None:
    piece = ReturnedPieces(item_id=ItemId("a"), quantity=1)
    with pytest.raises(Invalid, match="/amount: is required"):
        RefundOrder(reason="broken")
    with pytest.raises(Invalid, match="/amount: must not stand beside"):
        RefundOrder(amount=usd("1.00"), lines=(piece,), reason="broken")
    with pytest.raises(Invalid, match="/lines/1: is named before"):
        RefundOrder(lines=(piece, piece), reason="broken")
    for quantity in (0, -1, 1_000_000):
        with pytest.raises(ValueError, match="must be 1 to"):
            ReturnedPieces(item_id=ItemId("a"), quantity=quantity)


def test_a_seller_gives_back_own_lines_alone() -> None:
    sold = deal(2, 2)
    one, two = sold.sellers
    assert sold.ask((0, 1), seller=one).origin is Origin.SELLER
    with pytest.raises(Invalid, match="/lines/0/itemId"):
        sold.ask((1, 1), seller=one, request="r-2")
    with pytest.raises(Invalid, match="/shipping"):
        sold.ask(shipping=True, seller=one, request="r-3")
    with pytest.raises(OrderNotFound):
        sold.ask((0, 1), seller=register(sold.shop, "seller"), request="r-4")
    by = Requester(origin=Origin.SELLER, actor=two.id, request="r-5")
    with pytest.raises(Invalid, match="/amount"):
        sold.shop.refunds.request(
            sold.placed.key.order_id, RefundOrder(amount=usd("1.00"), reason="x"), by
        )


def test_a_seller_sees_what_concerns_own_lines() -> None:
    sold = deal(2, 2)
    sold.ask((0, 1), (1, 2))
    command = RefundOrder(amount=usd("0.10"), reason="a scratch")
    by = Requester(origin=Origin.OPERATOR, actor="ann", request="r-2")
    sold.shop.refunds.request(sold.placed.key.order_id, command, by)
    seen = sold.shop.refunds.listed(
        sold.placed.key.order_id, Reader(seller_id=SellerId(sold.sellers[0].id))
    )
    assert [(r.no, r.amount) for r in seen.refunds] == [(1, usd("3.33"))]
    with pytest.raises(OrderNotFound):
        sold.shop.refunds.listed(
            sold.placed.key.order_id, Reader(seller_id=SellerId(register(sold.shop).id))
        )


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=14),
    back_at=st.integers(0, 14),
)
def test_whatever_pieces_go_back_in_whatever_order_they_sum_to_the_whole(
    steps: list[tuple[int, int]], back_at: int
) -> None:
    quantities = (3, 7, 1)
    sold = deal(*quantities, charges=Costly())
    left = [*quantities]
    for no, (line, n) in enumerate(steps):
        if no == back_at:
            sold.ask(shipping=True, request="shipping")
        if n > left[line]:
            with pytest.raises(RefundTooLarge):
                sold.ask((line, n), request=f"r-{no}")
        else:
            sold.ask((line, n), request=f"r-{no}")
            left[line] -= n
    rest = [(line, n) for line, n in enumerate(left) if n]
    shipped = back_at < len(steps)
    if rest or not shipped:
        sold.ask(*rest, shipping=not shipped, request="rest")
    sold.shop.run_to_rest()
    assert sold.given() == see(sold.shop, sold.placed).order.total.minor
    assert sold.shop.checker.check().violations == ()


@given(st.integers(-10_000, 10_000), st.lists(st.integers(0, 999), min_size=1, max_size=9))
def test_parts_sum_to_the_whole_and_are_within_a_unit(total: int, weights: list[int]) -> None:
    made = parts(total, weights)
    assert sum(made) == total
    if whole := sum(weights):
        assert all(
            abs(part * whole - total * weight) <= whole
            for part, weight in zip(made, weights, strict=True)
        )


@given(
    st.lists(st.integers(-900, 900), max_size=6),
    st.lists(st.sampled_from(["shipping", "tax", "discount"]), min_size=6, max_size=6),
    st.lists(st.sampled_from([None, 1, 2]), min_size=6, max_size=6),
)
def test_shares_sum_to_the_total_and_none_is_below_nothing(
    amounts: list[int], kinds: list[str], lines: list[int | None]
) -> None:
    two = plain_order(1).lines * 2
    added = tuple(
        Adjustment(kind=kind, code="x", amount=Money(minor, "USD"), line_no=line)
        for minor, kind, line in zip(amounts, kinds, lines, strict=False)
    )
    total = Money(max(0, 2 * 1_999 + sum(amounts)), "USD")
    shares = shares_of(plain_order(1, lines=two, adjustments=added, total=total))
    assert sum(shares.values()) == total.minor
    assert min(shares.values()) >= 0
