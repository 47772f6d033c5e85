"""Every interleaving of two runners that die or freeze anywhere, a buyer who cancels, lost answers
and requests that land late.

The project's own ``advance`` and ``next_command`` decide; a small world around them keeps the
gateway's and the carrier's books, the hold and the cart, and writes as the recorder does: under
fence, state and cancel flag, advancing again where only the flag moved.
"""

import attrs
import pytest

from commerce_core.checkout import (
    Accepted,
    CallStatus,
    Operation,
    OrderSaga,
    Undone,
    Wait,
    order_saga,
)
from commerce_core.checkout.model import GivenBack, StepCommand
from commerce_core.checkout.saga import ORDER_SAGA, Saga, Stage
from commerce_core.checkout.steps.arrange_shipment import ArrangeShipment
from commerce_core.checkout.steps.charge_payment import ChargePayment
from commerce_core.checkout.steps.step import Done, Stay, Verdict
from commerce_core.orders import OrderState
from commerce_core.payment import PaymentUnknown
from tests.unit.checkout.one_order import Explorer
from tests.unit.checkout.one_order_world import ANSWERS, LESS, WORLDS, Broken, Rules, World
from tests.unit.checkout.steps_of_ones_own import Gift


def explore_all(rules: Rules) -> list[Explorer]:
    """Every world, be card or carrier willing or not."""
    return [Explorer(rules, card_ok, carrier_ok).explore() for card_ok, carrier_ok in WORLDS]


@pytest.mark.parametrize("rules", [Rules(desk=True), Rules(anew=True)], ids=["desk", "anew"])
def test_what_is_undone_goes_back_whole_whoever_gives_a_part_back_and_whatever_keys_lead_nowhere(
    rules: Rules,
) -> None:
    explored = Explorer(rules, card_ok=True, carrier_ok=False).explore()
    assert {explored.state(w) for w in explored.came if explored.state(w).is_final} == {
        OrderState.CANCELLED
    }


def test_another_amount_is_never_kept_and_never_completes_an_order() -> None:
    explored = Explorer(Rules(), card_ok=True, carrier_ok=True, captured=LESS).explore()
    assert {explored.state(w) for w in explored.came if explored.state(w).is_final} == {
        OrderState.CANCELLED
    }


def test_no_interleaving_breaks_an_invariant_and_every_saga_can_end() -> None:
    explored = explore_all(Rules())
    assert sum(len(e.came) for e in explored) > 10_000
    ends = {
        (e.card_ok, e.carrier_ok): {e.state(w) for w in e.came if e.state(w).is_final}
        for e in explored
    }
    both = {OrderState.COMPLETED, OrderState.CANCELLED}
    assert ends == {(True, True): both, (True, False): {OrderState.CANCELLED},
        (False, True): {OrderState.CANCELLED}, (False, False): {OrderState.CANCELLED}}  # fmt: skip


@pytest.mark.parametrize(
    ("where", "own", "workers", "carrier_ok"),
    [
        ("before_charge", "DONE", 2, True),
        ("before_charge", "DONE", 1, False),
        ("before_charge", "REFUSED", 2, True),
        ("before_charge", "WAITING", 1, True),
        ("before_charge", "WAITING", 1, False),
        ("before_shipment", "DONE", 1, False),
        ("before_shipment", "REFUSED", 1, True),
        ("before_shipment", "WAITING", 2, True),
        ("after_completion", "DONE", 2, True),
        ("after_completion", "REFUSED", 2, True),
        ("after_completion", "WAITING", 2, True),
    ],
)
def test_no_interleaving_of_an_added_step_breaks_an_invariant(
    where: str, own: str, workers: int, carrier_ok: bool
) -> None:
    definition = order_saga("own", 1, **{where: (Gift(),)})
    rules = Rules(definition=definition, own=own, workers=workers)
    explored = Explorer(rules, card_ok=True, carrier_ok=carrier_ok).explore()
    refused = not carrier_ok or (own == "REFUSED" and where != "after_completion")
    both = {OrderState.COMPLETED, OrderState.CANCELLED}
    ends = {explored.state(w) for w in explored.came if explored.state(w).is_final}
    assert ends == ({OrderState.CANCELLED} if refused else both)


class NeverUndone(Gift):
    """What may have been done is left so."""

    def begin_undo(self, saga: OrderSaga) -> Done:
        return Done(saga)


class UndoneOnceAsked(Gift):
    """An undo that is not answered is taken for done."""

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        return super().settle_undo(saga, Undone())


class UnknownIsAccepted(Gift):
    """A step that does not answer is taken for done."""

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        return super().settle(saga, Accepted() if isinstance(outcome, PaymentUnknown) else outcome)


class WaitingIsAccepted(Gift):
    """Nobody waits for the person."""

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        return super().settle(saga, Accepted() if isinstance(outcome, Wait) else outcome)


class DeafToBuyers(Gift):
    """A cancellation is not looked at before the charge."""

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        return self._settled(saga, outcome)


