"""Every interleaving of a runner that dies or freezes anywhere and a buyer who has to act: who pays
in time, late, fails, takes another card, comes back or never does, and cancels at any moment.
"""

import itertools

import attrs
import pytest

from commerce_core.checkout import CallStatus, Operation, OrderSaga
from commerce_core.checkout.model import ABANDONED, StepCommand
from commerce_core.checkout.saga import ORDER_SAGA, Saga, Stage
from commerce_core.checkout.steps.charge_payment import ChargePayment
from commerce_core.checkout.steps.step import Failed, Verdict
from commerce_core.orders import OrderState
from commerce_core.payment import Captured
from tests.unit.checkout.one_order import Explorer
from tests.unit.checkout.one_order_world import WORLDS, Broken, Rules

BOTH = {OrderState.COMPLETED, OrderState.CANCELLED}


def explored(rules: Rules, card_ok: bool = True, carrier_ok: bool = True) -> Explorer:
    return Explorer(rules, card_ok, carrier_ok).explore()


def ends(explorer: Explorer) -> set[OrderState]:
    return {explorer.state(w) for w in explorer.came if explorer.state(w).is_final}


@pytest.mark.parametrize(
    ("buyer", "pending", "stored"),
    [*itertools.product((None, "challenge", "carried", "first"), (False, True), (False, True))],
)
def test_no_interleaving_with_a_buyer_who_must_act_breaks_an_invariant_and_every_saga_can_end(
    buyer: str | None, pending: bool, stored: bool
) -> None:
    rules = Rules(buyer=buyer, pending=pending, stored=stored, workers=1)
    for card_ok, carrier_ok in WORLDS:
        found = explored(rules, card_ok, carrier_ok)
        assert ends(found) == (BOTH if card_ok and carrier_ok else {OrderState.CANCELLED})


class NoFenceAfterDecline(ChargePayment):
    """A decline is taken for the end: the buyer still has the challenge before them."""

    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        declined = saga.status(Operation.CHARGE) is CallStatus.REFUSED
        return None if declined else super().undo_command(saga)


class PaidInTimeIsUndone(ChargePayment):
    """What the fence finds captured is given back, although only the time was up."""

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        verdict = super().settle(saga, outcome)
        if isinstance(outcome, Captured) and saga.time_up:
            return Failed(verdict.saga, ABANDONED, verdict.commands)
        return verdict


class TimeUpIsEnough(ChargePayment):
    """An order is undone when its time is up, and nobody asks for the fence."""

    def undo_command(self, saga: OrderSaga) -> StepCommand | None:
        return None if saga.time_up else super().undo_command(saga)

    def settle(self, saga: OrderSaga, outcome: object) -> Verdict:
        return Failed(saga, ABANDONED) if saga.time_up else super().settle(saga, outcome)


def charged_by(step: ChargePayment) -> Saga:
    first, second = ORDER_SAGA.stages
    changed = Stage(first.state, step, first.pivot, first.awaiting)
    return attrs.evolve(ORDER_SAGA, stages=(changed, second))


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        (Rules(buyer="challenge", workers=1, limit=False), "it cannot end any more"),
        (Rules(buyer="first", workers=1, limit=False), "it cannot end any more"),
        (Rules(stored=True, workers=1, look=False), "it cannot end any more"),
        (
            Rules(buyer="challenge", workers=1, definition=charged_by(NoFenceAfterDecline())),
            "money is kept|may still be charged",
        ),
        (
            Rules(buyer="challenge", workers=1, definition=charged_by(PaidInTimeIsUndone())),
            "undone although",
        ),
        (
            Rules(buyer="challenge", workers=1, definition=charged_by(TimeUpIsEnough())),
            "undone although|may still be charged|money is kept",
        ),
    ],
    ids=[
        "no time limit",
        "no time limit, buyer first",
        "no look after unknown",
        "no fence after a decline",
        "paid in time does not go on",
        "no fence when the time is up",
    ],
)
def test_a_rule_about_buyers_that_is_taken_away_is_missed(broken: Rules, noticed: str) -> None:
    with pytest.raises(Broken, match=noticed):
        explored(broken)
