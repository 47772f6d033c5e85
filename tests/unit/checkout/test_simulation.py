"""Whatever goes wrong, and in whatever order: once all is healed, all is well. And whoever breaks a
rule is found out.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import attrs
import pytest

from commerce_core.checkout import (
    SagaFilter,
    SagaRow,
    SagaWrite,
    StepRequest,
    StepUnknown,
    Undone,
    order_saga,
)
from commerce_core.inventory import HoldStatus, StockChange
from commerce_core.kernel.ids import BuyerId, CartId, OrderId, SkuId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import Order, OrderKey, OrderState
from commerce_core.payment import BookEntry, Captured, Charge, ChargeOutcome, Handle, Voided
from commerce_core.shipping import Booked, BookingOutcome, ShippingUnknown
from commerce_testkit.examined import Examined
from commerce_testkit.memory.cart import MemoryCartRepository
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.inventory import MemoryStockLedger
from commerce_testkit.memory.orders import MemoryOrderRepository
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.transaction import MemoryTransaction, table
from commerce_testkit.simulator import Simulation
from tests.unit.checkout.steps_of_ones_own import Gift, MoodyCheck, Points

SEEDS = int(os.environ.get("COMMERCE_SIMULATION_SEEDS", "300"))
BLOCKS = 10


@pytest.mark.parametrize("block", range(BLOCKS))
def test_everything_comes_to_rest_and_every_invariant_holds(block: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(block, SEEDS, BLOCKS):
        verdict = Simulation(Examined(), seed, rate=(0.03, 0.08, 0.15)[seed % 3]).run()
        assert verdict.violations == (), f"seed {seed}"
        seen.update(
            completed=verdict.completed,
            cancelled=verdict.cancelled,
            refused=verdict.refused,
            crashes=verdict.crashes,
        )
    assert (
        min(seen[what] for what in ("completed", "cancelled", "refused", "crashes"))
        >= SEEDS // BLOCKS // 2
    ), seen


@pytest.mark.parametrize("block", range(2))
def test_added_steps_come_to_rest_with_what_they_did_or_undid(block: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(block, SEEDS // 5, 2):
        examined, first, second, points = Examined(), Gift("first"), Gift("second"), Points()
        saga = order_saga(
            "added", 1, before_charge=(first, MoodyCheck()), before_shipment=(second,),
            after_completion=(points,),
        )  # fmt: skip
        verdict = Simulation(examined, seed, definition=saga, rate=(0.03, 0.1)[seed % 2]).run()
        assert verdict.violations == (), f"seed {seed}"
        with examined.database.snapshot() as tx:
            rows = examined.sagas.page(tx, SagaFilter(), None, 10_000)
        done = {r.saga.key.order_id for r in rows if r.saga.state is OrderState.COMPLETED}
        assert first.reserved.keys() == second.reserved.keys() == done, f"seed {seed}"
        assert points.given.keys() == done, f"seed {seed}"
        seen.update(completed=verdict.completed, undone=len(first.given_back))
    assert min(seen["completed"], seen["undone"]) >= SEEDS // 20, seen


class HalfUndone(Gift):
    """Does not stop a request that is still under way."""

    def undo(self, request: StepRequest, /) -> Undone | StepUnknown:
        self.reserved.pop(request.order.id, None)
        return Undone()


def test_an_undo_that_a_late_request_outlives_is_found_out() -> None:
    def left(seed: int) -> set[str]:
        examined, gift = Examined(), HalfUndone()
        saga = order_saga("added", 1, before_charge=(gift, MoodyCheck()))
        Simulation(examined, seed, definition=saga, rate=0.15).run()
        with examined.database.snapshot() as tx:
            rows = examined.sagas.page(tx, SagaFilter(), None, 10_000)
        done = {r.saga.key.order_id for r in rows if r.saga.state is OrderState.COMPLETED}
        return gift.reserved.keys() - done

    assert any(left(seed) for seed in range(60))


def test_the_same_seed_is_the_same_run() -> None:
    verdicts = [Simulation(Examined(), 7).run() for _ in range(2)]
    assert verdicts[0] == verdicts[1]
    assert verdicts[0] != Simulation(Examined(), 8).run()


class ForgetfulGateway(MemoryGateway):
    """Charges again when it is asked again: no idempotency."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__(clock)
        self.again: list[BookEntry] = []

    def confirm(self, charge: Charge) -> ChargeOutcome:
        known = self.fetch(charge.handle)
        outcome = super().confirm(charge)
        if known == outcome and isinstance(outcome, Captured):
            order_id = charge.handle.reference.removeprefix("handle-")
            self.again.append(
                BookEntry(
                    order_id=order_id,
                    ref=f"again-{len(self.again)}",
                    kind="capture",
                    amount=outcome.amount,
                )
            )
        return outcome

    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        return [
            *super().books(order_ids),
            *(entry for entry in self.again if entry.order_id in order_ids),
        ]


