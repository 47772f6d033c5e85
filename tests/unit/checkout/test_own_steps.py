"""Steps of a shop's own in the saga: what each outcome does to an order, and what is kept of it."""

from datetime import timedelta

import attrs
import pytest

from commerce_core.audit import OperatorDecision
from commerce_core.checkout import (
    ORDER_SAGA,
    Accepted,
    CallStatus,
    CallUnknown,
    Definitions,
    DefinitionUnknown,
    NotToBeUndone,
    Operation,
    OwnStep,
    Placed,
    Refused,
    Saga,
    StepOutcome,
    StepRequest,
    StepUnknown,
    Wait,
    order_saga,
)
from commerce_core.orders import OrderState, OrderStatus, TooLateToCancel
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.checkout.steps_of_ones_own import FraudCheck, Gift
from tests.unit.people import DECLINED_CARD, buyer_id, free, order, register, see, sell

DECISION = OperatorDecision(actor="operator-1", reason="called the buyer", evidence="ticket 7")
FRAUD, GIFT = Operation("fraud_check"), Operation("gift")


def shop_with(saga: Saga, *earlier: Saga) -> MemoryShop:
    return memory_shop(MemoryParts(definitions=Definitions(saga, *earlier)))


def restarted(shop: MemoryShop, definitions: Definitions) -> MemoryShop:
    """The same shop in a process that knows other definitions."""
    parts = attrs.evolve(shop.parts, definitions=definitions)
    object.__setattr__(parts, "gateway", shop.parts.gateway)
    return memory_shop(parts)


def checked(*answers: StepOutcome) -> tuple[MemoryShop, FraudCheck, Placed]:
    """A shop that checks for fraud before it charges, with an order in it."""
    check = FraudCheck(*answers)
    shop = shop_with(order_saga("checked", 1, before_charge=(check,)))
    return shop, check, order(shop, register(shop), sell(shop, 5), 2)


def timeline_of(shop: MemoryShop, placed: Placed) -> list[str]:
    """The timeline in short, with the outcomes of own steps."""
    return [
        f"{e.detail['step']} {e.detail['outcome']}" if "step" in e.detail else e.fact.value
        for e in see(shop, placed).timeline[2:]
    ]


def test_an_accepted_step_goes_on_and_stands_in_the_timeline_with_what_it_says() -> None:
    shop, check, placed = checked()
    shop.run_to_rest()
    assert see(shop, placed).status is OrderStatus.COMPLETED
    assert timeline_of(shop, placed) == [
        "fraud_check accepted", "PaymentCompleted", "ShipmentReady", "OrderCompleted",
    ]  # fmt: skip
    assert see(shop, placed).timeline[2].detail["score"] == 3
    assert check.keys == [f"{placed.key.order_id}:fraud_check:1:1"]
    assert shop.checker.check().clean


def test_a_refused_step_undoes_the_order_before_anybody_is_charged() -> None:
    shop, _, placed = checked(Refused("fraud-suspected", "the card was reported stolen"))
    mug = shop.items.details(see(shop, placed).order.lines[0].item_id)
    shop.run_to_rest()
    view = see(shop, placed)
    assert (view.status, view.payment_status) == (OrderStatus.CANCELLED, "cancelled")
    assert timeline_of(shop, placed) == [
        "fraud_check refused",
        "InventoryReleased",
        "OrderCancelled",
    ]
    assert view.cancellation is not None
    assert (view.cancellation.code, view.cancellation.detail) == (
        "fraud-suspected", "the card was reported stolen",
    )  # fmt: skip
    assert shop.parts.gateway.books([placed.key.order_id]) == []
    assert (free(shop, mug), shop.checker.check().clean) == (5, True)


def test_a_step_that_waits_for_a_person_is_flagged_and_tries_nothing_in_vain() -> None:
    shop, check, placed = checked(*[Wait("score 71", for_person=True)] * 30)
    shop.run_to_rest()
    for _ in range(25):
        shop.let_pass(timedelta(minutes=5))
    (row,) = shop.operations.alarmed()
    assert (row.attention, row.claims, row.last_error) == (True, 0, "score 71")
    assert (row.saga.state, row.saga.status(FRAUD)) == (OrderState.CHARGING, CallStatus.WAITING)
    assert timeline_of(shop, placed) == ["fraud_check waiting"]
    assert len(set(check.keys)) == 1
    assert len(check.keys) > 20


@pytest.mark.parametrize(
    ("said", "status"),
    [(Accepted(), OrderStatus.COMPLETED), (Refused("refused", "no"), OrderStatus.CANCELLED)],
)
def test_a_person_resolves_what_waits_and_is_kept_with_reason_and_evidence(
    said: Accepted | Refused, status: OrderStatus
) -> None:
    shop, check, placed = checked(Wait("score 71", for_person=True))
    shop.run_to_rest()
    shop.operations.resolve(placed.key.order_id, said, DECISION)
    shop.run_to_rest()
    view = see(shop, placed)
    assert (view.status, len(check.keys)) == (status, 1)
    assert [(e.actor, e.cause) for e in view.timeline if e.detail.get("step")][1] == (
        "operator-1", "called the buyer; ticket 7",
    )  # fmt: skip
    assert shop.operations.alarmed() == []


