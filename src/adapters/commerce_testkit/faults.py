"""Things that go wrong on purpose: processes that die, connections that break, answers that are
lost, requests that land late.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Any, Self, TypeVar

import attrs

from commerce_core.checkout import (
    LONGEST_NUMBER,
    OrderNumbers,
    OrderSaga,
    OwnStep,
    ProposedOrder,
    Saga,
    StepOutcome,
    StepRequest,
    StepUnknown,
    Undone,
)
from commerce_core.kernel.address import Address
from commerce_core.kernel.errors import TransactionLost, Unavailable
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import Page
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.payment import (
    BookEntry,
    Capabilities,
    Charge,
    ChargeOutcome,
    Entry,
    Handle,
    PaymentGateway,
    PaymentInfo,
    PaymentUnavailable,
    PaymentUnknown,
    Prepared,
    RefundOutcome,
)
from commerce_core.shipping import BookingGone, BookingOutcome, Carrier, ParcelLine, ShippingUnknown

T = TypeVar("T")
U = TypeVar("U")


class Crash(BaseException):
    """A process died here. It is no ``Exception``, so that nothing that guards against failures
    survives it.
    """


class Faults:
    """Decides, the same for the same seed, what goes wrong. ``meanwhile`` is run wherever a call to
    the outside may take its time.
    """

    def __init__(self, random: Random, rate: float) -> None:
        self.random = random
        self.rate = rate
        self.on = True
        self.crashes = 0
        self.late: list[Callable[[], object]] = []
        """Requests under way: they land when they are called, or never."""
        self.meanwhile: Callable[[], None] = lambda: None

    def strike(self, share: float = 1.0) -> bool:
        """Whether something goes wrong now; *share* is a part of the usual rate."""
        return self.on and self.random.random() < self.rate * share

    def may_crash(self) -> None:
        """Let the process die, sometimes."""
        if self.strike(0.5):
            self.crashes += 1
            raise Crash

    def call(self, send: Callable[[], T], unknown: U) -> T | U:
        """Make a call to the outside: its request may be lost or late, its answer too, and the
        caller may die or freeze around it.
        """
        self.meanwhile()
        self.may_crash()
        if self.strike():
            return unknown
        if self.strike():
            self.late.append(send)
            self.may_crash()
            return unknown
        answer = send()
        self.may_crash()
        if self.strike():
            raise ConnectionError("the connection broke before the answer came")
        self.meanwhile()
        return answer

    def land_one(self) -> None:
        """Let one of the late requests land, or lose it."""
        if self.late:
            send = self.late.pop(self.random.randrange(len(self.late)))
            if self.random.random() < 0.8:
                send()


class FaultyDatabase(Database):
    """*inner*, with transactions that are lost and processes that die before and after they commit.
    Counts what is open.
    """

    def __init__(self, inner: Database, faults: Faults) -> None:
        self._inner = inner
        self.faults = faults
        self.open = 0

    def begin(self) -> Transaction:
        self.faults.may_crash()
        if self.faults.strike(0.5):
            raise TransactionLost("lost before anything was done")
        return _FaultyTransaction(self._inner.begin(), self, write=True)

    def snapshot(self) -> Transaction:
        return _FaultyTransaction(self._inner.snapshot(), self, write=False)

    def single_read(self) -> Transaction:
        return _FaultyTransaction(self._inner.single_read(), self, write=False)

    def discard_log(self) -> bool:
        self.faults.may_crash()
        return not self.faults.strike(0.5) and self._inner.discard_log()

    def pause(self, lost: int) -> None:
        self.faults.may_crash()
        self._inner.pause(lost)


class _FaultyTransaction(Transaction):
    """Hands out the inner transaction, for only that is known to the adapters, and strikes when the
    block is left.
    """

    def __init__(self, inner: Transaction, database: FaultyDatabase, *, write: bool) -> None:
        self._inner = inner
        self._database = database
        self._write = write

    def commit(self) -> None:
        self._inner.commit()

    def __enter__(self) -> Self:
        inner: Any = self._inner.__enter__()
        self._database.open += 1
        return inner  # type: ignore[no-any-return]  # the adapters know its type

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._database.open -= 1
        self._inner.__exit__(kind, error, trace)
        if kind is None and self._write:
            self._database.faults.may_crash()
            if self._database.faults.strike(0.5):
                raise TransactionLost(
                    "the connection broke while committing: it was, as it happens"
                )


class FaultyGateway(PaymentGateway):
    """*inner* over a bad network. Nothing may be open in *database* while it is called (acceptance
    15).
    """

    def __init__(
        self, inner: PaymentGateway, database: FaultyDatabase, *, answers_at_once: bool = False
    ) -> None:
        self._inner = inner
        self._database = database
        self._faults = database.faults
        self.answers_at_once = answers_at_once

    def capabilities(self) -> Capabilities:
        return self._inner.capabilities()

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        self._assert_nothing_open()
        if self._faults.strike():
            raise PaymentUnavailable("it cannot be reached")
        prepared = self._inner.prepare(order_id, buyer_id, amount, payment)
        self._faults.may_crash()
        self._faults.meanwhile()
        return prepared

    def confirm(self, charge: Charge) -> ChargeOutcome:
        return self._call(lambda: self._inner.confirm(charge))

    def fetch(self, handle: Handle) -> ChargeOutcome:
        return self._call(lambda: self._inner.fetch(handle))

    def cancel(self, handle: Handle) -> ChargeOutcome:
        return self._call(lambda: self._inner.cancel(handle))

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        self._assert_nothing_open()
        return self._faults.call(
            lambda: self._inner.refund(handle, refund_no, amount, key),
            PaymentUnknown("no answer in time"),
        )

    def find_refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        self._assert_nothing_open()
        return self._faults.call(
            lambda: self._inner.find_refund(handle, refund_no, amount, key),
            PaymentUnknown("no answer in time"),
        )

    def unclaimed(self, before: datetime, limit: int) -> Sequence[tuple[OrderId, Handle]]:
        self._assert_nothing_open()
        return self._inner.unclaimed(before, limit)

    def books(self, order_ids: Sequence[OrderId]) -> Sequence[BookEntry]:
        self._assert_nothing_open()
        return self._inner.books(order_ids)

    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        self._assert_nothing_open()
        return self._inner.entries(since, until, cursor)

    def _call(self, send: Callable[[], ChargeOutcome]) -> ChargeOutcome:
        self._assert_nothing_open()
        return self._faults.call(send, PaymentUnknown("no answer in time"))

    def _assert_nothing_open(self) -> None:
        assert self._database.open == 0, "the gateway is called while a transaction is open"


class FaultyCarrier(Carrier):
    """*inner* over a bad network. Nothing may be open in *database* while it is called."""

    def __init__(self, inner: Carrier, database: FaultyDatabase) -> None:
        self._inner = inner
        self._database = database

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        return self._call(lambda: self._inner.book(reference, key, address, lines))

    def find_by_reference(self, reference: str) -> BookingOutcome:
        return self._call(lambda: self._inner.find_by_reference(reference))

    def cancel(self, reference: str, key: str) -> BookingGone | ShippingUnknown:
        self._assert_nothing_open()
        return self._database.faults.call(
            lambda: self._inner.cancel(reference, key), ShippingUnknown("no answer in time")
        )

    def _call(self, send: Callable[[], BookingOutcome]) -> BookingOutcome:
        self._assert_nothing_open()
        return self._database.faults.call(send, ShippingUnknown("no answer in time"))

    def _assert_nothing_open(self) -> None:
        assert self._database.open == 0, "the carrier is called while a transaction is open"


class FaultyStep(OwnStep):
    """*inner*, a step that was added to the saga, over a bad network. Nothing may be open in
    *database* while it calls anybody.
    """

    answers_at_once = True

    def __init__(self, inner: OwnStep, database: FaultyDatabase) -> None:
        self.name = inner.name
        self._inner = inner
        self._database = database

    @property
    def has_undo(self) -> bool:
        return self._inner.has_undo

    def applies(self, saga: OrderSaga) -> bool:
        return self._inner.applies(saga)

    def do(self, request: StepRequest, /) -> StepOutcome:
        self._assert_nothing_open()
        return self._database.faults.call(
            lambda: self._inner.do(request), StepUnknown("no answer in time")
        )

    def undo(self, request: StepRequest, /) -> Undone | StepUnknown:
        self._assert_nothing_open()
        return self._database.faults.call(
            lambda: self._inner.undo(request), StepUnknown("no answer in time")
        )

    def _assert_nothing_open(self) -> None:
        assert self._database.open == 0, f"{self.name} is called while a transaction is open"


class FaultyNumbers(OrderNumbers):
    """Counts orders, and gives them numbers that cannot be used, or that it has given before, or
    none. Nothing may be open in *database* during the call.
    """

    answers_at_once = True

    def __init__(self, database: FaultyDatabase, random: Random) -> None:
        self._database = database
        self._random = random
        self._last = 0

    def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
        assert self._database.open == 0, "numbers are requested while a transaction is open"
        if self._strikes():
            raise self._random.choice((Unavailable("the counter is away"), ValueError("a defect")))
        return [self._wrong() if self._strikes() else self._next() for _ in orders]

    def _next(self) -> str:
        self._last += 1
        return f"N-{self._last}"

    def _wrong(self) -> str:
        before = f"N-{self._random.randint(1, self._last + 1)}"
        return self._random.choice(("", "9" * (LONGEST_NUMBER + 1), before, before))

    def _strikes(self) -> bool:
        """By chance of its own: what else goes wrong goes by another."""
        faults = self._database.faults
        return faults.on and self._random.random() < faults.rate


def with_faults(definition: Saga, database: FaultyDatabase) -> Saga:
    """*definition*, with every added step in it over a bad network."""
    stages = [
        attrs.evolve(stage, step=FaultyStep(stage.step, database))
        if isinstance(stage.step, OwnStep)
        else stage
        for stage in definition.stages
    ]
    return attrs.evolve(definition, stages=tuple(stages)) if [*definition.own_steps] else definition
