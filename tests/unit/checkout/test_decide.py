"""Who of a group gets what: a pure function of the group and of what was read for it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from commerce_core.cart import Cart, CartLine, CartStatus
from commerce_core.catalog import Offer
from commerce_core.checkout import (
    AmountMismatch,
    CartChanged,
    CartEmpty,
    CartMerged,
    CartNotFound,
    IdempotencyKeyReused,
    ItemUnavailable,
    OutOfStock,
    Placed,
)
from commerce_core.checkout.service.decide import (
    Accepted,
    Decision,
    Draft,
    Repeated,
    Snapshot,
    decide,
)
from commerce_core.inventory import StockLevel
from commerce_core.kernel.ids import BuyerId, CartId, ItemId, OrderId, SellerId, SkuId
from commerce_core.kernel.money import CurrencyMismatch, Money
from commerce_core.orders import Order
from commerce_core.payment import Handle
from commerce_core.pricing import FreeOfCharges, Pricer

AT = datetime(2026, 1, 1, tzinfo=UTC)
A_DOLLAR = Money(100, "USD")
PRICER = Pricer("USD", FreeOfCharges())


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def cart(n: int, *lines: tuple[str, int], **other: Any) -> Cart:
    """Cart *n* of buyer *n* with *lines* of (SKU, quantity)."""
    made = tuple(
        CartLine(
            item_id=ItemId(f"item-{i}-{sku}"),
            variant_id=None,
            sku_id=SkuId(sku),
            quantity=quantity,
            seen_price=usd(100),
        )
        for i, (sku, quantity) in enumerate(lines)
    )
    return attrs.evolve(
        Cart(id=CartId(f"cart-{n}"), buyer_id=BuyerId(f"buyer-{n}"), lines=made, updated_at=AT),
        **other,
    )


def draft(n: int, amount: int, **other: Any) -> Draft:
    """What buyer *n* asks for."""
    wanted = Draft(
        order_id=OrderId(f"order-{n}"),
        buyer_id=BuyerId(f"buyer-{n}"),
        cart_id=CartId(f"cart-{n}"),
        cart_version=None,
        amount=usd(amount),
        idem_key=None,
        digest=f"digest-{n}",
        email="",
        address=None,
    )
    return attrs.evolve(wanted, **other)


def seen(carts: Iterable[Cart], orders: Sequence[Order] = (), **available: int) -> Snapshot:
    """What was read: everything costs one dollar, and so much of each SKU is there."""
    return Snapshot(
        orders=orders,
        carts={c.id: c for c in carts},
        offers={SkuId(s): offer(s) for s in available},
        levels=levels(**available),
    )


def offer(sku: str, price: Money = A_DOLLAR, *, on_sale: bool = True) -> Offer:
    return Offer(
        sku_id=SkuId(sku),
        item_id=ItemId(sku),
        variant_id=None,
        seller_id=SellerId("s"),
        sku=sku.upper(),
        name=f"the {sku}",
        options={},
        image=None,
        price=price,
        on_sale=on_sale,
    )


def levels(**available: int) -> dict[SkuId, StockLevel]:
    return {
        SkuId(s): StockLevel(
            sku_id=SkuId(s), on_hand=n, reserved=0, sellable=True, availability_version=0
        )
        for s, n in available.items()
    }


def placed(n: int, idem_key: str | None = None) -> Order:
    """The order that buyer *n* has placed before."""
    handle = Handle(gateway="g", account="a", reference="r", brand="b", last4="4242")
    return Order(
        id=OrderId(f"earlier-{n}"),
        buyer_id=BuyerId(f"buyer-{n}"),
        cart_id=CartId(f"cart-{n}"),
        cart_version=1,
        idem_key=idem_key,
        digest=f"digest-{n}",
        lines=(),
        adjustments=(),
        total=usd(100),
        handle=handle,
        email="",
        address=None,
        created_at=AT,
    )


def one(wanted: Draft, world: Snapshot) -> Decision:
    return decide([wanted], world, PRICER)[0]


def kinds(decisions: Sequence[Decision]) -> list[type]:
    return [type(decision) for decision in decisions]


def test_an_order_that_fits_is_accepted_at_the_recomputed_total() -> None:
    decision = one(draft(1, 300), seen([cart(1, ("mug", 3))], mug=3))
    assert isinstance(decision, Accepted)
    assert (decision.quote.total, [o.name for o in decision.offers]) == (usd(300), ["the mug"])


def test_01_the_first_come_are_served_and_the_rest_are_told_which_line_is_short() -> None:
    world = seen([cart(n, ("mug", 1)) for n in range(20)], mug=5)
    decisions = decide([draft(n, 100) for n in range(20)], world, PRICER)
    assert kinds(decisions) == [Accepted] * 5 + [OutOfStock] * 15
    refusal = decisions[-1]
    assert isinstance(refusal, OutOfStock)
    assert [(x["name"], x["requested"], x["available"]) for x in refusal.facts["lines"]] == [
        ("the mug", 1, 0)
    ]


def test_03_the_same_sku_on_two_lines_is_summed_before_the_check() -> None:
    world = seen([cart(1, ("mug", 2), ("mug", 2))], mug=3)
    decision = one(draft(1, 400), world)
    assert isinstance(decision, OutOfStock)
    assert [(x["requested"], x["available"]) for x in decision.facts["lines"]] == [(4, 3), (4, 3)]
    assert isinstance(one(draft(1, 400), attrs.evolve(world, levels=levels(mug=4))), Accepted)


def test_a_refusal_takes_nothing_from_those_behind_it() -> None:
    world = seen([cart(1, ("mug", 2), ("cup", 9)), cart(2, ("mug", 2))], mug=2, cup=1)
    assert kinds(decide([draft(1, 1100), draft(2, 200)], world, PRICER)) == [OutOfStock, Accepted]


def test_one_that_wants_too_much_does_not_block_one_that_wants_less() -> None:
    world = seen([cart(1, ("mug", 4)), cart(2, ("mug", 3))], mug=3)
    assert kinds(decide([draft(1, 400), draft(2, 300)], world, PRICER)) == [OutOfStock, Accepted]


def test_what_is_not_sellable_or_not_counted_is_out_of_stock() -> None:
    world = seen([cart(1, ("mug", 1))], mug=3)
    off = {k: attrs.evolve(v, sellable=False) for k, v in world.levels.items()}
    assert isinstance(one(draft(1, 100), attrs.evolve(world, levels=off)), OutOfStock)
    assert isinstance(one(draft(1, 100), attrs.evolve(world, levels={})), OutOfStock)


@pytest.mark.parametrize("offers", [{}, {SkuId("mug"): offer("mug", on_sale=False)}])
def test_what_is_not_sold_any_more_is_unavailable(offers: dict[SkuId, Offer]) -> None:
    decision = one(draft(1, 100), attrs.evolve(seen([cart(1, ("mug", 1))], mug=3), offers=offers))
    assert isinstance(decision, ItemUnavailable)
    assert [x["requested"] for x in decision.facts["lines"]] == [1]


def test_12_another_amount_is_refused_with_both_figures() -> None:
    decision = one(draft(1, 250), seen([cart(1, ("mug", 3))], mug=3))
    assert isinstance(decision, AmountMismatch)
    assert decision.facts == {
        "amount": {"amount": "2.50", "currency": "USD"},
        "currentAmount": {"amount": "3.00", "currency": "USD"},
    }


def test_12_the_same_number_in_another_currency_is_another_amount() -> None:
    assert isinstance(
        one(
            attrs.evolve(draft(1, 300), amount=Money(300, "EUR")),
            seen([cart(1, ("mug", 3))], mug=3),
        ),
        AmountMismatch,
    )


def test_36_another_version_of_the_cart_is_refused() -> None:
    world = seen([cart(1, ("mug", 1), version=4)], mug=3)
    assert isinstance(one(draft(1, 100, cart_version=3), world), CartChanged)
    assert isinstance(one(draft(1, 100, cart_version=4), world), Accepted)


@pytest.mark.parametrize(
    ("found", "refusal"),
    [
        (cart(1, ("mug", 1), buyer_id=BuyerId("buyer-2")), CartNotFound),
        (cart(1, ("mug", 1), status=CartStatus.ORDERED), CartNotFound),
        (cart(1, ("mug", 1), status=CartStatus.MERGED, merged_into=CartId("cart-9")), CartMerged),
        (cart(1), CartEmpty),
        (cart(2, ("mug", 1)), CartNotFound),
    ],
)
def test_a_cart_that_cannot_be_ordered_is_refused_by_name(
    found: Cart, refusal: type[Exception]
) -> None:
    assert isinstance(one(draft(1, 100), seen([found], mug=3)), refusal)


def test_a_merged_cart_names_the_one_to_use() -> None:
    world = seen([cart(1, status=CartStatus.MERGED, merged_into=CartId("cart-9"))])
    decision = one(draft(1, 100), world)
    assert isinstance(decision, CartMerged)
    assert decision.facts == {"cartId": "cart-9"}


def test_13_the_same_key_finds_the_order_whatever_became_of_the_cart() -> None:
    world = seen([], [placed(1, "k")])
    decision = one(draft(1, 100, idem_key="k", cart_id=CartId("cart-1")), world)
    assert decision == Placed(
        attrs.evolve(draft(1, 0).key, order_id=OrderId("earlier-1")),
        CartId("cart-1"),
        replayed=True,
    )


def test_13_the_same_key_for_another_request_is_refused() -> None:
    assert isinstance(
        one(draft(1, 100, idem_key="k", digest="other"), seen([], [placed(1, "k")])),
        IdempotencyKeyReused,
    )


def test_13_the_same_cart_without_a_key_finds_its_order() -> None:
    decision = one(
        draft(1, 100), seen([cart(1, ("mug", 1), status=CartStatus.ORDERED)], [placed(1)], mug=3)
    )
    assert isinstance(decision, Placed)
    assert (decision.key.order_id, decision.replayed) == ("earlier-1", True)


def test_a_key_and_a_cart_are_looked_up_within_their_buyer() -> None:
    world = seen([cart(2, ("mug", 1))], [placed(1, "k")], mug=3)
    assert isinstance(one(draft(2, 100, idem_key="k"), world), Accepted)


def test_16_the_attempt_that_had_been_committed_after_all_is_no_replay() -> None:
    """A connection was lost in COMMIT: the same order id is found again, and its buyer has not been
    answered yet.
    """
    decision = one(draft(1, 100, order_id=OrderId("earlier-1")), seen([], [placed(1)]))
    assert isinstance(decision, Placed)
    assert not decision.replayed


def test_13_a_double_click_in_one_group_is_one_order() -> None:
    world = seen([cart(1, ("mug", 1))], mug=3)
    twice = [
        draft(1, 100, idem_key="k", digest="d"),
        draft(1, 100, idem_key="k", digest="d", order_id=OrderId("order-1b")),
    ]
    decisions = decide(twice, world, PRICER)
    assert kinds(decisions) == [Accepted, Repeated]
    assert decisions[1] == Repeated(of=OrderId("order-1"))


def test_two_keys_for_one_cart_in_one_group_are_one_order() -> None:
    world = seen([cart(1, ("mug", 1))], mug=3)
    twice = [draft(1, 100, idem_key="k"), draft(1, 100, idem_key="l", order_id=OrderId("order-1b"))]
    assert kinds(decide(twice, world, PRICER)) == [Accepted, Repeated]


def test_a_refused_key_stays_free() -> None:
    """In the same group too: what was refused was never there."""
    world = seen([cart(1, ("mug", 1))], mug=3)
    tries = [
        draft(1, 999, idem_key="k", digest="wrong"),
        draft(1, 100, idem_key="k", digest="right"),
    ]
    assert kinds(decide(tries, world, PRICER)) == [AmountMismatch, Accepted]


def test_37_what_cannot_be_priced_is_refused_alone() -> None:
    world = seen([cart(1, ("mug", 1)), cart(2, ("cup", 1))], mug=3, cup=3)
    offers = {**world.offers, SkuId("mug"): offer("mug", Money(100, "EUR"))}
    assert kinds(
        decide([draft(1, 100), draft(2, 100)], attrs.evolve(world, offers=offers), PRICER)
    ) == [CurrencyMismatch, Accepted]


def test_deciding_changes_nothing_that_was_read() -> None:
    world = seen([cart(n, ("mug", 1)) for n in range(3)], mug=2)
    drafts = [draft(n, 100) for n in range(3)]
    assert kinds(decide(drafts, world, PRICER)) == kinds(decide(drafts, world, PRICER))
