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
from commerce_core.checkout.saga import Begin, advance, next_command, placed
from commerce_core.checkout.service.transition import made_progress
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderState
from tests.unit.checkout.one_order_invariants import OURS, Invariants
from tests.unit.checkout.one_order_world import (
    ACTION,
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

#: What whoever a step of the shop's own calls answers, by what its books say.
OWN_ANSWERS: Final = {
    "NONE": "?", "DONE": "ACCEPTED", "REFUSED": "NO", "WAITING": "LATER", "GONE": "UNDONE"
}  # fmt: skip


class Explorer(Invariants):
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
        first = self.rules.buyer == "first"
        saga, _ = placed(START, ACTION if first else None, self.rules.definition)
        start = World(saga=self.known(saga), workers=(None,) * self.rules.workers)
        if first:
            start = start._replace(handle="NEEDS")
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
        brought = saga.returned is not None
        key = (saga.state, saga.cancel_requested, saga.time_up, brought, calls)
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
        window = {OrderState.PLACED, OrderState.CHARGING, OrderState.AWAITING_BUYER} | (
            {OrderState.SHIPPING} if self.rules.late_cancel else set()
        )
        yield from self.buyer_steps(w, saga)
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
                if self.rules.limit and saga.state is OrderState.AWAITING_BUYER:
                    late = w._replace(saga=self.known(attrs.evolve(saga, time_up=True)))
                    yield f"w{i} claims, the time is up", self.claimed(late, i), False
                continue
            yield from self.worker_steps(w, i, worker)

    def buyer_steps(self, w: World, saga: OrderSaga) -> Iterator[tuple[str, World, bool]]:
        """What the buyer may do, and the gateway by itself."""
        challenge = self.rules.buyer == "challenge"
        if w.handle == "NEEDS":
            paid = ("PENDING" if self.rules.pending else "CAPTURED") if challenge else "READY"
            yield "buyer pays", w._replace(handle=paid), True
            yield "buyer fails", w._replace(handle="DECLINED", failed=True), True
        if w.handle == "DECLINED" and w.failed and challenge:
            yield "buyer uses another card", w._replace(handle="CAPTURED"), True
        if w.handle == "PENDING":
            yield "gateway decides", w._replace(handle="CAPTURED"), False
            yield "gateway refuses", w._replace(handle="DECLINED", failed=True), True
        if self.rules.buyer and saga.state is OrderState.AWAITING_BUYER and saga.returned is None:
            brought = self.known(attrs.evolve(saga, returned={}))
            yield "buyer returns", w._replace(saga=brought), True

    def worker_steps(self, w: World, i: int, worker: Worker) -> Iterator[tuple[str, World, bool]]:
        yield f"w{i} dies", with_worker(w, i, None), True
        if worker.answer is not None:
            yield f"w{i} writes {worker.answer}", self.written(w, i, worker), False
            return
        request = self.request(worker)
        if worker.verb is StepCommand.LOOK:
            if not self.carries_on(w, worker):
                looked = worker._replace(answer=w.handle)
                yield f"w{i} looks {w.handle}", with_worker(w, i, looked), False
                return
            request = (StepCommand.CONFIRM, 0)  # nothing was sent before
        if call := self.unknown_call(worker):
            if seen := self.seen(w, request):
                yield (
                    f"w{i} looks {seen}",
                    with_worker(w, i, worker._replace(answer=seen)),
                    False,
                )
                return
            if (self.rules.anew or self.is_stuck(w, request)) and call.attempt == 1:
                yield (
                    f"w{i} tries anew",
                    with_worker(w, i, worker._replace(answer="ANEW")),
                    not self.is_stuck(w, request),
                )
        done = self.landed(w, request)
        if request == (StepCommand.CONFIRM, 0) and self.rules.stored and not w.stuck:
            for name, n in (("done", done), ("not done", w)):
                errs = with_worker(n._replace(stuck=True), i, worker._replace(answer="?"))
                yield f"w{i} is answered an error, {name}", errs, True
        yield (
            f"w{i} {request[0].verb} answered",
            with_worker(done, i, worker._replace(answer=self.answer(done, request))),
            False,
        )
        yield (
            f"w{i} {request[0].verb} answer lost",
            with_worker(done, i, worker._replace(answer="?")),
            True,
        )
        yield (
            f"w{i} {request[0].verb} under way",
            with_worker(w._replace(net=w.net | {request}), i, worker._replace(answer="?")),
            True,
        )

    def carries_on(self, w: World, worker: Worker) -> bool:
        """Whether a look at what the buyer was asked for ends in sending the charge."""
        saga = self.sagas[worker.saga]
        brought_back = saga.returned is not None
        if w.handle in ("OPEN", "READY"):
            return brought_back or saga.status(Operation.CHARGE) is CallStatus.INTENT
        return brought_back and w.handle == "NEEDS"

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
        saga = self.sagas[worker.saga]
        if worker.verb is StepCommand.CONFIRM:
            return worker.verb, saga.calls[Operation.CHARGE].attempt - 1
        refund = saga.call(Operation.REFUND)
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
        looks = self.rules.look and call and call.status is CallStatus.UNKNOWN
        return call if looks else None

    def seen(self, w: World, request: Request) -> str | None:
        """What a look shows; ``None``: nothing of the call."""
        if request[0] is StepCommand.CONFIRM:
            return None if w.handle in ("OPEN", "READY") else self.shown(w)
        return (
            f"GIVEN BACK {self.back(w)}"
            if self.captured.minor - self.back(w) < request[1]
            else None
        )

    def undone(self, w: World) -> bool:
        return self.state(w) in (OrderState.COMPENSATING, OrderState.CANCELLED)

    def answer(self, w: World, request: Request) -> str:
        verb, amount = request
        match verb:
            case StepCommand.CONFIRM if self.is_stuck(w, request):
                return "?"
            case StepCommand.CONFIRM | StepCommand.VOID:
                return self.shown(w)
            case StepCommand.REFUND:
                return f"REFUNDED {amount}" if amount in w.given else "NOT REFUNDED"
            case StepCommand.BOOK | StepCommand.UNBOOK:
                return w.booking
            case _:
                return OWN_ANSWERS[w.own]

    def is_stuck(self, w: World, request: Request) -> bool:
        """Whether the gateway has kept an error under the first key of the charge."""
        return w.stuck and request == (StepCommand.CONFIRM, 0)

    def shown(self, w: World) -> str:
        """What the gateway shows of the charge."""
        less = w.handle == "CAPTURED" and self.captured == LESS
        return "LESS CAPTURED" if less else w.handle

    def landed(self, w: World, request: Request) -> World:
        """The other side's books: a repeat under the same key changes nothing, and no more goes
        back than was captured.
        """
        verb, amount = request
        match verb:
            case StepCommand.CONFIRM if self.is_stuck(w, request):
                return w
            case StepCommand.CONFIRM if w.handle in ("OPEN", "READY"):
                return w._replace(handle=self.charged(w))
            case StepCommand.VOID if w.handle in ("OPEN", "NEEDS", "READY", "DECLINED"):
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

    def charged(self, w: World) -> str:
        """What a charge makes of a handle."""
        if not self.card_ok:
            return "DECLINED"
        if w.handle == "OPEN" and self.rules.buyer:
            return "NEEDS"
        return "PENDING" if self.rules.pending else "CAPTURED"

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
        # The flag, and what was brought back, is the buyer's; time is up by a claim: none of that
        # is written with an outcome.
        flags = (now.cancel_requested, now.time_up, now.returned is not None)
        if (after.cancel_requested, after.time_up, after.returned is not None) != flags:
            key = self.known(
                attrs.evolve(
                    after,
                    cancel_requested=now.cancel_requested,
                    time_up=now.time_up,
                    returned=now.returned,
                )
            )
            after = self.sagas[key]
        goes_on = (
            bool(commands)
            or after.state is not self.sagas[before].state
            or made_progress(self.sagas[before], after)
        )
        stops = after.waiting is not None or (
            after.state is OrderState.AWAITING_BUYER and not after.is_given_up
        )
        verb = self.next_command(key) if goes_on and not stops else None
        return with_worker(
            carried_out(w._replace(saga=key), commands),
            i,
            Worker(worker.newest, key, verb) if verb else None,
        )