class FencelessGateway(MemoryGateway):
    """Says that a handle is cancelled, and charges it when an old request lands."""

    def cancel(self, handle: Handle) -> ChargeOutcome:
        known = self.fetch(handle)
        return known if isinstance(known, Captured) else Voided()


class PretendingCarrier(MemoryCarrier):
    """Says that it refuses, books all the same, and cancels nothing."""

    def find_by_reference(self, reference: str) -> BookingOutcome:
        known = super().find_by_reference(reference)
        return (
            known
            if isinstance(known, ShippingUnknown)
            else Booked(carrier="sandbox", tracking_number=reference)
        )


class UnguardedStore(MemorySagaStore):
    """Writes whoever wrote last: neither fence nor state nor cancel flag are looked at."""

    guarded: frozenset[str] = frozenset()

    def write(
        self, tx: Transaction, writes: Sequence[SagaWrite], at: datetime
    ) -> Sequence[OrderId]:
        return super().write(
            tx,
            [self._as_if_read_now(table(tx, "saga")[w.saga.key.order_id], w) for w in writes],
            at,
        )

    def _as_if_read_now(self, row: SagaRow, w: SagaWrite) -> SagaWrite:
        now = {
            "fence": row.fence,
            "state": row.saga.state,
            "cancel_requested": row.saga.cancel_requested,
        }
        forged = {name: value for name, value in now.items() if name not in self.guarded}
        fence = forged.pop("fence", w.read.fence)
        return attrs.evolve(
            w,
            read=attrs.evolve(w.read, fence=fence, saga=attrs.evolve(w.read.saga, **forged)),
            saga=attrs.evolve(w.saga, cancel_requested=row.saga.cancel_requested),
        )


class FlaglessStore(UnguardedStore):
    """Does not look whether the buyer has cancelled meanwhile."""

    guarded = frozenset({"fence", "state"})


class LeakyLedger(MemoryStockLedger):
    """Forgets to put back what is not ordered any more."""

    def release(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Mapping[SkuId, StockChange]:
        self._end(tx, order_ids, HoldStatus.RELEASED)
        return {}


class GenerousCartRepository(MemoryCartRepository):
    """Lets a cart become any number of orders."""

    def consume(
        self, tx: Transaction, carts: Sequence[tuple[BuyerId, CartId, int]]
    ) -> Sequence[CartId]:
        return [cart_id for _, cart_id, _ in carts]


class CarelessOrderRepository(MemoryOrderRepository):
    """Gives a number on to whoever comes with it."""

    def numbered(self, tx: Transaction, numbers: Sequence[str]) -> Mapping[str, OrderKey]:
        known = super().numbered(tx, numbers)
        return known if not isinstance(tx, MemoryTransaction) or not tx._write else {}

    def insert(self, tx: Transaction, orders: Sequence[Order]) -> None:
        for order in orders:
            table(tx, "order_number").pop(order.number, None)
        super().insert(tx, orders)


def forgetful() -> Examined:
    clock = SettableClock()
    return Examined(clock=clock, gateway=ForgetfulGateway(clock))


def fenceless() -> Examined:
    clock = SettableClock()
    return Examined(clock=clock, gateway=FencelessGateway(clock))


@pytest.mark.parametrize(
    ("broken", "invariant"),
    [
        (forgetful, "S4"),
        (fenceless, "L2"),
        (lambda: Examined(carrier=PretendingCarrier()), "L2"),
        (lambda: Examined(sagas=UnguardedStore()), "L2"),
        (lambda: Examined(sagas=FlaglessStore()), "L2"),
        (lambda: Examined(stock=LeakyLedger()), "S2"),
        (lambda: Examined(carts=GenerousCartRepository()), "S16"),
        (lambda: Examined(orders=CarelessOrderRepository()), "S18"),
    ],
)
def test_an_adapter_that_breaks_its_promise_is_found_out(
    broken: Callable[[], Examined], invariant: str
) -> None:
    for seed in range(200):
        if invariant in {v.invariant for v in Simulation(broken(), seed).run().violations}:
            return
    pytest.fail(f"{invariant} was never seen broken")
