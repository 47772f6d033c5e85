"""Carts of guests: what becomes of them at login."""

import pytest

from commerce_core.cart.service import guest_id
from commerce_core.checkout import CartMerged
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.cart.filling import ADA, BOB, GUEST, look, put, quantities, setting
from tests.unit.people import buyer_id, pay, register, sell


@pytest.mark.parametrize(
    ("mine", "theirs", "merged"),
    [
        ({}, {}, {}),
        ({"a": 2}, {}, {"a": 2}),
        ({}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"b": 3}, {"a": 2, "b": 3}),
        ({"a": 2}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": 2}, {"a": 5}),
        ({"a": 1, "b": 7}, {"b": 2, "c": 4}, {"a": 1, "b": 7, "c": 4}),
    ],
)
def test_28_a_guests_cart_is_joined_with_the_buyers_own(
    shop: MemoryShop, mine: dict[str, int], theirs: dict[str, int], merged: dict[str, int]
) -> None:
    items = {name: sell(shop, 10, name=name) for name in "abc"}
    for who, lines in ((ADA, mine), (GUEST, theirs)):
        put(shop, who, *(setting(items[name], n) for name, n in lines.items()))
    assert quantities(look(shop, ADA, GUEST)) == merged
    assert quantities(look(shop, ADA)) == merged
    assert quantities(look(shop, ADA, GUEST)) == merged


def test_28_the_next_user_of_the_same_browser_inherits_nothing(shop: MemoryShop) -> None:
    put(shop, GUEST, setting(sell(shop), 3))
    assert quantities(look(shop, ADA, GUEST)) == {"Mug": 3}
    assert quantities(look(shop, BOB, GUEST)) == {}
    assert quantities(look(shop, GUEST)) == {}


def test_28_a_guest_who_goes_on_after_logging_out_has_a_cart_of_its_own(shop: MemoryShop) -> None:
    mug, cup = sell(shop), sell(shop, name="Cup")
    put(shop, GUEST, setting(mug, 3))
    look(shop, ADA, GUEST)
    put(shop, GUEST, setting(cup, 1))
    assert (quantities(look(shop, ADA)), quantities(look(shop, GUEST))) == ({"Mug": 3}, {"Cup": 1})
    assert quantities(look(shop, ADA, GUEST)) == {"Mug": 3, "Cup": 1}


def test_28_the_first_change_after_login_takes_the_cart_over_too(shop: MemoryShop) -> None:
    mug, cup = sell(shop), sell(shop, name="Cup")
    put(shop, GUEST, setting(mug, 3))
    assert quantities(put(shop, ADA, setting(cup, 2), guest=GUEST)) == {"Mug": 3, "Cup": 2}


def test_28_the_guests_cart_tells_its_buyer_which_one_to_check_out(shop: MemoryShop) -> None:
    ada = register(shop)
    old = put(shop, GUEST, setting(sell(shop), 1)).cart.id
    merged = look(shop, buyer_id(ada), GUEST).cart.id
    with pytest.raises(CartMerged) as refusal:
        pay(shop, ada, old, "5.00")
    assert refusal.value.facts == {"cartId": merged}


def test_28_other_peoples_carts_are_not_seen(shop: MemoryShop) -> None:
    put(shop, ADA, setting(sell(shop), 3))
    assert (quantities(look(shop, BOB)), quantities(look(shop, GUEST))) == ({}, {})


def test_28_a_token_is_not_the_name_of_its_cart() -> None:
    assert "token" not in guest_id("token")
    assert guest_id("token") != guest_id("token2")
