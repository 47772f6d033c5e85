"""Guards that nothing else would miss: each of these was once taken away without a test that
noticed.
"""

from datetime import timedelta

import attrs
import pytest

from commerce_core.checkout import Placed, PlaceOrder
from commerce_core.inventory import HoldStatus
from commerce_core.orders import OrderState, OrderStatus, OrderView
from commerce_core.payment import PaymentUnknown, Voided
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.checkout.doubles import BusyCarrier, scripted
from tests.unit.checkout.test_running import LEASE
from tests.unit.people import address, card, fill, order, register, see, sell, usd
from tests.unit.people import prepared as prepared_payment


@pytest.mark.parametrize("status", [HoldStatus.RELEASED, None])
def test_an_order_whose_goods_are_not_held_is_not_completed_and_is_flagged(
    shop: MemoryShop, status: HoldStatus | None
) -> None:
    placed, other = order(shop, register(shop), sell(shop)), order(shop, register(shop), sell(shop))
    holds = shop.parts.database.tables["reservation"]
    for key in [key for key in holds if key[0] == placed.key.order_id]:
        if status is None:
            holds.pop(key)
        else:
            holds[key] = attrs.evolve(holds[key], status=status)
    shop.runner.run_once(10)
    row, view = shop.operations.show(placed.key.order_id)
    assert (view.state, row.attention) == (OrderState.SHIPPING, True)
    assert row.last_error is not None
    assert "HoldsLost" in row.last_error
    assert [r.saga.key for r in shop.operations.alarmed()] == [placed.key]
    assert see(shop, other).status is OrderStatus.COMPLETED


def test_tries_in_vain_are_counted_anew_after_every_progress() -> None:
    carrier = BusyCarrier()
    carrier.silent = 2
    shop, gateway = scripted(carrier=carrier)
    gateway.reply = PaymentUnknown("no answer")
    placed = order(shop, register(shop), sell(shop))
    counted = []
    for turn in range(6):
        if turn == 4:
            gateway.reply = None
        shop.runner.run_once(10)
        counted.append(shop.operations.show(placed.key.order_id)[0].claims)
        shop.clock.advance(LEASE)
    assert counted == [1, 2, 3, 4, 1, 2]
    shop.runner.run_once(10)
    assert shop.operations.show(placed.key.order_id)[0].claims == 0
    assert see(shop, placed).status is OrderStatus.COMPLETED


def test_a_prepared_payment_waits_a_whole_hour_for_its_order(shop: MemoryShop) -> None:
    buyer = register(shop)
    command = PlaceOrder(
        cart_id=fill(shop, buyer, (sell(shop), 1)),
        amount=usd("5.00"),
        payment_info=card(),
        shipping_address=address(),
    )
    prepared = prepared_payment(shop, shop.checkout.request(buyer, command))
    for minutes in (1, 58):
        shop.clock.advance(timedelta(minutes=minutes))
        assert shop.reconciliation.run_once(10) == 0
        assert not isinstance(shop.parts.gateway.fetch(prepared.handle), Voided)
    (placed,) = shop.placement.place_many([prepared])
    assert isinstance(placed, Placed)
    shop.run_to_rest()
    assert see(shop, placed).status is OrderStatus.COMPLETED


def test_the_first_answer_shows_the_order_as_it_was_placed_however_far_it_has_come(
    shop: MemoryShop,
) -> None:
    placed = order(shop, register(shop), sell(shop))
    assert placed.view is not None
    assert (placed.view.status, [e.fact.value for e in placed.view.timeline]) == (
        OrderStatus.PENDING, ["OrderCreated", "InventoryReserved"],
    )  # fmt: skip
    first = see(shop, placed)
    shop.run_to_rest()
    later = see(shop, placed)
    assert later.status is OrderStatus.COMPLETED
    assert OrderView.as_placed(later.order) == first == placed.view


def test_the_first_answer_of_an_order_that_was_undone_meanwhile_shows_nothing_of_it(
    shop: MemoryShop,
) -> None:
    placed = order(shop, register(shop), sell(shop), country="AQ")
    first = see(shop, placed)
    shop.run_to_rest()
    assert see(shop, placed).cancellation is not None
    assert OrderView.as_placed(see(shop, placed).order) == first


def test_what_a_party_fails_with_is_kept_in_one_line_without_its_secrets() -> None:
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop))

    def fail() -> None:
        raise RuntimeError(f"refused Authorization: Bearer k3y-0f-th3-g4teway {'x' * 900}\nmore")

    gateway.before_confirm = fail
    shop.runner.run_once(10)
    row, _ = shop.operations.show(placed.key.order_id)
    assert row.last_error is not None
    assert row.last_error.startswith("RuntimeError: refused")
    assert "k3y-0f-th3-g4teway" not in row.last_error
    assert "\n" not in row.last_error
    assert len(row.last_error) < 600
