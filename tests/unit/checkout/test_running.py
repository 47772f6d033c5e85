"""Running sagas: answers lost, runners that die or freeze, rows that spoil a batch, and what buyers
see in the end.
"""

from datetime import timedelta
from itertools import count

import attrs
import pytest

from commerce_core.cart.service import Shopper
from commerce_core.checkout import OURS, Operation
from commerce_core.checkout.service.run import SagaRunner
from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderState, OrderStatus, TooLateToCancel
from commerce_core.payment import Captured, Charge, PaymentUnknown
from commerce_testkit.memory.shop import MemoryShop, memory_shop
from tests.unit.checkout.doubles import BusyCarrier, Died, ScriptedGateway, die, scripted
from tests.unit.checkout.test_spoilt_groups import BrokenLedger
from tests.unit.people import (
    DECLINED_CARD,
    LOSES_ANSWER,
    TIMES_OUT_FIRST,
    buyer_id,
    fill,
    free,
    order,
    pay,
    register,
    see,
    sell,
)

SMOOTH = [
    "OrderCreated",
    "InventoryReserved",
    "PaymentCompleted",
    "ShipmentReady",
    "OrderCompleted",
]
LEASE = timedelta(seconds=31)


def steps(shop: MemoryShop, placed: object) -> list[str]:
    return [entry.fact.value for entry in see(shop, placed).timeline]  # type: ignore[arg-type]


def test_a_smooth_order_is_completed_in_one_run(shop: MemoryShop) -> None:
    mug = sell(shop, 5)
    placed = order(shop, register(shop), mug, 2)
    assert shop.runner.run_once(10) == 1
    view = see(shop, placed)
    assert (steps(shop, placed), view.status, view.payment_status) == (
        SMOOTH,
        OrderStatus.COMPLETED,
        "paid",
    )
    assert view.shipment is not None
    assert (free(shop, mug), shop.checker.check().clean) == (3, True)


def test_a_decline_gives_everything_back_once_and_names_the_cart(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 5), register(shop)
    placed = order(shop, buyer, mug, 2, number=DECLINED_CARD)
    shop.runner.run_once(10)
    view = see(shop, placed)
    assert steps(shop, placed)[2:] == ["PaymentDeclined", "InventoryReleased", "OrderCancelled"]
    cart = shop.carts.view(Shopper(buyer_id=buyer_id(buyer))).cart
    assert view.cancellation is not None
    assert (view.cancellation.code, view.cancellation.cart_id, view.payment_status) == (
        "payment-declined",
        cart.id,
        "declined",
    )
    assert [(x.item_id, x.quantity) for x in cart.lines] == [(mug.item.id, 2)]
    assert (free(shop, mug), shop.checker.check().clean) == (5, True)


@pytest.mark.parametrize(("number", "country"), [(DECLINED_CARD, "DE"), ("4242424242424242", "AQ")])
def test_04_what_is_free_before_is_free_after_every_undone_order(
    shop: MemoryShop, number: str, country: str
) -> None:
    mug, buyer = sell(shop, 5), register(shop)
    placed = order(shop, buyer, mug, 3, number=number, country=country)
    for _ in range(5):
        shop.runner.run_once(10)
        shop.clock.advance(LEASE)
    assert (see(shop, placed).status, free(shop, mug)) == (OrderStatus.CANCELLED, 5)
    assert shop.checker.check().violations == ()


def test_06_after_a_decline_another_card_buys_the_last_piece(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 1), register(shop)
    order(shop, buyer, mug, number=DECLINED_CARD)
    shop.runner.run_once(10)
    cart = shop.carts.view(Shopper(buyer_id=buyer_id(buyer))).cart
    again = pay(shop, buyer, cart.id, "5.00")
    shop.runner.run_once(10)
    assert (see(shop, again).status, free(shop, mug)) == (OrderStatus.COMPLETED, 0)
    assert shop.checker.check().clean


def test_09_keys_are_equal_on_every_retry_and_path() -> None:
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop), number=TIMES_OUT_FIRST, country="AQ")
    for _ in range(4):
        shop.runner.run_once(10)
        shop.clock.advance(LEASE)
    assert see(shop, placed).status is OrderStatus.CANCELLED
    charge, refund = f"{placed.key.order_id}:charge:1:1", f"{placed.key.order_id}:refund:1:1"
    assert set(gateway.keys) == {charge, refund}
    assert gateway.keys.count(charge) > 1


def test_10_any_error_after_the_charge_leaves_the_buyer_the_order_or_the_money() -> None:
    ledger = BrokenLedger()
    shop, _ = scripted(stock=ledger)
    placed = order(shop, register(shop), sell(shop))
    ledger.broken = frozenset({placed.key.order_id})
    shop.runner.run_once(10)
    row = shop.operations.alarmed()[0]
    assert (row.saga.key, row.attention, see(shop, placed).status) == (
        placed.key,
        True,
        OrderStatus.PAID,
    )
    assert row.last_error is not None
    assert "RuntimeError" in row.last_error
    ledger.broken = frozenset()
    shop.clock.advance(LEASE)
    shop.runner.run_once(10)
    assert see(shop, placed).status is OrderStatus.COMPLETED
    assert shop.operations.alarmed() == []


