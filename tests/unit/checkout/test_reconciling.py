"""Handles that were prepared in vain, and money that came although all was undone."""

from datetime import timedelta

import attrs
import pytest

from commerce_core.checkout import MoneyFact, PlaceOrder
from commerce_core.checkout.service.prepare import PreparedPayment
from commerce_core.orders import OrderState
from commerce_core.payment import BookEntry, Captured, Charge, ChargeOutcome, Handle, Voided
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.checkout.doubles import scripted
from tests.unit.people import card, fill, order, register, see, sell, usd
from tests.unit.people import prepared as prepared_payment

HOUR = timedelta(hours=1, seconds=1)


def prepare(shop: MemoryShop) -> PreparedPayment:
    """A request that dies between preparing its payment and placing its order."""
    buyer = register(shop)
    command = PlaceOrder(
        cart_id=fill(shop, buyer, (sell(shop), 1)), amount=usd("5.00"), payment_info=card()
    )
    return prepared_payment(shop, shop.checkout.request(buyer, command))


def test_10_a_handle_that_no_order_names_is_cancelled_after_an_hour(shop: MemoryShop) -> None:
    prepared = prepare(shop)
    assert shop.reconciliation.run_once(10) == 0
    shop.clock.advance(HOUR)
    assert (shop.reconciliation.run_once(10), shop.reconciliation.run_once(10)) == (1, 0)
    assert isinstance(shop.parts.gateway.confirm(Charge(prepared.handle, "late")), Voided)


def test_the_handle_of_an_order_under_way_is_left_alone(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    shop.clock.advance(HOUR)
    assert shop.reconciliation.run_once(10) == 0
    shop.runner.run_once(10)
    assert see(shop, placed).state is OrderState.COMPLETED


def test_handles_of_orders_that_were_undone_before_their_charge_do_not_stand_in_the_way_of_others(
    shop: MemoryShop,
) -> None:
    for _ in range(3):
        placed = order(shop, register(shop), sell(shop))
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.runner.run_once(10)
    prepared = prepare(shop)
    shop.clock.advance(HOUR)
    while shop.reconciliation.run_once(2):
        pass
    assert isinstance(shop.parts.gateway.fetch(prepared.handle), Voided)


def test_money_that_came_after_the_order_was_cancelled_is_paid_back_once(shop: MemoryShop) -> None:
    """A gateway whose fence does not hold: the fact is kept, and opens its own refund (rule 6)."""
    placed = order(shop, register(shop), sell(shop))
    shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.runner.run_once(10)
    late = shop.parts.gateway.confirm(Charge(see(shop, placed).order.handle, "late"))
    assert isinstance(late, Captured)
    with shop.parts.database.begin() as tx:
        shop.parts.sagas.record_facts(
            tx,
            [MoneyFact(key=placed.key, ref=late.ref, kind="capture", amount=late.amount)],
            shop.clock.now(),
        )
        tx.commit()
    assert {v.invariant for v in shop.checker.check().violations} == {"L2", "S13"}
    assert (shop.reconciliation.run_once(10), shop.reconciliation.run_once(10)) == (1, 0)
    books = shop.parts.gateway.books([placed.key.order_id])
    assert [attrs.evolve(e, ref="") for e in books] == [
        BookEntry(order_id=placed.key.order_id, ref="", kind=kind, amount=usd("5.00"))
        for kind in ("capture", "refund")
    ]
    assert (see(shop, placed).state, shop.checker.check().violations) == (OrderState.CANCELLED, ())


def test_9_every_refund_of_an_order_has_its_own_number_and_key() -> None:
    """The saga has paid back the first capture; a second one and a third one of a gateway out of
    its mind follow.
    """
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop), country="AQ")
    shop.runner.run_once(10)
    entry = gateway._entries[f"handle-{placed.key.order_id}"]
    entry.amount = usd("15.00")
    late = [
        MoneyFact(key=placed.key, ref=f"late-{no}", kind="capture", amount=usd("5.00"))
        for no in (1, 2)
    ]
    with shop.parts.database.begin() as tx:
        shop.parts.sagas.record_facts(tx, late, shop.clock.now())
        tx.commit()
    assert [shop.reconciliation.run_once(10) for _ in range(3)] == [1, 1, 0]
    assert gateway.keys[-3:] == [f"{placed.key.order_id}:refund:{no}:1" for no in (1, 2, 3)]


def test_37_a_handle_that_the_gateway_chokes_on_keeps_no_other_from_being_cancelled() -> None:
    shop, gateway = scripted()
    spoilt, other = prepare(shop), prepare(shop)
    shop.clock.advance(HOUR)
    truth = gateway.cancel

    def choke(handle: Handle) -> ChargeOutcome:
        if handle == spoilt.handle:
            raise RuntimeError("a handle nobody can read")
        return truth(handle)

    gateway.cancel = choke  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="nobody can read"):
        shop.reconciliation.run_once(10)
    assert isinstance(gateway.fetch(other.handle), Voided)
