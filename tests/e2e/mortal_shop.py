"""The shop, as `commerce …` opens it, that kills itself at a point of an order's way: ``python
mortal_shop.py POINT NTH serve …``.

A point is a commit by the state that orders take with it (``before PLACED``, ``after CHARGING``),
or a call to the outside (``in gateway.confirm``: booked there and not committed; ``after
carrier.book``: done there and not known here). It is the NTH time after the shop has opened that
counts. The point ``never`` lets the shop live. Nothing of the shop itself knows of this.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from commerce_cli.main import main
from commerce_cli.output import Output
from commerce_core.kernel import relay
from commerce_local.sandbox_carrier import SandboxCarrier
from commerce_local.sandbox_gateway import SandboxGateway
from commerce_rabbitmq.broker import RabbitBroker
from commerce_sqlalchemy import queues
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.queues import SqlQueue
from commerce_sqlalchemy.transaction import SqlTransaction


class Fate:
    """Ends the process the *nth* time that *point* is reached, as a power cut would; not before it
    is :attr:`sealed`.
    """

    def __init__(self, point: str, nth: int) -> None:
        self._point = point
        self._left = nth
        self._turn = threading.Lock()
        self.sealed = False

    def reach(self, point: str) -> None:
        if self.sealed and point == self._point:
            with self._turn:
                self._left -= 1
                if self._left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)


def watch_commits(fate: Fate) -> None:
    """Points before and after the commits that take orders into a state."""
    entered: dict[int, set[str]] = {}
    insert, write, commit, leave = (
        SqlSagaStore.insert,
        SqlSagaStore.write,
        SqlTransaction.commit,
        SqlTransaction.__exit__,
    )

    @wraps(insert)
    def noted_insert(self: SqlSagaStore, tx: Any, *rest: Any) -> None:
        entered.setdefault(id(tx), set()).add("PLACED")
        insert(self, tx, *rest)

    @wraps(write)
    def noted_write(self: SqlSagaStore, tx: Any, writes: Any, at: Any) -> Any:
        states = {w.saga.state.value for w in writes if w.saga.state is not w.read.saga.state}
        entered.setdefault(id(tx), set()).update(states)
        return write(self, tx, writes, at)

    @wraps(commit)
    def noted_commit(self: SqlTransaction) -> None:
        states = sorted(entered.pop(id(self), ()))
        for state in states:
            fate.reach(f"before {state}")
        commit(self)
        for state in states:
            fate.reach(f"after {state}")

    @wraps(leave)
    def noted_exit(self: SqlTransaction, *error: Any) -> None:
        entered.pop(id(self), None)
        leave(self, *error)

    for owner, name, noted in (
        (SqlSagaStore, "insert", noted_insert),
        (SqlSagaStore, "write", noted_write),
        (SqlTransaction, "commit", noted_commit),
        (SqlTransaction, "__exit__", noted_exit),
    ):
        setattr(owner, name, noted)


def watch_calls(fate: Fate) -> None:
    """Points after calls to the outside, and within one."""

    def watch(owner: type, name: str, point: str) -> None:
        method: Callable[..., Any] = getattr(owner, name)

        @wraps(method)
        def watched(*arguments: Any, **named: Any) -> Any:
            answer = method(*arguments, **named)
            fate.reach(point)
            return answer

        setattr(owner, name, watched)

    for name in ("prepare", "confirm", "cancel", "refund"):
        watch(SandboxGateway, name, f"after gateway.{name}")
    for name in ("book", "cancel"):
        watch(SandboxCarrier, name, f"after carrier.{name}")
    watch(SandboxGateway, "_charge", "in gateway.confirm")
    watch(RabbitBroker, "publish", "after publish")
    settle = SqlQueue.settle

    @wraps(settle)
    def noted_settle(self: SqlQueue, deliveries: Any) -> None:
        if deliveries:
            fate.reach("after publish")  # without a broker: taken, and not yet forgotten
        settle(self, deliveries)

    setattr(SqlQueue, "settle", noted_settle)  # noqa: B010


def watch_opening(fate: Fate) -> None:
    """Who waits for the address gets it: only then fate takes its course."""
    say = Output.say

    @wraps(say)
    def noted_say(self: Output, text: str) -> None:
        say(self, text)
        fate.sealed = True

    setattr(Output, "say", noted_say)  # noqa: B010


if __name__ == "__main__":
    point, nth, *arguments = sys.argv[1:]
    # A relay or consumer that died is waited for as long as a saga's lease is here.
    for keeper in (relay, queues):
        keeper._LEASE = timedelta(seconds=2)  # type: ignore[attr-defined]
        keeper._PROLONG = timedelta(seconds=0.5)  # type: ignore[attr-defined]
    if point != "never":
        fate = Fate(point, int(nth))
        watch_commits(fate)
        watch_calls(fate)
        watch_opening(fate)
    main(arguments)