def test_only_a_step_that_waits_can_be_accepted_or_refused_by_hand() -> None:
    shop, check, placed = checked(StepUnknown("no answer"))

    def decide_meanwhile() -> None:
        with pytest.raises(NotToBeUndone):
            shop.operations.resolve(placed.key.order_id, Accepted(), DECISION)

    check.meanwhile = decide_meanwhile
    shop.runner.run_once(5)
    with pytest.raises(NotToBeUndone):  # it is unknown
        shop.operations.resolve(placed.key.order_id, Accepted(), DECISION)
    shop.let_pass(timedelta(minutes=5))
    assert see(shop, placed).status is OrderStatus.COMPLETED


def test_while_a_waiting_step_is_asked_again_nobody_decides_over_it() -> None:
    shop, check, placed = checked(Wait("later"), Wait("later"))
    shop.run_to_rest()
    said: list[str] = []

    def decide_meanwhile() -> None:
        with pytest.raises(CallUnknown) as refused:
            shop.operations.resolve(placed.key.order_id, Accepted(), DECISION)
        said.append(str(refused.value))

    check.meanwhile = decide_meanwhile
    shop.let_pass(timedelta(minutes=5))
    assert said == ["a call for this order is under way: try again when it is over"]


def test_what_waits_for_a_later_fact_is_asked_again_under_the_same_key_and_flags_nobody() -> None:
    shop, check, placed = checked(Wait("not scored yet"))
    shop.run_to_rest()
    assert shop.operations.alarmed() == []
    shop.operations.retry(placed.key.order_id)  # as whoever learns the fact does
    shop.run_to_rest()
    assert see(shop, placed).status is OrderStatus.COMPLETED
    assert len(check.keys) == 2
    assert len(set(check.keys)) == 1


def test_a_buyer_may_cancel_while_a_step_waits() -> None:
    shop, check, placed = checked(Wait("score 71", for_person=True))
    shop.run_to_rest()
    shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.run_to_rest()
    assert see(shop, placed).status is OrderStatus.CANCELLED
    assert (len(check.keys), shop.operations.alarmed()) == (1, [])
    assert shop.checker.check().clean


def test_a_cancellation_accepted_while_a_step_is_asked_turns_the_order_back() -> None:
    shop, check, placed = checked()
    check.meanwhile = lambda: (
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id) and None
    )
    shop.run_to_rest()
    assert see(shop, placed).status is OrderStatus.CANCELLED
    assert shop.parts.gateway.books([placed.key.order_id]) == []


def test_steps_are_undone_in_reverse_order_after_the_buyers_money() -> None:
    first, second = Gift("first"), Gift("second")
    shop = shop_with(
        order_saga("gifts", 1, before_charge=(first, second), before_shipment=(Gift("third"),))
    )
    placed = order(shop, register(shop), sell(shop), country="AQ")  # nobody ships there
    first.log = second.log = log = []
    second.silent = 1
    shop.run_to_rest()
    shop.let_pass(timedelta(minutes=5))
    assert see(shop, placed).status is OrderStatus.CANCELLED
    assert timeline_of(shop, placed) == [
        "first accepted", "second accepted", "PaymentCompleted", "third accepted",
        "InventoryReleased", "PaymentRefunded", "third undone", "second undone", "first undone",
        "OrderCancelled",
    ]  # fmt: skip
    key = placed.key.order_id
    assert log == [
        f"do {key}:first:1:1", f"do {key}:second:1:1",
        f"undo {key}:second.undo:1:1", f"undo {key}:second.undo:1:1", f"undo {key}:first.undo:1:1",
    ]  # fmt: skip
    assert (first.reserved, second.reserved) == ({}, {})
    assert shop.checker.check().clean


def test_a_step_that_was_not_begun_is_not_undone() -> None:
    gift = Gift()
    shop = shop_with(order_saga("gifts", 1, before_shipment=(gift,)))
    placed = order(shop, register(shop), sell(shop), number=DECLINED_CARD)
    shop.run_to_rest()
    assert (see(shop, placed).status, gift.log) == (OrderStatus.CANCELLED, [])


def test_a_step_whose_answer_was_lost_is_undone_too() -> None:
    class Lost(Gift):
        def do(self, request: StepRequest, /) -> StepOutcome:
            super().do(request)
            shop.cancellations.cancel(buyer_id(buyer), request.order.id)
            raise ConnectionError("the connection broke")

    gift = Lost()
    shop = shop_with(order_saga("gifts", 1, before_charge=(gift,)))
    buyer = register(shop)
    placed = order(shop, buyer, sell(shop))
    shop.run_to_rest()
    shop.let_pass(timedelta(minutes=1))
    assert (see(shop, placed).status, gift.reserved) == (OrderStatus.CANCELLED, {})


