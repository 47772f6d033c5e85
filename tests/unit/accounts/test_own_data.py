"""What a shop holds of a person, and how it ends."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from commerce_core.accounts import (
    Account,
    ChangeAccount,
    CloseAccount,
    LogIn,
    LoginFailed,
    Register,
    SessionUnknown,
)
from commerce_core.accounts.service import own_data
from commerce_core.catalog import ImportFormat, ItemsOnSale
from commerce_core.kernel.errors import Invalid, TransactionLost
from commerce_core.kernel.ids import SellerId
from commerce_core.orders import OrdersUnderWay
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import address, order, register, sell

PASSWORD = CloseAccount(password="correct horse")


def exported(shop: MemoryShop, account: Account) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, records in shop.own_data.export(account.id):
        found.setdefault(name, []).extend(records)
    return found


@pytest.fixture
def buyer(shop: MemoryShop) -> Account:
    """Somebody with an address, a session and three orders that are over."""
    buyer = register(shop)
    buyer = shop.accounts.change(buyer.id, ChangeAccount(address=address()))
    view = sell(shop)
    for _ in range(3):
        order(shop, buyer, view)
        shop.run_to_rest()
    return buyer


def test_an_export_has_all_that_is_known_and_no_secret(shop: MemoryShop, buyer: Account) -> None:
    found = exported(shop, buyer)
    assert found.keys() == {
        "notifications",
        "accounts",
        "carts",
        "wishlist",
        "orders",
        "sales",
        "items",
        "imports",
        "webhookEndpoints",
        "images",
    }
    assert found["accounts"][0]["address"]["line1"] == "1 Main Street"
    assert [one["email"] for one in found["orders"]] == [buyer.email] * 3
    assert buyer.password_hash not in str(found)


def test_what_is_erased_is_known_no_more_and_orders_keep_what_books_must(
    shop: MemoryShop, buyer: Account
) -> None:
    token = shop.accounts.log_in(LogIn(email=buyer.email, password="correct horse")).token
    before = exported(shop, buyer)["orders"]
    shop.own_data.close(buyer, PASSWORD)
    after = exported(shop, buyer)
    assert (after["accounts"], [c["lines"] for c in after["carts"] if c["status"] == "OPEN"]) == (
        [],
        [],
    )
    for was, now in zip(before, after["orders"], strict=True):
        assert now == was | {"email": "", "shippingAddress": None}
    with pytest.raises(SessionUnknown):
        shop.accounts.authenticate(token)
    with pytest.raises(LoginFailed):
        shop.accounts.log_in(LogIn(email=buyer.email, password="correct horse"))
    again = shop.accounts.register(Register(email=buyer.email, password="another one", name="A"))
    assert exported(shop, again)["orders"] == []


def test_an_account_is_closed_by_its_password_alone(shop: MemoryShop, buyer: Account) -> None:
    with pytest.raises(Invalid) as refused:
        shop.own_data.close(buyer, CloseAccount(password="wrong horse"))
    assert [p.pointer for p in refused.value.problems] == ["/password"]
    assert exported(shop, buyer)["accounts"]


def test_nobody_is_erased_while_orders_are_under_way(shop: MemoryShop, buyer: Account) -> None:
    seller = register(shop, "seller")
    order(shop, buyer, sell(shop, seller=seller))
    shop.relay.run_once(100)
    for account in (buyer, seller):
        with pytest.raises((OrdersUnderWay, ItemsOnSale)):
            shop.own_data.close(account, PASSWORD)
        assert exported(shop, account)["accounts"]
    shop.run_to_rest()
    shop.own_data.close(buyer, PASSWORD)


def test_a_seller_goes_when_nothing_is_on_sale_and_takes_the_imports_along(
    shop: MemoryShop,
) -> None:
    seller = register(shop, "seller")
    view = sell(shop, seller=seller)
    shop.imports.take(SellerId(seller.id), ImportFormat.CSV, [b"sku,name,price\nX,,1\n"])
    shop.run_to_rest()
    assert exported(shop, seller)["imports"][0]["errors"]
    with pytest.raises(ItemsOnSale):
        shop.own_data.close(seller, PASSWORD)
    shop.items.withdraw(SellerId(seller.id), view.item.id)
    shop.own_data.close(seller, PASSWORD)
    found = exported(shop, seller)
    assert (found["accounts"], found["imports"], len(found["items"])) == ([], [], 1)


def test_a_long_history_goes_in_steps_and_who_dies_in_the_middle_is_followed_by_another(
    shop: MemoryShop, buyer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "_AT_ONCE", 1)
    erase, steps = shop.own_data._parts[3].erase, iter(range(9))

    def dies(*arguments: Any) -> Any:
        if next(steps) == 1:
            raise TransactionLost("killed")
        return erase(*arguments)

    monkeypatch.setattr(shop.own_data._parts[3], "erase", dies)
    shop.own_data.close(buyer, PASSWORD)
    assert sorted(one["email"] for one in exported(shop, buyer)["orders"]) == [
        "",
        *[buyer.email] * 2,
    ]
    assert shop.own_data.run_once(50) == 0, "whoever is at it is left alone"
    shop.clock.advance(timedelta(minutes=1))
    while shop.own_data.run_once(1):
        pass
    assert [one["email"] for one in exported(shop, buyer)["orders"]] == [""] * 3


def test_what_was_written_meanwhile_goes_ten_minutes_later(
    shop: MemoryShop, buyer: Account
) -> None:
    shop.own_data.close(buyer, PASSWORD)
    order(shop, buyer, sell(shop))  # by a request that was let in before
    shop.clock.advance(timedelta(minutes=10))
    assert shop.own_data.run_once(50) == 0, "it is not over"
    shop.run_to_rest()
    shop.clock.advance(timedelta(minutes=1))
    assert shop.own_data.run_once(50) > 0
    assert [one["email"] for one in exported(shop, buyer)["orders"]] == [""] * 4
    assert shop.own_data.run_once(50) == 1, "the log is emptied"
    shop.clock.advance(timedelta(days=1))
    assert shop.own_data.run_once(50) == 0