def test_11_a_charge_whose_answer_was_lost_is_one_charge(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop), number=LOSES_ANSWER)
    shop.runner.run_once(10)
    assert see(shop, placed).status is OrderStatus.PENDING
    shop.clock.advance(LEASE)
    shop.runner.run_once(10)
    assert see(shop, placed).status is OrderStatus.COMPLETED
    assert len(shop.parts.gateway.books([placed.key.order_id])) == 1


def test_11_a_frozen_runner_that_wakes_up_after_the_end_is_refused_by_the_fence() -> None:
    shop, gateway = scripted()
    mug, buyer = sell(shop, 1), register(shop)
    placed = order(shop, buyer, mug)

    def freeze() -> None:
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
        shop.clock.advance(LEASE)
        shop.runner.run_once(10)
        assert see(shop, placed).status is OrderStatus.CANCELLED

    gateway.before_confirm = freeze
    shop.runner.run_once(10)
    assert see(shop, placed).status is OrderStatus.CANCELLED
    assert gateway.books([placed.key.order_id]) == []
    assert (free(shop, mug), shop.checker.check().violations) == (1, ())


def test_14_a_refund_that_fails_is_tried_until_it_is_done_and_a_person_is_alarmed() -> None:
    shop, gateway = scripted()
    gateway.refunds_fail = 25
    placed = order(shop, register(shop), sell(shop), country="AQ")
    alarms = []
    for _ in range(200):
        shop.runner.run_once(10)
        alarms.append(bool(shop.operations.alarmed()))
        if see(shop, placed).status is OrderStatus.CANCELLED:
            break
        shop.clock.advance(timedelta(minutes=5))
    view = see(shop, placed)
    assert (view.status, view.payment_status) == (OrderStatus.CANCELLED, "refunded")
    assert (any(alarms), alarms[-1]) == (True, False)
    assert len(gateway.keys) == 27
    assert shop.checker.check().violations == ()


def test_14_after_twenty_claims_without_progress_a_person_is_alarmed(shop: MemoryShop) -> None:
    order(shop, register(shop), sell(shop))
    for _ in range(20):
        assert shop.operations.alarmed() == []
        with shop.parts.database.begin() as tx:
            assert (
                len(
                    shop.parts.sagas.claim_due(
                        tx, OURS.known, shop.clock.now(), shop.clock.now(), 5
                    )
                )
                == 1
            )
            tx.commit()
        shop.clock.advance(timedelta(seconds=1))
    assert [row.claims for row in shop.operations.alarmed()] == [20]


def test_15_no_call_is_made_while_a_transaction_is_open() -> None:
    shop, gateway = scripted()
    for country in ("DE", "AQ"):
        order(shop, register(shop), sell(shop), country=country)
    shop.run_to_rest()
    shop.checker.check()
    shop.reconciliation.run_once(10)
    assert len(gateway.keys) == 3


@pytest.mark.parametrize("country", ["DE", "AQ"])
def test_17_what_a_dead_runner_had_in_its_hands_another_takes_over_within_the_lease(
    country: str,
) -> None:
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop), country=country)
    gateway.before_confirm = die
    with pytest.raises(Died):
        shop.runner.run_once(10)
    assert shop.runner.run_once(10) == 0
    shop.clock.advance(LEASE)
    assert shop.runner.run_once(10) == 1
    assert see(shop, placed).state.is_final
    assert shop.checker.check().violations == ()


def test_a_cancellation_before_the_charge_calls_nobody(shop: MemoryShop) -> None:
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop))
    assert (
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id).state
        is OrderState.PLACED
    )
    shop.runner.run_once(10)
    assert (see(shop, placed).payment_status, gateway.keys) == ("cancelled", [])
    assert shop.checker.check().violations == ()


def test_a_cancellation_that_meets_the_charge_pays_back() -> None:
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop))
    gateway.before_confirm = lambda: (
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id) and None
    )
    shop.runner.run_once(10)
    assert steps(shop, placed)[2:] == [
        "PaymentCompleted",
        "InventoryReleased",
        "PaymentRefunded",
        "OrderCancelled",
    ]
    assert see(shop, placed).payment_status == "refunded"
    assert shop.checker.check().violations == ()


def test_19_what_is_on_its_way_cannot_be_cancelled_any_more(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    with pytest.raises(TooLateToCancel):
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)


def test_cancelling_again_what_is_cancelled_is_fine(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    for _ in range(2):
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.runner.run_once(10)
    assert (
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id).status
        is OrderStatus.CANCELLED
    )


