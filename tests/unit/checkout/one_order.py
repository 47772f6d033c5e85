"""Every interleaving of two runners that die or freeze anywhere, a buyer who cancels, lost answers
and requests that land late.

The project's own ``advance`` and ``next_command`` decide; a small world around them keeps the
gateway's and the carrier's books, the hold and the cart, and writes as the recorder does: under
fence, state and cancel flag, advancing again where only the flag moved.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

import attrs

from commerce_core.checkout import CallStatus, Operation, OrderSaga, OutsideCall
from commerce_core.checkout.model import Command, StepCommand
from commerce_core.checkout.saga import Begin, advance, next_command
from commerce_core.checkout.service.transition import made_progress
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderState
from tests.unit.checkout.one_order_world import (
    ANSWERS,
    DESK,
    LESS,
    PRICE,
    START,
    Broken,
    Key,
    Request,
    Rules,
    Worker,
    World,
    carried_out,
    with_worker,
)

#: The operations of the shop's own steps.
OURS: Final = (Operation.CHARGE, Operation.REFUND, Operation.SHIP, Operation.UNSHIP)
#: What whoever a step of the shop's own calls answers, by what its books say.
OWN_ANSWERS: Final = {
    "NONE": "?", "DONE": "ACCEPTED", "REFUSED": "NO", "WAITING": "LATER", "GONE": "UNDONE"
}  # fmt: skip


class Explorer:
    """All states that can be reached under some rules."""

    def __init__(
        self, rules: Rules, card_ok: bool, carrier_ok: bool, captured: Money = PRICE
    ) -> None:
        self.rules = rules
        self.captured = captured
        self.card_ok = card_ok
        self.carrier_ok = carrier_ok
        self.sagas: dict[Key, OrderSaga] = {}
        self._moves: dict[tuple[Key, str | None], tuple[Key, tuple[Command, ...]]] = {}
        self._next_commands: dict[Key, StepCommand | None] = {}
        self.came: dict[World, tuple[World, str] | None] = {}

    def explore(self) -> "Explorer":
        """Go everywhere. Raises Broken."""
        start = World(saga=self.known(START), workers=(None,) * self.rules.workers)
        self.came[start] = None
        queue, before = deque([start]), dict[World, list[World]]()
        while queue:
            world = queue.popleft()
            for name, n, is_fault in self.steps(world):
                if not is_fault:
                    before.setdefault(n, []).append(world)
                if n not in self.came:
                    self.came[n] = (world, name)
                    if problem := self.wrong(n):
                        raise Broken(f"{problem}\n  {' > '.join(self.way(n))}")
                    queue.append(n)
        self._can_end(before)
        return self

    def _can_end(self, before: dict[World, list[World]]) -> None:
        """From everywhere an end can be reached without any further fault."""
        todo = [w for w in self.came if self.state(w).is_final]
        ok = set(todo)
        while todo:
            for w in before.get(todo.pop(), ()):
                if w not in ok:
                    ok.add(w)
                    todo.append(w)
        if stuck := next((w for w in self.came if w not in ok), None):
            raise Broken(f"it cannot end any more\n  {' > '.join(self.way(stuck))}")

    def way(self, world: World) -> list[str]:
        names: list[str] = []
        while step := self.came[world]:
            world, name = step
            names.append(name)
        return names[::-1]

    # --- the saga as a small value

    def known(self, saga: OrderSaga) -> Key:
        calls = tuple(
            sorted(
                (op, c.status, c.attempt, c.amount.minor if c.amount else 0)
                for op, c in saga.calls.items()
            )
        )
        key = (saga.state, saga.cancel_requested, calls)
        self.sagas.setdefault(key, saga)
        return key

    def state(self, world: World) -> OrderState:
        return self.sagas[world.saga].state

    def next_command(self, key: Key) -> StepCommand | None:
        if key not in self._next_commands:
            self._next_commands[key] = next_command(self.sagas[key], self.rules.definition)
        return self._next_commands[key]

    def moved(self, key: Key, answer: str | None) -> tuple[Key, tuple[Command, ...]]:
        if (key, answer) not in self._moves:
            outcome = ANSWERS[answer] if answer else Begin()
            saga, commands = advance(self.sagas[key], outcome, self.rules.definition)
            self._moves[key, answer] = self.known(saga), commands
        return self._moves[key, answer]

    # --- what can happen next

    def steps(self, w: World) -> Iterator[tuple[str, World, bool]]:
        saga = self.sagas[w.saga]
        window = {OrderState.PLACED, OrderState.CHARGING} | (
            {OrderState.SHIPPING} if self.rules.late_cancel else set()
        )
        if not saga.cancel_requested and saga.state in window:
            yield (
                "buyer cancels",
                w._replace(saga=self.known(attrs.evolve(saga, cancel_requested=True))),
                True,
            )
        for request in sorted(w.net):
            yield (
                f"{request[0].verb} lands",
                self.landed(w, request)._replace(net=w.net - {request}),
                True,
            )
            yield f"{request[0].verb} is lost", w._replace(net=w.net - {request}), True
        if (
            self.rules.desk
            and w.handle == "CAPTURED"
            and not w.desk
            and self.back(w) + DESK <= self.captured.minor
            and self.undone(w)
        ):
            yield "the desk gives a part back", w._replace(desk=DESK), True
        if saga.waiting is not None and not any(worker and worker.newest for worker in w.workers):
            yield "a person accepts", self.decided(w, "ACCEPTED"), False
            yield "a person refuses", self.decided(w, "NO"), False
        for i, worker in enumerate(w.workers):
            if worker is None:
                if not saga.state.is_final:  # a lease may have run out at any time
                    yield f"w{i} claims", self.claimed(w, i), False
                continue
            yield from self.worker_steps(w, i, worker)

    def worker_steps(self, w: World, i: int, worker: Worker) -> Iterator[tuple[str, World, bool]]:
        yield f"w{i} dies", with_worker(w, i, None), True
        if worker.answer is not None:
            yield f"w{i} writes {worker.answer}", self.written(w, i, worker), False
            return
        request = self.request(worker)
        if call := self.unknown_call(worker):
            if seen := self.seen(w, request):
                yield (
                    f"w{i} looks {seen}",
                    with_worker(w, i, worker._replace(answer=seen)),
                    False,
                )
                return
            if self.rules.anew and call.attempt == 1:
                yield (
                    f"w{i} tries anew",
                    with_worker(w, i, worker._replace(answer="ANEW")),
                    True,
                )
        done = self.landed(w, request)
        yield (
            f"w{i} {worker.verb.verb} answered",
            with_worker(done, i, worker._replace(answer=self.answer(done, request))),
            False,
        )
        yield (
            f"w{i} {worker.verb.verb} answer lost",
            with_worker(done, i, worker._replace(answer="?")),
            True,
        )
        yield (
            f"w{i} {worker.verb.verb} under way",
            with_worker(w._replace(net=w.net | {request}), i, worker._replace(answer="?")),
            True,
        )

    def decided(self, w: World, answer: str) -> World:
        """What an operator makes of a saga that nobody holds. Who held it before writes no more."""
        key, commands = self.moved(w.saga, answer)
        seen = "DONE" if answer == "ACCEPTED" else "REFUSED"
        return carried_out(w._replace(saga=key, own=seen), commands)

    def claimed(self, w: World, i: int) -> World:
        """Claim, and begin in the same transaction what has no call to make yet."""
        w = w._replace(workers=tuple(v and v._replace(newest=False) for v in w.workers))
        if self.next_command(w.saga) is None:
            key, commands = self.moved(w.saga, None)
            w = carried_out(w._replace(saga=key), commands)
        verb = self.next_command(w.saga)
        return with_worker(w, i, Worker(True, w.saga, verb) if verb else None)

    def request(self, worker: Worker) -> Request:
        refund = self.sagas[worker.saga].call(Operation.REFUND)
        return (
            worker.verb,
            refund.amount.minor
            if worker.verb is StepCommand.REFUND and refund and refund.amount
            else 0,
        )

    def unknown_call(self, worker: Worker) -> OutsideCall | None:
        """The call to look up before it is sent again; ``None``: it can be sent."""
        operation = {
            StepCommand.CONFIRM: Operation.CHARGE,
            StepCommand.REFUND: Operation.REFUND,
        }.get(worker.verb)
        call = self.sagas[worker.saga].call(operation) if operation else None
        return call if call and call.status is CallStatus.UNKNOWN else None

    def seen(self, w: World, request: Request) -> str | None:
        """What a look shows; ``None``: nothing of the call."""
        if request[0] is StepCommand.CONFIRM:
            return self.answer(w, request) if w.handle != "OPEN" else None
        return (
            f"GIVEN BACK {self.back(w)}"
            if self.captured.minor - self.back(w) < request[1]
            else None
        )

    def back(self, w: World) -> int:
        return sum(w.given) + w.desk

    def undone(self, w: World) -> bool:
        return self.state(w) in (OrderState.COMPENSATING, OrderState.CANCELLED)

    def answer(self, w: World, request: Request) -> str:
        verb, amount = request
        match verb:
            case StepCommand.CONFIRM | StepCommand.VOID:
                return (
                    "LESS CAPTURED"
                    if w.handle == "CAPTURED" and self.captured == LESS
                    else w.handle
                )
            case StepCommand.REFUND:
                return f"REFUNDED {amount}" if amount in w.given else "NOT REFUNDED"
            case StepCommand.BOOK | StepCommand.UNBOOK:
                return w.booking
            case _:
                return OWN_ANSWERS[w.own]

    def landed(self, w: World, request: Request) -> World:
        """The other side's books: a repeat under the same key changes nothing, and no more goes
        back than was captured.
        """
        verb, amount = request
        match verb:
            case StepCommand.CONFIRM if w.handle == "OPEN":
                return w._replace(handle="CAPTURED" if self.card_ok else "DECLINED")
            case StepCommand.VOID if w.handle == "OPEN":
                return w._replace(handle="VOID")
            case StepCommand.REFUND if (
                w.handle == "CAPTURED" and self.back(w) + amount <= self.captured.minor
            ):
                return w._replace(given=w.given | {amount})
            case StepCommand.BOOK if w.booking == "NONE":
                return w._replace(booking="BOOKED" if self.carrier_ok else "REFUSED")
            case StepCommand.UNBOOK:
                return w._replace(booking="GONE")
            case StepCommand(operation=operation) if operation and operation.is_undo:
                return w._replace(own="GONE")
            case StepCommand(operation=operation) if operation and operation not in OURS:
                return w._replace(own=self.rules.own) if w.own == "NONE" else w
            case _:
                return w

    def written(self, w: World, i: int, worker: Worker) -> World:
        """Write what was learnt if fence, state and flag are as they were read; under the same
        fence read again and advance again.
        """
        if self.rules.fence and not worker.newest:
            return with_worker(w, i, None)
        read, now = self.sagas[worker.saga], self.sagas[w.saga]
        same_state = not self.rules.state_guard or now.state is read.state
        same_flag = not self.rules.flag_guard or now.cancel_requested == read.cancel_requested
        before = worker.saga if same_state and same_flag else w.saga
        key, commands = self.moved(before, worker.answer)
        after = self.sagas[key]
        # The flag is the buyer's: no runner writes it.
        if after.cancel_requested != now.cancel_requested:
            key = self.known(attrs.evolve(after, cancel_requested=now.cancel_requested))
        goes_on = (
            bool(commands)
            or after.state is not self.sagas[before].state
            or made_progress(self.sagas[before], after)
        )
        verb = self.next_command(key) if goes_on and after.waiting is None else None
        return with_worker(
            carried_out(w._replace(saga=key), commands),
            i,
            Worker(worker.newest, key, verb) if verb else None,
        )

    # --- what must hold

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
                w.handle == "OPEN" and (StepCommand.CONFIRM, 0) in w.net,
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
