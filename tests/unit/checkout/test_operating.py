"""What operators may decide, and what is refused to them."""

from collections.abc import Callable

import pytest

from commerce_core.audit import OperatorDecision
from commerce_core.checkout import (
    CallStatus,
    CallUnknown,
    ContradictedByBooks,
    NotToBeUndone,
    Operation,
    SagaNotFound,
)
from commerce_core.kernel.ids import OrderId
from commerce_core.orders import OrderState, OrderStatus
from commerce_core.payment import (
    Captured,
    Charge,
    ChargeOutcome,
    Declined,
    Handle,
    PaymentUnknown,
    Voided,
)
from commerce_core.shipping import BookingOutcome, ShippingUnknown
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.checkout.doubles import ScriptedGateway
from tests.unit.checkout.test_running import LEASE, Died, die, scripted
from tests.unit.people import LOSES_ANSWER, order, register, see, sell, usd

DECISION = OperatorDecision(actor="operator-1", reason="the books say so", evidence="ticket 7")


class DeafCarrier(MemoryCarrier):
    """Does not answer; *script* may let the caller die."""

    script: Callable[[], None] = staticmethod(lambda: None)

    def book(self, *_: object) -> BookingOutcome:
        self.script()
        return ShippingUnknown("no answer")


def waiting_for_its_charge(shop: MemoryShop) -> OrderId:
    """An order whose charge may or may not have happened (it has)."""
    placed = order(shop, register(shop), sell(shop), number=LOSES_ANSWER)
    shop.runner.run_once(10)
    assert see(shop, placed).state is OrderState.CHARGING
    return placed.key.order_id


def test_a_decision_is_kept_with_who_why_and_what_shows_it(shop: MemoryShop) -> None:
    order_id = waiting_for_its_charge(shop)
    shop.operations.resolve(
        order_id, Captured(ref=f"capture-{order_id}", amount=usd("5.00")), DECISION
    )
    row, view = shop.operations.show(order_id)
    assert (row.saga.state, row.saga.status(Operation.CHARGE)) == (
        OrderState.SHIPPING,
        CallStatus.OK,
    )
    assert [(e.actor, e.cause) for e in view.timeline[2:]] == [
        ("operator-1", "the books say so; ticket 7")
    ]


def test_a_runner_goes_on_at_once_where_an_operator_has_decided(shop: MemoryShop) -> None:
    order_id = waiting_for_its_charge(shop)
    shop.operations.resolve(
        order_id, Captured(ref=f"capture-{order_id}", amount=usd("5.00")), DECISION
    )
    shop.runner.run_once(10)
    assert shop.operations.show(order_id)[1].status is OrderStatus.COMPLETED
    assert shop.checker.check().violations == ()


@pytest.mark.parametrize("said", [Declined(code="no", detail="no"), Voided()])
def test_what_the_gateway_has_captured_is_neither_declined_nor_voided(
    shop: MemoryShop, said: Declined | Voided
) -> None:
    order_id = waiting_for_its_charge(shop)
    before = shop.operations.show(order_id)[0]
    with pytest.raises(ContradictedByBooks, match=f"5.00 USD was captured .capture-{order_id}"):
        shop.operations.resolve(order_id, said, DECISION)
    assert shop.operations.show(order_id)[0] == before
    shop.clock.advance(LEASE)
    shop.runner.run_once(10)
    assert shop.operations.show(order_id)[1].status is OrderStatus.COMPLETED


def unanswered(shop: MemoryShop, gateway: ScriptedGateway) -> OrderId:
    """An order whose charge has not happened, and may still."""
    gateway.reply = PaymentUnknown("no answer")
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    gateway.reply = None
    return placed.key.order_id


@pytest.mark.parametrize("said", [Captured(ref="so they say", amount=usd("5.00")), Voided()])
def test_what_the_gateway_can_still_capture_is_neither_captured_nor_voided(
    said: Captured | Voided,
) -> None:
    shop, gateway = scripted()
    order_id = unanswered(shop, gateway)
    with pytest.raises(ContradictedByBooks, match="not charged yet"):
        shop.operations.resolve(order_id, said, DECISION)
    assert shop.operations.show(order_id)[0].saga.status(Operation.CHARGE) is CallStatus.UNKNOWN