def test_a_silent_carrier_is_asked_again_under_the_same_key() -> None:
    carrier = BusyCarrier()
    carrier.silent = 2
    shop, _ = scripted(carrier=carrier)
    placed = order(shop, register(shop), sell(shop))
    for _ in range(3):
        shop.runner.run_once(10)
        shop.clock.advance(LEASE)
    assert see(shop, placed).status is OrderStatus.COMPLETED
    assert carrier.keys == (f"{placed.key.order_id}:ship:1:1",) * 3


def test_past_the_lifetime_of_the_keys_nothing_is_sent_again() -> None:
    shop, gateway = scripted()
    gateway.reply = PaymentUnknown("no answer")
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    shop.clock.advance(timedelta(hours=23, seconds=1))
    gateway.reply = None
    shop.runner.run_once(10)
    row, _ = shop.operations.show(placed.key.order_id)
    assert (len(gateway.keys), see(shop, placed).status, row.attention) == (
        1,
        OrderStatus.PENDING,
        True,
    )


def test_what_is_looked_up_after_the_lifetime_of_the_keys_is_believed_and_alarms_nobody() -> None:
    shop, gateway = scripted()
    gateway.reply = PaymentUnknown("no answer")
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    gateway.reply = None
    gateway.confirm(Charge(see(shop, placed).order.handle, "late"))
    shop.clock.advance(timedelta(hours=23, seconds=1))
    shop.runner.run_once(10)
    row, view = shop.operations.show(placed.key.order_id)
    assert (view.status, row.attention) == (OrderStatus.COMPLETED, False)


def test_38_an_order_goes_on_at_the_gateway_where_it_began() -> None:
    shop, old = scripted()
    placed = order(shop, register(shop), sell(shop))
    new = ScriptedGateway(shop.clock, shop.parts.database)
    parts = shop.parts
    changed = memory_shop(parts)
    runner: SagaRunner = changed.runner
    runner._gateways = {"other": new, "sandbox": old}  # the other one is the default from now on
    runner.run_once(10)
    assert (see(shop, placed).status, len(old.keys), new.keys) == (OrderStatus.COMPLETED, 1, [])


def test_a_gateway_that_is_not_configured_any_more_makes_the_call_unknown() -> None:
    shop, _ = scripted()
    placed = order(shop, register(shop), sell(shop))
    shop.runner._outside = attrs.evolve(shop.runner._outside, gateways={})
    shop.runner.run_once(10)
    assert see(shop, placed).status is OrderStatus.PENDING
    row, _ = shop.operations.show(placed.key.order_id)
    assert row.last_error is not None
    assert "KeyError" in row.last_error


def test_what_the_outside_said_is_a_fact_whoever_asked() -> None:
    """A runner that lost its lease still tells what it has heard (rule 6)."""
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop))

    def freeze() -> None:
        shop.clock.advance(LEASE)
        with shop.parts.database.begin() as tx:
            shop.parts.sagas.claim_due(
                tx, OURS.known, shop.clock.now(), shop.clock.now() + LEASE, 5
            )
            tx.commit()

    gateway.before_confirm = freeze
    shop.runner.run_once(10)
    with shop.parts.database.snapshot() as tx:
        facts = shop.parts.sagas.facts(tx, [placed.key])
    assert [(f.kind, f.amount) for f in facts] == [("capture", see(shop, placed).order.total)]
    row, _ = shop.operations.show(placed.key.order_id)
    assert row.saga.state is OrderState.CHARGING
    assert row.saga.calls[Operation.CHARGE].status.is_open


def test_no_more_is_claimed_than_calls_can_be_made(shop: MemoryShop) -> None:
    mug = sell(shop, 50)
    for _ in range(12):
        order(shop, register(shop), mug)
    assert shop.runner.run_once(100) == shop.runner.calls_at_once == 8


def test_a_capture_is_recorded_once_however_often_it_is_reported(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop), number=TIMES_OUT_FIRST)
    for _ in range(4):
        shop.runner.run_once(10)
        shop.clock.advance(LEASE)
    assert steps(shop, placed) == SMOOTH
    assert isinstance(shop.parts.gateway.fetch(see(shop, placed).order.handle), Captured)


def test_an_empty_shop_has_nothing_to_run(shop: MemoryShop) -> None:
    fill(shop, register(shop), (sell(shop), 1))
    assert shop.runner.run_once(10) == 0


def test_05_what_was_learnt_is_written_at_once_again_where_the_database_gave_up(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the order would wait for its lease to run out, and call the gateway once more."""
    mug = sell(shop, 5)
    placed = order(shop, register(shop), mug, 2)
    begin, turns = shop.parts.database.begin, count(1)

    def unlucky() -> Transaction:
        if next(turns) == 2:  # the first one claims
            raise TransactionLost("deadlock")
        return begin()

    monkeypatch.setattr(shop.parts.database, "begin", unlucky)
    shop.runner.run_once(10)
    assert (steps(shop, placed), see(shop, placed).status) == (SMOOTH, OrderStatus.COMPLETED)
