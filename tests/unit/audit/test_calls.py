"""Every call to the outside is kept, whatever came of it, and nothing secret with it."""

from datetime import timedelta

from commerce_core.orders import OrderStatus
from commerce_core.payment import ChargeOutcome
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.checkout.test_operating import waiting_for_its_charge
from tests.unit.people import order, register, see, sell


def made(shop: MemoryShop, order_id: str) -> list[tuple[str, str, int]]:
    calls = shop.operations.dossier(order_id).calls
    return [(call.call, call.outcome, call.attempt) for call in calls]


def test_the_calls_of_an_order_are_kept_one_by_one_with_their_keys(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    assert see(shop, placed).status is OrderStatus.COMPLETED
    order_id = placed.key.order_id
    assert made(shop, order_id) == [("book", "booked", 1), ("confirm", "captured", 1)]
    keys = {call.key for call in shop.operations.dossier(order_id).calls}
    assert keys == {f"{order_id}:charge:1:1", f"{order_id}:ship:1:1"}


def test_a_call_whose_answer_was_lost_stays_beside_the_one_that_found_it(
    shop: MemoryShop,
) -> None:
    order_id = waiting_for_its_charge(shop)
    ((call, outcome, attempt),) = made(shop, order_id)
    assert (call, outcome, attempt) == ("confirm", "unknown", 1)
    shop.let_pass(timedelta(minutes=1))
    found = made(shop, order_id)
    assert ("confirm", "unknown", 1) in found
    assert [outcome for _, outcome, _ in found].count("captured") == 1
    assert len(found) >= 3


def test_an_error_of_the_gateway_is_kept_without_what_is_secret_in_it() -> None:
    class Failing(MemoryGateway):
        def confirm(self, *_: object, **__: object) -> ChargeOutcome:
            raise RuntimeError("card 4242424242424242, Authorization: Bearer abcdefgh12345678")

    parts = MemoryParts()
    object.__setattr__(parts, "gateway", Failing(parts.clock))
    shop = memory_shop(parts)
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    (call,) = shop.operations.dossier(placed.key.order_id).calls
    assert call.outcome == "failed"
    assert call.detail is not None
    assert "4242424242424242" not in call.detail
    assert "abcdefgh12345678" not in call.detail


def test_old_calls_are_forgotten(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    shop.clock.advance(timedelta(days=31))
    assert shop.retention.run_once(100) >= 2
    assert made(shop, placed.key.order_id) == []