def test_declined_is_believed_and_a_charge_that_lands_all_the_same_is_seen_and_paid_back() -> None:
    shop, gateway = scripted()
    order_id = unanswered(shop, gateway)
    shop.operations.resolve(order_id, Declined(code="no", detail="no"), DECISION)
    assert isinstance(
        gateway.confirm(Charge(shop.operations.show(order_id)[1].order.handle, "late")), Captured
    )
    shop.runner.run_once(10)
    _, view = shop.operations.show(order_id)
    assert (view.status, view.payment_status) == (OrderStatus.CANCELLED, "refunded")
    assert shop.checker.check().violations == ()


@pytest.mark.parametrize("said", [Declined(code="no", detail="no"), Voided()])
def test_what_the_gateway_says_it_has_voided_is_voided(said: Declined | Voided) -> None:
    shop, gateway = scripted()
    order_id = unanswered(shop, gateway)
    gateway.cancel(shop.operations.show(order_id)[1].order.handle)
    shop.operations.resolve(order_id, said, DECISION)
    row, view = shop.operations.show(order_id)
    assert (view.status, row.saga.status(Operation.CHARGE)) == (
        OrderStatus.CANCELLED,
        CallStatus.VOIDED,
    )
    assert shop.checker.check().violations == ()


def test_the_gateways_reference_and_amount_count_and_the_evidence_is_kept_apart(
    shop: MemoryShop,
) -> None:
    order_id = waiting_for_its_charge(shop)
    shop.operations.resolve(order_id, Captured(ref="ticket 7", amount=usd("0.01")), DECISION)
    row, view = shop.operations.show(order_id)
    charge = row.saga.calls[Operation.CHARGE]
    assert (charge.response, charge.amount) == ({"ref": f"capture-{order_id}"}, usd("5.00"))
    with shop.parts.database.snapshot() as tx:
        assert [fact.ref for fact in shop.parts.sagas.facts(tx, [row.saga.key])] == [
            f"capture-{order_id}"
        ]
    assert view.timeline[2].cause == "the books say so; ticket 7"


def test_nothing_is_decided_while_the_gateway_does_not_answer() -> None:
    shop, gateway = scripted()
    order_id = unanswered(shop, gateway)
    gateway.fetch = (  # type: ignore[method-assign]
        lambda _: (_ for _ in ()).throw(ConnectionError("away"))
    )
    for said in (Captured(ref="r", amount=usd("5.00")), Declined(code="no", detail="no"), Voided()):
        with pytest.raises(CallUnknown, match="does not answer"):
            shop.operations.resolve(order_id, said, DECISION)


def test_nothing_is_decided_over_an_order_that_changed_while_the_gateway_was_queried() -> None:
    shop, gateway = scripted()
    order_id = unanswered(shop, gateway)
    key, truth = shop.operations.show(order_id)[0].saga.key, gateway.fetch

    def meanwhile(handle: Handle) -> ChargeOutcome:
        shop.cancellations.cancel(key.buyer_id, key.order_id)
        return truth(handle)

    gateway.fetch = meanwhile  # type: ignore[method-assign]
    with pytest.raises(CallUnknown, match="changed meanwhile"):
        shop.operations.resolve(order_id, Declined(code="no", detail="no"), DECISION)
    assert shop.operations.show(order_id)[1].state is OrderState.CHARGING


def test_a_runner_that_slept_past_its_lease_writes_nothing_over_a_decision() -> None:
    """The operator knows of money; the fence that the sleeper had sent answers late, and the other
    way round.
    """
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop), number=LOSES_ANSWER)

    def decide() -> None:
        shop.clock.advance(LEASE)
        handle = see(shop, placed).order.handle
        MemoryGateway.confirm(gateway, Charge(handle, f"{placed.key.order_id}:charge:1:1"))
        shop.operations.resolve(
            placed.key.order_id,
            Captured(ref=f"capture-{placed.key.order_id}", amount=usd("5.00")),
            DECISION,
        )

    gateway.before_confirm = decide
    gateway.reply = Voided()
    shop.runner.run_once(10)
    row, _ = shop.operations.show(placed.key.order_id)
    assert (row.saga.state, row.saga.status(Operation.CHARGE), row.fence) == (
        OrderState.SHIPPING,
        CallStatus.OK,
        2,
    )


