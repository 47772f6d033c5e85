"""What must hold of one order, wherever it stands."""

from typing import Final

from commerce_core.checkout import Operation, OrderSaga
from commerce_core.checkout.model import StepCommand
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderState
from tests.unit.checkout.one_order_world import PRICE, Key, Rules, World

#: The operations of the shop's own steps.
OURS: Final = (Operation.CHARGE, Operation.REFUND, Operation.SHIP, Operation.UNSHIP)


class Invariants:
    """The rules that no state breaks, be card or carrier willing or not."""

    rules: Rules
    captured: Money
    card_ok: bool
    carrier_ok: bool
    sagas: dict[Key, OrderSaga]

    @staticmethod
    def back(w: World) -> int:
        """What went back to the buyer."""
        return sum(w.given) + w.desk

    def wrong(self, w: World) -> str | None:
        saga = self.sagas[w.saga]
        match saga.state:
            case OrderState.COMPLETED | OrderState.FINISHING:
                rules = self.wrong_when_completed(w, saga)
            case OrderState.CANCELLED:
                rules = self.wrong_when_cancelled(w)
            case _:
                rules = ()
        undone = saga.state in (OrderState.COMPENSATING, OrderState.CANCELLED)
        if (
            undone
            and self.card_ok
            and self.carrier_ok
            and not saga.cancel_requested
            and not w.failed
            and (not saga.time_up or w.handle == "CAPTURED")
            and self.captured == PRICE
            and (self.rules.own == "DONE" or w.own == "NONE")
        ):
            return "undone although nobody refused or cancelled"
        always = (
            (
                "the lines are in a cart once, when cancelled",
                w.carts != (saga.state is OrderState.CANCELLED),
            ),
            ("told that it is on its way, and undone", w.notified and undone),
            ("goods freed under a living order", w.hold == "RELEASED" and not undone),
            (
                "paid back what was never taken",
                self.back(w) > (self.captured.minor if w.handle == "CAPTURED" else 0),
            ),
        )
        return next((rule for rule, is_broken in (*rules, *always) if is_broken), None)

    def wrong_when_completed(self, w: World, saga: OrderSaga) -> tuple[tuple[str, bool], ...]:
        return (
            (
                "completed without the money",
                w.handle != "CAPTURED" or self.back(w) > 0 or self.captured != PRICE,
            ),
            ("completed without goods or parcel", w.hold != "COMMITTED" or w.booking != "BOOKED"),
            ("completed although a cancellation was accepted", saga.cancel_requested),
            ("completed without a step of its own", self.lacks_own(w, saga)),
        )

    @property
    def undoes_own(self) -> bool:
        return any(step.has_undo for step in self.rules.definition.own_steps)

    def lacks_own(self, w: World, saga: OrderSaga) -> bool:
        """Whether it got past a step that was not done. After completion one may be refused."""
        steps = list(self.rules.definition.own_steps)
        late = [s.step for s in self.rules.definition.stages if s.state is OrderState.FINISHING]
        if saga.state is OrderState.FINISHING or not steps:
            return any(step not in late for step in steps) and w.own != "DONE"
        return w.own not in ({"DONE", "REFUSED"} if late else {"DONE"})

    def wrong_when_cancelled(self, w: World) -> tuple[tuple[str, bool], ...]:
        return (
            (
                "cancelled, but the money is kept",
                w.handle == "CAPTURED" and self.back(w) != self.captured.minor,
            ),
            (
                "cancelled, but it may still be charged",
                (w.handle == "OPEN" and any(r[0] is StepCommand.CONFIRM for r in w.net))
                or w.handle in ("NEEDS", "READY", "PENDING")
                or (w.handle == "DECLINED" and w.failed),
            ),
            ("cancelled, but the goods are held", w.hold != "RELEASED"),
            ("cancelled, but the parcel goes out", w.booking == "BOOKED"),
            ("cancelled, but a step is left done", self.undoes_own and w.own == "DONE"),
            (
                "cancelled, but a step may still be done",
                self.undoes_own
                and w.own == "NONE"
                and any(r[0].operation not in (None, *OURS) for r in w.net),
            ),
            (
                "cancelled, but it may still be booked",
                w.booking == "NONE" and (StepCommand.BOOK, 0) in w.net,
            ),
        )
