"""Changes of carts that are worked on together."""

from collections.abc import Sequence

import pytest

from commerce_core.cart import Cart, CartView, SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import ItemNotFound
from commerce_core.kernel.errors import Conflict, TransactionLost
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.cart import MemoryCartRepository
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.cart.filling import ADA, BOB, GUEST, look, quantities, setting, submit
from tests.unit.people import sell


def test_the_changes_of_a_group_follow_each_other_and_a_refusal_touches_no_neighbour(
    shop: MemoryShop,
) -> None:
    mug, cup = sell(shop), sell(shop, name="Cup")
    nothing = SetQuantity(item_id=ItemId("nothing"), quantity=1)
    wanted = [
        (ADA, setting(mug, 1)),
        (BOB, setting(mug, 2)),
        (ADA, nothing),
        (ADA, setting(cup, 3)),
        (BOB, nothing),
    ]
    answers = submit(
        shop, [CartChange(shopper=Shopper(buyer_id=who), quantities=(q,)) for who, q in wanted]
    )
    assert [type(a) for a in answers] == [CartView, CartView, ItemNotFound, CartView, ItemNotFound]
    assert (quantities(look(shop, ADA)), quantities(look(shop, BOB))) == (
        {"Mug": 1, "Cup": 3},
        {"Mug": 2},
    )


def test_filling_as_a_guest_and_logging_in_may_fall_into_one_group(shop: MemoryShop) -> None:
    mug = sell(shop)
    group = [
        CartChange(shopper=Shopper(buyer_id=GUEST), quantities=(setting(mug, 2),)),
        CartChange(shopper=Shopper(buyer_id=ADA, guest_id=GUEST)),
    ]
    submit(shop, group)
    assert (quantities(look(shop, ADA)), quantities(look(shop, GUEST))) == ({"Mug": 2}, {})


class BusyCartRepository(MemoryCartRepository):
    """Finds, some times, that a cart was changed meanwhile."""

    conflicts = 0

    def insert(self, tx: Transaction, carts: Sequence[Cart]) -> None:
        if self.conflicts > 0:
            self.conflicts -= 1
            raise Conflict("changed meanwhile")
        super().insert(tx, carts)


@pytest.mark.parametrize(("conflicts", "placed"), [(1, 2), (3, 2), (99, 0)])
def test_a_group_that_meets_another_is_tried_again_and_halved(conflicts: int, placed: int) -> None:
    repo = BusyCartRepository()
    shop = memory_shop(MemoryParts(carts=repo))
    mug = sell(shop)
    repo.conflicts = conflicts
    answers = submit(
        shop,
        [
            CartChange(shopper=Shopper(buyer_id=who), quantities=(setting(mug, 1),))
            for who in (ADA, BOB)
        ],
    )
    assert sum(isinstance(a, CartView) for a in answers) == placed
    assert all(isinstance(a, (CartView, TransactionLost)) for a in answers)
