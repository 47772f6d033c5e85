"""What is free, and what is on offer."""

import pytest

from commerce_core.catalog import StockReceipt
from commerce_core.inventory import StockLevel
from commerce_core.kernel.ids import SkuId
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import order, register, sell


@pytest.mark.parametrize(
    ("on_hand", "reserved", "sellable", "available", "on_offer"),
    [
        (0, 0, True, 0, False),
        (5, 0, True, 5, True),
        (5, 5, True, 0, False),
        (5, 4, True, 1, True),
        (5, 0, False, 5, False),
    ],
)
def test_free_is_what_is_on_hand_and_held_for_nobody(
    on_hand: int, reserved: int, sellable: bool, available: int, on_offer: bool
) -> None:
    level = StockLevel(
        sku_id=SkuId("s"),
        on_hand=on_hand,
        reserved=reserved,
        sellable=sellable,
        availability_version=0,
    )
    assert (level.available, level.on_offer) == (available, on_offer)


def test_24_what_sold_out_is_told_of_once_and_again_when_it_is_back(shop: MemoryShop) -> None:
    mug = sell(shop, 2)
    seller, item_id = mug.item.seller_id, mug.item.id

    def published() -> int:
        with shop.parts.database.snapshot() as tx:
            return sum(
                m.name == "inventory.availability_changed.v1" for m in tx.table("outbox").values()
            )

    counts = [published()]
    order(shop, register(shop), mug)
    counts.append(published())
    order(shop, register(shop), mug)
    counts.append(published())
    shop.items.receive(seller, item_id, StockReceipt(quantity=5, reference="r"))
    counts.append(published())
    shop.items.receive(seller, item_id, StockReceipt(quantity=5, reference="r2"))
    counts.append(published())
    assert counts == [0, 0, 1, 2, 2]


def test_24_a_hold_that_ends_puts_the_last_piece_back_on_offer(shop: MemoryShop) -> None:
    mug = sell(shop, 1)
    placed = order(shop, register(shop), mug)
    sold_out = shop.items.details(mug.item.id)
    shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.runner.run_once(10)
    again = shop.items.details(mug.item.id)
    assert [v.document_version for v in (mug, sold_out, again)] == [1, 2, 3]
