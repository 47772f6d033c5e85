"""Carts of guests and buyers: what becomes of their lines."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce_core.cart import (
    Cart,
    CartLine,
    CartStatus,
    CartView,
    ChangeCart,
    Problem,
    SetQuantity,
    TooManyLines,
    TotalTooLarge,
    next_cart_id,
)
from commerce_core.cart.model import MOST_LINES, MOST_PIECES
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import (
    ItemNotFound,
    ItemPatch,
    ItemView,
    NewItem,
    NewVariant,
    StockReceipt,
)
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import CartId, ItemId, SellerId, SkuId
from commerce_core.kernel.money import MAX_MINOR, MAX_SUM, Money
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.cart.filling import ADA, BOB, GUEST, look, put, quantities, setting, submit
from tests.unit.people import buyer_id, fill, pay, register, sell, usd

AT = datetime(2026, 1, 1, tzinfo=UTC)


# --- filling


def test_a_quantity_is_set_and_not_added(shop: MemoryShop) -> None:
    mug = sell(shop)
    views = [put(shop, ADA, setting(mug, n)) for n in (2, 5, 5)]
    assert [quantities(v) for v in views] == [{"Mug": 2}, {"Mug": 5}, {"Mug": 5}]
    assert [v.cart.version for v in views] == [1, 2, 2]
    assert views[-1].quote.total == usd("25.00")


def test_nothing_takes_the_line_out(shop: MemoryShop) -> None:
    mug = sell(shop)
    put(shop, ADA, setting(mug, 2))
    assert put(shop, ADA, setting(mug, 0)).lines == ()
    assert put(shop, ADA, setting(mug, 0)).cart.version == 2


def test_emptying_comes_before_setting(shop: MemoryShop) -> None:
    mug, cup = sell(shop), sell(shop, name="Cup")
    put(shop, ADA, setting(mug, 2))
    change = CartChange(shopper=Shopper(buyer_id=ADA), quantities=(setting(cup, 1),), empty=True)
    assert quantities(shop.carts.change(change)) == {"Cup": 1}


def test_a_refused_change_leaves_the_cart_as_it_was(shop: MemoryShop) -> None:
    mug = sell(shop)
    put(shop, ADA, setting(mug, 2))
    with pytest.raises(ItemNotFound):
        put(shop, ADA, setting(mug, 5), SetQuantity(item_id=ItemId("nothing"), quantity=1))
    assert quantities(look(shop, ADA)) == {"Mug": 2}


def test_an_item_with_variants_is_bought_in_one_of_them(shop: MemoryShop) -> None:
    forms = tuple(NewVariant(variant_id=v, price=usd("1.00"), stock=5) for v in "12")
    item = shop.items.onboard(SellerId("s"), NewItem(name="n", variants=forms))
    assert len(put(shop, ADA, setting(item, 1, "1"), setting(item, 2, "2")).lines) == 2
    for variant_id, why in ((None, "is required"), ("9", "names no variant")):
        with pytest.raises(Invalid, match=why):
            put(shop, ADA, setting(item, 1, variant_id))


def test_a_withdrawn_item_is_not_put_in_but_may_be_changed_and_taken_out(shop: MemoryShop) -> None:
    mug = sell(shop)
    put(shop, ADA, setting(mug, 2))
    shop.items.withdraw(mug.item.seller_id, mug.item.id)
    with pytest.raises(ItemNotFound):
        put(shop, BOB, setting(mug, 1))
    assert [p.code for p in put(shop, ADA, setting(mug, 1)).lines[0].problems] == [
        Problem.WITHDRAWN
    ]
    assert put(shop, ADA, setting(mug, 0)).lines == ()


def test_a_cart_tells_what_has_become_of_its_lines(shop: MemoryShop) -> None:
    mug = sell(shop, 5, "5.00")
    put(shop, ADA, setting(mug, 4))
    seller = mug.item.seller_id
    shop.items.change(seller, mug.item.id, ItemPatch(price=usd("6.00")), 1)
    shop.items.receive(seller, mug.item.id, StockReceipt(quantity=-2, reference="r"))
    view = look(shop, ADA)
    assert [(p.code, p.detail) for p in view.lines[0].problems] == [
        (Problem.SOLD_OUT, "only 3 left"),
        (Problem.PRICE_CHANGED, "costs 6.00 USD now, not 5.00 USD"),
    ]
    assert view.quote.total == usd("24.00")
    shop.items.receive(seller, mug.item.id, StockReceipt(quantity=-3, reference="s"))
    assert look(shop, ADA).lines[0].problems[0].detail == "is sold out"


@pytest.mark.parametrize("quantity", [-1, MOST_PIECES + 1])
def test_a_quantity_is_bounded(quantity: int) -> None:
    with pytest.raises(ValueError, match="must be between"):
        SetQuantity(item_id=ItemId("i"), quantity=quantity)


# --- the cart as a value


def cart(*lines: tuple[int, int]) -> Cart:
    made = tuple(
        CartLine(
            item_id=ItemId(f"i{n}"),
            variant_id=None,
            sku_id=SkuId(f"s{n}"),
            quantity=q,
            seen_price=Money(1, "USD"),
        )
        for n, q in lines
    )
    return Cart(id=CartId("c"), buyer_id=ADA, lines=made, updated_at=AT)


def test_a_cart_is_full_at_its_bound(shop: MemoryShop) -> None:
    seller = register(shop, "seller")
    put(shop, ADA, *(setting(sell(shop, name=f"{n}", seller=seller), 1) for n in range(MOST_LINES)))
    with pytest.raises(TooManyLines):
        put(shop, ADA, setting(sell(shop), 1))
    assert len(look(shop, ADA).lines) == MOST_LINES


LINES = st.lists(
    st.tuples(st.integers(0, 25), st.integers(1, MOST_PIECES)),
    max_size=21,
    unique_by=lambda p: p[0],
)


@pytest.fixture
def small_carts(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("commerce_core.cart.model.MOST_LINES", 20)
    return 20


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it only sets a bound
@given(mine=LINES.map(lambda x: x[:20]), more=LINES)
def test_what_goes_beyond_the_bounds_of_a_cart_is_noted(
    small_carts: int, mine: list[tuple[int, int]], more: list[tuple[int, int]]
) -> None:
    before, other = cart(*mine), cart(*more)
    joined, back = before.merged_with(other, AT), before.given_back(other.lines, AT)
    for after in (joined, back):
        assert len(after.lines) <= small_carts
        assert {x.sku_id for x in before.lines} <= {x.sku_id for x in after.lines}
        assert all(1 <= x.quantity <= MOST_PIECES for x in after.lines)
        assert len({x.sku_id for x in after.lines}) == len(after.lines)
    pieces = [
        sum(x.quantity for x in lines)
        for lines in (before.lines, other.lines, back.lines, back.left_out)
    ]
    assert pieces[0] + pieces[1] == pieces[2] + pieces[3]
    assert {x.sku_id for x in other.lines} == {
        x.sku_id for x in (*joined.lines, *joined.left_out)
    } & {x.sku_id for x in other.lines}


def test_28_what_did_not_fit_at_login_is_told_until_the_buyer_changes_the_cart(
    shop: MemoryShop, small_carts: int
) -> None:
    seller = register(shop, "seller")
    items = [sell(shop, name=f"{n:02}", seller=seller) for n in range(small_carts + 2)]
    put(shop, ADA, *(setting(view, 1) for view in items[:-3]))
    put(shop, GUEST, *(setting(view, 2) for view in items[-3:]))
    joined = put(shop, ADA, setting(items[0], 5), guest=GUEST)
    assert (len(joined.lines), quantities(joined)["00"]) == (small_carts, 5)
    assert [(x.item_id, x.quantity) for x in joined.cart.left_out] == [
        (view.item.id, 2) for view in items[-2:]
    ]
    assert look(shop, ADA, GUEST).cart.left_out == joined.cart.left_out
    changed = put(shop, ADA, setting(items[0], 0), setting(items[-1], 2))
    assert (changed.cart.left_out, look(shop, ADA).cart.left_out) == ((), ())


# --- many lines at once


def refusals(shop: MemoryShop, *wanted: SetQuantity) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        shop.carts.change(CartChange(shopper=Shopper(buyer_id=ADA), quantities=wanted, listed=True))
    return [(p.pointer, p.detail) for p in refused.value.problems]


def test_a_list_of_lines_is_taken_whole_or_not_at_all(shop: MemoryShop) -> None:
    mug, cup = sell(shop), sell(shop, name="Cup")
    shirt = shop.items.onboard(
        SellerId("s"),
        NewItem(name="Shirt", variants=(NewVariant(variant_id="M", price=usd("9"), stock=3),)),
    )
    put(shop, ADA, setting(mug, 1))
    nothing = SetQuantity(item_id=ItemId("nothing"), quantity=1)
    assert refusals(
        shop, setting(mug, 0), nothing, setting(cup, 2), setting(shirt, 1), setting(shirt, 1, "L")
    ) == [
        ("/lines/1/itemId", "there is no such item"),
        ("/lines/3/variantId", "is required for this item"),
        ("/lines/4/variantId", "names no variant of this item"),
    ]
    assert quantities(look(shop, ADA)) == {"Mug": 1}
    assert quantities(put(shop, ADA, setting(mug, 0), setting(cup, 2), setting(shirt, 1, "M"))) == {
        "Cup": 2,
        "Shirt": 1,
    }


def test_39_a_list_of_nothing_but_unknown_things_names_a_hundred_of_them_and_says_so(
    shop: MemoryShop,
) -> None:
    nothing = tuple(SetQuantity(item_id=ItemId(f"{n}"), quantity=1) for n in range(150))
    with pytest.raises(Invalid) as refused:
        shop.carts.change(
            CartChange(shopper=Shopper(buyer_id=ADA), quantities=nothing, listed=True)
        )
    assert (len(refused.value.problems), refused.value.truncated) == (100, True)


def test_a_list_may_change_every_line_of_a_full_cart(shop: MemoryShop, small_carts: int) -> None:
    seller = register(shop, "seller")
    old, new = (
        [sell(shop, name=f"{name}{n}", seller=seller) for n in range(small_carts)] for name in "ab"
    )
    put(shop, ADA, *(setting(view, 1) for view in old))
    with pytest.raises(TooManyLines):
        put(shop, ADA, *(setting(view, 1) for view in new[:2]), setting(old[0], 0))
    swapped = put(
        shop, ADA, *(setting(view, 1) for view in new), *(setting(view, 0) for view in old)
    )
    assert sorted(quantities(swapped)) == sorted(view.item.name for view in new)


@pytest.mark.parametrize("count", [0, MOST_LINES + 1])
def test_a_list_of_lines_is_bounded(count: int) -> None:
    with pytest.raises(ValueError, match="must be 1 to 1000 lines"):
        ChangeCart(
            lines=tuple(SetQuantity(item_id=ItemId(f"{n}"), quantity=1) for n in range(count))
        )


def test_the_same_thing_twice_in_one_list_is_refused() -> None:
    a, b = (
        SetQuantity(item_id=ItemId("a"), quantity=1),
        SetQuantity(item_id=ItemId("a"), variant_id="b", quantity=1),
    )
    with pytest.raises(Invalid) as refused:
        ChangeCart(lines=(a, b, a, b))
    assert [(p.pointer, p.detail) for p in refused.value.problems] == [
        ("/2", "is the same thing as line 0"),
        ("/3", "is the same thing as line 1"),
    ]


# --- what a cart can come to


def dear(shop: MemoryShop, seller: SellerId, minor: int) -> ItemView:
    return shop.items.onboard(
        seller, NewItem(name="Dear", price=Money(minor, "USD"), quantity=MOST_PIECES)
    )


def test_a_cart_is_not_filled_beyond_what_an_order_can_come_to(shop: MemoryShop) -> None:
    seller = SellerId("s")
    most, more = dear(shop, seller, MAX_MINOR), dear(shop, seller, MAX_MINOR)
    whole = put(shop, ADA, setting(most, MOST_PIECES))
    assert whole.quote.total == Money(MAX_MINOR * MOST_PIECES, "USD")
    assert Money.parse(whole.quote.total.amount, "USD") == whole.quote.total
    group = [
        CartChange(shopper=Shopper(buyer_id=who), quantities=(setting(more, 2),))
        for who in (ADA, BOB)
    ]
    assert [type(a) for a in submit(shop, group)] == [TotalTooLarge, CartView]
    assert look(shop, ADA).cart == whole.cart


def test_a_cart_that_prices_have_made_too_dear_says_so_and_can_be_emptied_bit_by_bit(
    shop: MemoryShop,
) -> None:
    seller = SellerId("s")
    one, two = dear(shop, seller, MAX_MINOR), dear(shop, seller, 1)
    put(shop, ADA, setting(one, MOST_PIECES), setting(two, MOST_PIECES))
    shop.items.change(seller, two.item.id, ItemPatch(price=Money(MAX_MINOR, "USD")), 1)
    problems = [[p.code for p in x.problems] for x in look(shop, ADA).lines]
    assert problems == [[Problem.TOTAL_TOO_LARGE], [Problem.PRICE_CHANGED]]
    with pytest.raises(TotalTooLarge):
        put(shop, ADA, setting(one, MOST_PIECES - 1), setting(dear(shop, seller, 1), 1))
    assert put(shop, ADA, setting(one, MOST_PIECES - 1)).quote.total.minor > MAX_SUM
    assert [[p.code for p in x.problems] for x in put(shop, ADA, setting(one, 0)).lines] == [
        [Problem.PRICE_CHANGED]
    ]


def test_lines_that_come_back_are_added_to_those_that_are_there() -> None:
    back = cart((1, 2), (2, MOST_PIECES)).given_back(cart((1, 3), (2, 1), (3, 4)).lines, AT)
    assert [(x.sku_id, x.quantity) for x in back.lines] == [
        ("s1", 5),
        ("s2", MOST_PIECES),
        ("s3", 4),
    ]


def test_the_next_cart_has_its_name_before_it_is_written(shop: MemoryShop) -> None:
    ada = register(shop)
    empty = look(shop, buyer_id(ada)).cart
    assert (empty.id, empty.version) == (next_cart_id(buyer_id(ada), 0), 0)
    assert fill(shop, ada, (sell(shop), 1)) == empty.id
    pay(shop, ada, empty.id, "5.00")
    assert look(shop, buyer_id(ada)).cart.id == next_cart_id(buyer_id(ada), 1)


def test_a_spent_cart_names_the_one_it_went_into() -> None:
    spent = cart((1, 1)).as_merged_into(CartId("d"), AT)
    assert (spent.status, spent.merged_into, spent.version) == (CartStatus.MERGED, "d", 2)