def test_nothing_is_decided_while_a_call_is_under_way() -> None:
    shop, gateway = scripted()
    placed = order(shop, register(shop), sell(shop))
    refused: list[type] = []

    def decide() -> None:
        with pytest.raises(CallUnknown) as caught:
            shop.operations.resolve(placed.key.order_id, Voided(), DECISION)
        refused.append(caught.type)

    gateway.before_confirm = decide
    shop.runner.run_once(10)
    assert (refused, see(shop, placed).status) == ([CallUnknown], OrderStatus.COMPLETED)


def test_an_order_is_not_undone_while_it_is_unknown_whether_its_parcel_is_booked() -> None:
    shop = memory_shop(MemoryParts(carrier=DeafCarrier()))
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    with pytest.raises(CallUnknown):
        shop.operations.compensate(placed.key.order_id, DECISION)
    assert see(shop, placed).state is OrderState.SHIPPING


def test_an_order_that_no_runner_holds_is_undone_with_its_money_and_its_parcel() -> None:
    carrier = DeafCarrier()
    carrier.script = die  # type: ignore[method-assign]
    shop = memory_shop(MemoryParts(carrier=carrier))
    placed = order(shop, register(shop), sell(shop))
    with pytest.raises(Died):
        shop.runner.run_once(10)
    shop.clock.advance(LEASE)
    shop.operations.compensate(placed.key.order_id, DECISION)
    shop.runner.run_once(10)
    view = see(shop, placed)
    assert (view.status, view.payment_status) == (OrderStatus.CANCELLED, "refunded")
    assert view.cancellation is not None
    assert (view.cancellation.code, view.cancellation.detail) == ("cannot-ship", "the books say so")
    assert shop.checker.check().violations == ()


def test_what_is_over_or_waits_for_something_else_is_not_decided(shop: MemoryShop) -> None:
    placed, done = order(shop, register(shop), sell(shop)), order(shop, register(shop), sell(shop))
    for act in (
        lambda i: shop.operations.compensate(i, DECISION),
        lambda i: shop.operations.resolve(i, Voided(), DECISION),
    ):
        with pytest.raises(NotToBeUndone):
            act(placed.key.order_id)
    shop.runner.run_once(10)
    with pytest.raises(NotToBeUndone):
        shop.operations.resolve(done.key.order_id, Voided(), DECISION)


def test_money_that_is_being_paid_back_is_not_decided_over() -> None:
    shop, gateway = scripted()
    gateway.refunds_fail = 1
    placed = order(shop, register(shop), sell(shop), country="AQ")
    shop.runner.run_once(10)
    with pytest.raises(NotToBeUndone):
        shop.operations.resolve(placed.key.order_id, Voided(), DECISION)
    shop.operations.retry(placed.key.order_id)
    shop.runner.run_once(10)
    assert see(shop, placed).payment_status == "refunded"


def test_a_retry_runs_now_what_was_put_off(shop: MemoryShop) -> None:
    order_id = waiting_for_its_charge(shop)
    assert shop.runner.run_once(10) == 0
    shop.operations.retry(order_id)
    assert shop.runner.run_once(10) == 1
    assert shop.operations.show(order_id)[1].status is OrderStatus.COMPLETED
    shop.operations.retry(order_id)


def test_an_order_that_does_not_exist_is_not_found(shop: MemoryShop) -> None:
    nobody = OrderId("019b7000-0000-7000-8000-ffffffffffff")
    for act in (
        shop.operations.show,
        shop.operations.retry,
        lambda i: shop.operations.resolve(i, Voided(), DECISION),
    ):
        with pytest.raises(SagaNotFound):
            act(nobody)


def test_sagas_are_listed_newest_first_and_counted_by_state(shop: MemoryShop) -> None:
    ids = [order(shop, register(shop), sell(shop)).key.order_id for _ in range(3)]
    waiting = waiting_for_its_charge(shop)
    listed = shop.operations.page(limit=3)
    assert [row.saga.key.order_id for row in listed] == [waiting, *ids[:0:-1]]
    assert [
        row.saga.key.order_id for row in shop.operations.page(after=listed[-1].saga.key.order_id)
    ] == [ids[0]]
    assert [row.saga.key.order_id for row in shop.operations.page("CHARGING")] == [waiting]
    assert shop.operations.counts() == {"CHARGING": 1}