@pytest.mark.parametrize(
    ("step", "own", "noticed"),
    [
        (NeverUndone(), "DONE", "a step is left done|may still be done"),
        (UndoneOnceAsked(), "DONE", "a step is left done|may still be done"),
        (UnknownIsAccepted(), "REFUSED", "without a step of its own"),
        (WaitingIsAccepted(), "WAITING", "without a step of its own"),
        (DeafToBuyers(), "WAITING", "it cannot end any more"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Gift) else "",
)
def test_a_mistake_in_what_the_saga_makes_of_a_step_is_noticed(
    step: Gift, own: str, noticed: str
) -> None:
    definition = order_saga("own", 1, before_charge=(step,))
    explorer = Explorer(
        Rules(definition=definition, own=own, workers=1), card_ok=True, carrier_ok=True
    )
    with pytest.raises(Broken, match=noticed):
        explorer.explore()


class TimeOutIsFailure(ChargePayment):
    """The mistake of acceptance 11."""

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        return super().settle(
            saga, ANSWERS["DECLINED"] if isinstance(outcome, PaymentUnknown) else outcome
        )


class NoFenceAfterDecline(TimeOutIsFailure):
    """And nobody proves that the charge has become impossible."""

    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        return (
            None
            if saga.status(Operation.CHARGE) is CallStatus.REFUSED
            else super().undo_command(saga)
        )


class RefundOnce(ChargePayment):
    """An undo that logs and forgets (acceptance 14)."""

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        if saga.status(Operation.CHARGE) is CallStatus.OK:
            return Done(saga.with_result(Operation.REFUND, CallStatus.OK))
        return super().settle_undo(saga, outcome)


class PartIsWhole(ChargePayment):
    """A refund of a part, made by somebody else, is taken for the whole."""

    def settle_undo(self, saga: OrderSaga, outcome: object) -> Done | Stay:
        if isinstance(outcome, GivenBack):
            return Done(saga.with_result(Operation.REFUND, CallStatus.OK))
        return super().settle_undo(saga, outcome)


class NeverUnbook(ArrangeShipment):
    """A parcel that was asked for is left alone."""

    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        return None


class GivesUpShipping(ArrangeShipment):
    """A carrier that does not answer is taken for one that refuses, and a parcel is never called
    back.
    """

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        return super().settle(
            saga, ANSWERS["REFUSED"] if isinstance(outcome, PaymentUnknown) else outcome
        )

    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        return None


def defined(
    charge: ChargePayment | None = None, ship: ArrangeShipment | None = None, *, pivot: bool = True
) -> Saga:
    """The saga with other steps."""
    stages = (
        Stage(OrderState.CHARGING, charge or ChargePayment(), pivot=pivot),
        Stage(OrderState.SHIPPING, ship or ArrangeShipment()),
    )
    return attrs.evolve(ORDER_SAGA, stages=stages)


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        (Rules(fence=False, state_guard=False), "goods freed under a living order"),
        (Rules(flag_guard=False), "although a cancellation was accepted"),
        (Rules(late_cancel=True), "although a cancellation was accepted"),
        (Rules(definition=defined(pivot=False)), "although a cancellation was accepted"),
        (Rules(definition=defined(TimeOutIsFailure())), "nobody refused or cancelled"),
        (Rules(definition=defined(NoFenceAfterDecline())), "nobody refused or cancelled"),
        (Rules(definition=defined(RefundOnce())), "money is kept"),
        (Rules(desk=True, definition=defined(PartIsWhole())), "money is kept"),
        (Rules(definition=defined(ship=GivesUpShipping())), "nobody refused or cancelled"),
        (Rules(definition=attrs.evolve(ORDER_SAGA, released=())), "goods are held"),
        (Rules(definition=attrs.evolve(ORDER_SAGA, cancelled=())), "lines are in a cart once"),
        (Rules(definition=attrs.evolve(ORDER_SAGA, completed=())), "without goods or parcel"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_that_is_taken_away_is_missed(broken: Rules, noticed: str) -> None:
    with pytest.raises(Broken, match=noticed):
        explore_all(broken)


@pytest.mark.parametrize(
    ("definition", "noticed"),
    [
        (defined(NoFenceAfterDecline()), "may still be charged|money is kept"),
        (defined(ship=GivesUpShipping()), "parcel goes out|booked"),
    ],
)
def test_a_time_out_taken_for_a_refusal_costs_money_or_goods(
    definition: Saga, noticed: str
) -> None:
    """Without the first alarm: nothing else hides what it costs."""
    with pytest.raises(Broken, match=noticed):
        Forgiving(Rules(definition=definition), card_ok=True, carrier_ok=True).explore()


class Forgiving(Explorer):
    """Does not mind that an order is undone without a reason."""

    def wrong(self, w: World) -> str | None:
        problem = super().wrong(w)
        if problem and problem.startswith("undone although"):
            self.card_ok, kept = False, self.card_ok
            problem = super().wrong(w)
            self.card_ok = kept
        return problem


@pytest.mark.parametrize(
    "rules", [Rules(fence=False), Rules(state_guard=False)], ids=["fence", "state"]
)
def test_fence_and_state_guard_hold_each_other_up(rules: Rules) -> None:
    Explorer(rules, card_ok=True, carrier_ok=False).explore()
