"""A shop under a bad star, on one thread: buyers, runners and the network do what a seed says, and
anything may break anywhere.

Once everything is healed it must come to rest, with every invariant kept and every promise to a
buyer held. Give it adapters of your own to examine them::

    verdict = Simulation(Examined(sagas=MySagaStore(), ...), seed=7).run()
    assert verdict.violations == ()
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any, Final, TypeVar

import attrs

from commerce_core.accounts import Account
from commerce_core.assembly import PLACEMENT, assemble
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.checkout import (
    ORDER_SAGA,
    Definitions,
    Placed,
    PlaceOrder,
    Saga,
    SagaFilter,
    SagaRow,
)
from commerce_core.checkout.service.buyer import TIME_TO_ACT
from commerce_core.checkout.service.run import SagaRunner
from commerce_core.inventory import OpeningStock
from commerce_core.kernel.address import Address
from commerce_core.kernel.audit import Violation
from commerce_core.kernel.batching import GroupFunction, InlineFanOut
from commerce_core.kernel.errors import CommerceError, Unavailable
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.messaging import Broker, Consumer
from commerce_core.orders import OrderState
from commerce_core.payment import PaymentGateway
from commerce_core.shipping import Carrier
from commerce_testkit import operators
from commerce_testkit.examined import Examined, sample_buyer, sample_item
from commerce_testkit.faults import (
    Crash,
    Faults,
    FaultyCarrier,
    FaultyDatabase,
    FaultyGateway,
    FaultyNumbers,
    with_faults,
)
from commerce_testkit.memory.batching import SteppedBatcher
from commerce_testkit.memory.shop import MemoryParts, in_step, parts_in_memory
from commerce_testkit.paying import come_back, payment
from commerce_testkit.promises import ListeningBroker, OrderAttempt, broken_promises, violation

T = TypeVar("T")
R = TypeVar("R")

_CURRENCY: Final = "USD"
_PAUSES: Final = (timedelta(seconds=1), timedelta(seconds=31), timedelta(minutes=6), TIME_TO_ACT)
_ROUNDS: Final = 200
_DEEPEST: Final = 2


@attrs.frozen(kw_only=True)
class Verdict:
    """What became of it: how many orders ended how, how many were refused, how often a process
    died, and what is wrong.
    """

    completed: int
    cancelled: int
    refused: int
    crashes: int
    violations: tuple[Violation, ...]


class Simulation:
    """One run of *steps* steps with *seed*; *rate* is how likely each fault is at each point. The
    same seed, the same run. Orders follow *definition*: the calls of its added steps
    go over the same bad network.
    """

    def __init__(
        self,
        examined: Examined,
        seed: int,
        *,
        steps: int = 60,
        rate: float = 0.08,
        buyers: int = 4,
        definition: Saga = ORDER_SAGA,
    ) -> None:
        self._random = Random(seed)
        self._steps = steps
        self._clock = examined.clock
        self._faults = Faults(self._random, rate)
        self._faults.meanwhile = self._meanwhile
        self._database = FaultyDatabase(examined.database, self._faults)
        self._numbers = FaultyNumbers(self._database, Random(seed))
        self._on = examined
        self._definition = definition
        self._depth = 0
        self._listening_broker = ListeningBroker(self._clock)
        self._attempts: list[OrderAttempt] = []
        self._found: list[Violation] = []
        self._buyers = [sample_buyer(n, self._clock) for n in range(buyers)]
        self._items = [sample_item(n, self._clock) for n in range(3)]
        self._build()

    def _build(self) -> None:
        on, self._placing = self._on, list[SteppedBatcher[Any, Any]]()
        gateways: Mapping[str, PaymentGateway] = {
            "sandbox": FaultyGateway(
                on.gateway, self._database, answers_at_once=self._random.random() < 0.5
            )  # orders are placed either way: the whole group at once, or in stages
        }
        carriers: Mapping[str, Carrier] = {"sandbox": FaultyCarrier(on.carrier, self._database)}
        self._parts = parts_in_memory(MemoryParts(currency=_CURRENCY, clock=on.clock))(
            database=self._database, items=on.items, offers=on.offers, stock=on.stock,
            carts=on.carts, orders=on.orders, sagas=on.sagas, outbox=on.outbox, gateways=gateways,
            carriers=carriers, numbers=self._numbers, broker=self._broker, batcher=self._batcher,
            notifications=on.notifications,
            definitions=Definitions(with_faults(self._definition, self._database))
        )  # fmt: skip
        self._services = assemble(self._parts)
        self._idle = [(width, self._new_runner(width)) for width in (1, 3, 1, 3)]

    def _broker(self, consumers: Sequence[Consumer]) -> Broker:
        published = self._listening_broker.published
        told = [consumer for consumer in consumers if consumer.name == "notifications"]
        self._listening_broker = ListeningBroker(self._clock, told)
        self._listening_broker.published = published
        return self._listening_broker

    def _batcher(
        self, name: str, function: GroupFunction[T, R], /, *, waits: bool = False
    ) -> SteppedBatcher[T, R]:
        """Orders are placed in groups when it is their turn, everything else at once."""
        if name != PLACEMENT:
            return in_step(name, function)
        self._placing.append(placing := SteppedBatcher(function, limit=8))
        return placing

    def _new_runner(self, width: int) -> SagaRunner:
        """The runner of a process of its own, which makes *width* calls at a time."""
        fan_out, owner = InlineFanOut(width), f"runner {width}"
        return assemble(attrs.evolve(self._parts, fan_out=fan_out, owner=owner)).runner

    # --- the run

    def run(self) -> Verdict:
        """Let things go wrong, heal them, wait for rest, check everything."""
        self._stock_up()
        for _ in range(self._steps):
            self._act(self._random.choice(self._actions()))
        self._faults.on = False
        self._rest()
        while self._faults.late:  # whatever lands now, lands on orders that are over
            self._faults.land_one()
        self._clock.advance(timedelta(hours=2))
        self._services.reconciliation.run_once(1_000)
        self._rest()
        self._look()
        states = Counter(row.saga.state for row in self._rows().values())
        return Verdict(
            completed=states[OrderState.COMPLETED],
            cancelled=states[OrderState.CANCELLED],
            refused=sum(attempt.refused for attempt in self._attempts),
            crashes=self._faults.crashes,
            violations=tuple(self._found),
        )

    def _stock_up(self) -> None:
        openings = [
            OpeningStock(
                sku_id=i.variants[0].sku_id, quantity=self._random.randint(2, 15), sellable=True
            )
            for i in self._items
        ]
        with self._on.database.begin() as tx:
            self._on.items.insert(tx, self._items, {})
            self._on.stock.open(tx, openings, self._clock.now())
            tx.commit()

    def _actions(self) -> list[Callable[[], None]]:
        attempt, place, run = self._attempt, self._place_some, self._run
        return [
            attempt,
            attempt,
            self._submit_again,
            place,
            place,
            run,
            run,
            run,
            self._cancel,
            self._come_back,
            self._come_back,
            self._edit,
            self._wait,
            self._land,
            self._deliver,
            self._decide,
        ]

    def _act(self, action: Callable[[], None]) -> None:
        """One process does one thing. It may die of it; buyers see refusals and errors, and nobody
        else.
        """
        with suppress(Crash, CommerceError):
            action()

    def _meanwhile(self) -> None:
        """While somebody waits for the outside, others go on, time passes, and a lease may run
        out.
        """
        if self._depth < _DEEPEST and self._faults.strike(2):
            self._depth += 1
            for _ in range(self._random.randint(1, 4)):
                self._act(self._random.choice(self._actions()))
            self._depth -= 1

    def _rest(self) -> None:
        """Wait until nothing is under way, or for far longer than that could take."""
        for _ in range(_ROUNDS):
            for attempt in self._attempts:
                if attempt.is_open and attempt.answer is None:
                    self._submit(attempt)
            self._place_some()
            self._run()
            operators.resolve_what_waits(self._services, self._rows().values(), self._random)
            while self._services.relay.run_once(100):
                pass
            while self._services.notification_sender.run_once(100):
                pass
            if not any(attempt.is_open for attempt in self._attempts) and not self._unfinished():
                return
            self._clock.advance(timedelta(minutes=1))
        self._found.append(
            Violation(invariant="L1", subject="shop", detail=f"not at rest: {self._unfinished()}")
        )

    # --- what buyers do

    def _attempt(self) -> None:
        buyer = self._random.choice(self._buyers)
        self._fill(buyer)
        view = self._services.carts.view(_shopper(buyer))
        country = self._random.choice(["DE", "DE", "DE", "AQ"])
        command = PlaceOrder(
            cart_id=view.cart.id,
            amount=view.quote.total,
            payment_info=payment(self._random),
            shipping_address=Address(name="B", line1="1 Street", city="C", country=country),
        )
        attempt = OrderAttempt(buyer=buyer, command=command, key=f"key-{len(self._attempts)}")
        self._attempts.append(attempt)
        self._submit(attempt)

    def _come_back(self) -> None:
        come_back(self._services, self._attempts, self._random)

    def _fill(self, buyer: Account) -> None:
        item = self._random.choice(self._items)
        quantity = SetQuantity(item_id=item.id, quantity=self._random.randint(1, 3))
        self._services.carts.change(CartChange(shopper=_shopper(buyer), quantities=(quantity,)))

    def _edit(self) -> None:
        """Another tab changes a cart, perhaps while it is being paid (acceptance 36)."""
        self._fill(self._random.choice(self._buyers))

    def _submit_again(self) -> None:
        """A double click, or a retry after an answer that was lost (acceptance 13)."""
        if self._attempts:
            self._submit(self._random.choice(self._attempts))

    def _submit(self, attempt: OrderAttempt) -> None:
        request = self._services.checkout.request(attempt.buyer, attempt.command, attempt.key)
        attempt.answer = self._services.checkout.submit(request)

    def _place_some(self) -> None:
        """The next group. A process that dies in it forgets who waited for an answer."""
        try:
            while self._placing[0].step():
                pass
        finally:
            for attempt in [w for w in self._attempts if w.answer is not None]:
                answer, attempt.answer = attempt.answer, None
                if answer is None or not answer.done():
                    continue
                error = answer.exception()
                if error is None:
                    self._record_placed(attempt, answer.result())
                else:
                    self._record_refusal(attempt, error)

    def _record_placed(self, attempt: OrderAttempt, placed: Placed) -> None:
        if attempt.placed is not None and attempt.placed.key != placed.key:
            self._wrong(
                "S11",
                placed.key.order_id,
                f"{attempt.key} was answered with {attempt.placed.key.order_id} before",
            )
        attempt.placed = placed

    def _record_refusal(self, attempt: OrderAttempt, error: BaseException) -> None:
        if isinstance(error, Unavailable):
            return
        if not isinstance(error, CommerceError):
            raise error
        if attempt.placed is not None:
            self._wrong(
                "S12", attempt.placed.key.order_id, f"refused ({error}) although it was placed"
            )
        attempt.refused = True

    def _cancel(self) -> None:
        attempts = [w for w in self._attempts if w.placed]
        if attempts and (attempt := self._random.choice(attempts)).placed:
            self._services.cancellations.cancel(
                attempt.placed.key.buyer_id, attempt.placed.key.order_id
            )
            attempt.cancel_accepted = True

    # --- what goes on without them

    def _decide(self) -> None:
        """An operator decides over an order that is under way."""
        if unfinished := self._unfinished():
            order_id = self._random.choice(unfinished)
            operators.decide(self._services, self._on.gateway, order_id, self._random)

    def _run(self) -> None:
        """A process that has nothing to do right now runs some; one that dies of it is another one
        afterwards.
        """
        if not self._idle:
            return
        width, runner = self._idle.pop(self._random.randrange(len(self._idle)))
        try:
            runner.run_once(5)
        except Crash:
            runner = self._new_runner(width)
            raise
        finally:
            self._idle.append((width, runner))

    def _wait(self) -> None:
        self._clock.advance(self._random.choice(_PAUSES))

    def _land(self) -> None:
        self._faults.land_one()

    def _deliver(self) -> None:
        self._services.relay.run_once(10)
        self._services.notification_sender.run_once(5)

    # --- checks

    def _look(self) -> None:
        report = self._services.checker.check()
        self._found += report.violations
        if not report.at_rest:
            self._wrong("L4", "shop", f"{report.waiting_messages} messages wait")
        self._found += broken_promises(
            self._on,
            self._attempts,
            self._listening_broker.published,
            self._rows(),
            self._clock.now(),
        )

    def _wrong(self, invariant: str, subject: str, detail: str) -> None:
        self._found.append(violation(invariant, subject, detail))

    def _rows(self) -> dict[OrderId, SagaRow]:
        with self._on.database.snapshot() as tx:
            return {
                row.saga.key.order_id: row
                for row in self._on.sagas.page(tx, SagaFilter(), None, 10_000)
            }

    def _unfinished(self) -> list[OrderId]:
        return sorted(
            order_id for order_id, row in self._rows().items() if not row.saga.state.is_final
        )


def _shopper(buyer: Account) -> Shopper:
    return Shopper(buyer_id=BuyerId(buyer.id))