@pytest.mark.parametrize("outcome", [Accepted({"points": 12}), Refused("no-member", "no card")])
def test_what_comes_after_completion_undoes_nothing(outcome: StepOutcome) -> None:
    points = FraudCheck(StepUnknown("no answer"), outcome)
    points.name = "points"
    shop = shop_with(order_saga("loyal", 1, after_completion=(points,)))
    placed = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    row, view = shop.operations.show(placed.key.order_id)
    assert (row.saga.state, view.status) == (OrderState.FINISHING, OrderStatus.COMPLETED)
    assert shop.checker.check().clean
    with pytest.raises(TooLateToCancel):
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.let_pass(timedelta(minutes=5))
    row, view = shop.operations.show(placed.key.order_id)
    assert (row.saga.state, view.status) == (OrderState.COMPLETED, OrderStatus.COMPLETED)
    kind = "accepted" if isinstance(outcome, Accepted) else "refused"
    assert timeline_of(shop, placed)[-2:] == ["OrderCompleted", f"points {kind}"]
    assert shop.checker.check().clean


def test_a_step_that_an_order_does_not_need_is_passed_over() -> None:
    check = FraudCheck()
    check.applies = lambda saga: saga.total.minor > 10_000  # type: ignore[method-assign]
    shop = shop_with(order_saga("checked", 1, before_charge=(check,)))
    placed = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    assert (see(shop, placed).status, check.keys) == (OrderStatus.COMPLETED, [])


# --- which definition


def test_an_order_ends_under_the_definition_that_it_was_placed_under() -> None:
    old, new = FraudCheck(), FraudCheck()
    shop = shop_with(order_saga("checked", 1, before_charge=(old,)))
    placed = order(shop, register(shop), sell(shop))
    later = restarted(
        shop,
        Definitions(
            order_saga("checked", 2, before_charge=(new,)),
            order_saga("checked", 1, before_charge=(old,)),
        ),
    )
    later.run_to_rest()
    assert see(later, placed).status is OrderStatus.COMPLETED
    assert (len(old.keys), len(new.keys)) == (1, 0)


def test_a_worker_leaves_a_definition_alone_that_it_does_not_know_and_says_so() -> None:
    shop, _, placed = checked()
    ignorant = restarted(shop, Definitions())
    ignorant.run_to_rest()
    row, _ = ignorant.operations.show(placed.key.order_id)
    assert (row.saga.state, row.claims) == (OrderState.PLACED, 0)
    assert ignorant.operations.unknown_definitions() == {("checked", 1): 1}
    assert shop.operations.unknown_definitions() == {}
    with pytest.raises(DefinitionUnknown, match="no saga checked of version 1"):
        ignorant.operations.compensate(placed.key.order_id, DECISION)
    shop.run_to_rest()
    assert see(shop, placed).status is OrderStatus.COMPLETED


def test_the_shops_own_definition_is_always_known() -> None:
    shop = memory_shop()
    placed = order(shop, register(shop), sell(shop))
    later = restarted(shop, Definitions(order_saga("checked", 1)))
    later.run_to_rest()
    assert see(later, placed).status is OrderStatus.COMPLETED


@pytest.mark.parametrize(
    "name", ["", "Fraud", "fraud-check", "charge", "fence", "book", "unbook", "x" * 41]
)
def test_a_step_needs_a_name_of_its_own(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a step"):
        order_saga("mine", 1, before_charge=(Gift(name),))


def test_steps_and_definitions_are_told_apart_by_their_names() -> None:
    with pytest.raises(ValueError, match="same name"):
        order_saga("mine", 1, before_charge=(Gift(),), after_completion=(Gift(),))
    with pytest.raises(ValueError, match="same name and version"):
        Definitions(order_saga("mine", 1), order_saga("mine", 1))
    with pytest.raises(ValueError, match="the shop's own"):
        Definitions(order_saga("order", 3))
    assert Definitions(order_saga("mine", 2), ORDER_SAGA).known == {
        ("mine", 2),
        ("order", 1),
        ("order", 2),
    }


def test_what_a_step_says_is_bounded_and_legible() -> None:
    said = {f"n{i:02}": "x" * 600 for i in range(40)} | {"n00": "a\0b"}
    shop, _, placed = checked(Accepted(said))
    shop.run_to_rest()
    detail = see(shop, placed).timeline[2].detail
    assert len(detail) == 22
    assert (detail["n00"], len(detail["n01"])) == ("a\\x00b", 500)


def test_a_step_without_undo_says_so() -> None:
    assert not FraudCheck().has_undo
    assert Gift().has_undo
    with pytest.raises(NotImplementedError, match="fraud_check has nothing to undo"):
        OwnStep.undo(FraudCheck(), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["step", "outcome"])
def test_a_detail_with_a_name_that_the_timeline_uses_itself_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValueError, match=f"no detail of a step may be called {name}"):
        Accepted({"score": 3, name: "mine"})
