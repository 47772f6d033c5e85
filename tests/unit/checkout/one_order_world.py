"""The world of one order: what everybody knows of it, as a value."""

from typing import Any, NamedTuple

import attrs

from commerce_core.checkout import Accepted, OrderSaga, Refused, Undone, Wait
from commerce_core.checkout.model import (
    Command,
    CommitStock,
    GivenBack,
    RecordEvent,
    ReleaseStock,
    RestoreCart,
    StepCommand,
    TryAnew,
)
from commerce_core.checkout.saga import ORDER_SAGA, Saga
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.orders import Fact, OrderKey
from commerce_core.payment import (
    Action,
    ActionKind,
    BookEntry,
    Captured,
    Declined,
    NeedsBuyer,
    PaymentUnknown,
    Pending,
    Refunded,
    Voided,
)
from commerce_core.shipping import Booked, BookingGone, CannotShip

ACTION = Action(kind=ActionKind.REDIRECT, url="https://gateway.example/3ds")
PRICE, LESS, DESK = Money(500, "USD"), Money(300, "USD"), 100

ANSWERS: dict[str, object] = {
    "CAPTURED": Captured(ref="c", amount=PRICE),
    "DECLINED": Declined(code="no", detail="no"),
    "VOID": Voided(),
    "NEEDS": NeedsBuyer(action=ACTION),
    "READY": PaymentUnknown("not charged yet"),
    "PENDING": Pending("it decides later"),
    "OPEN": PaymentUnknown("not charged yet"),
    "LESS CAPTURED": Captured(ref="c", amount=LESS),
    **{f"REFUNDED {n}": Refunded(ref="r", amount=Money(n, "USD")) for n in (500, 400, 300, 200)},
    **{
        f"GIVEN BACK {n}": GivenBack(
            (BookEntry(order_id="o", ref="r", kind="refund", amount=Money(n, "USD")),)
        )
        for n in (100, 300, 500)
    },
    "ANEW": TryAnew(),
    "NOT REFUNDED": PaymentUnknown("nothing was captured"),
    "BOOKED": Booked(carrier="c", tracking_number="t"),
    "REFUSED": CannotShip("no"),
    "GONE": BookingGone(),
    "ACCEPTED": Accepted(),
    "NO": Refused("no", "no"),
    "LATER": Wait("somebody looks at it", for_person=True),
    "UNDONE": Undone(),
    "?": PaymentUnknown("no answer"),
}

START = OrderSaga(
    key=OrderKey(BuyerId("b"), OrderId("o")),
    definition="order",
    version=1,
    gateway="g",
    account="a",
    carrier="c",
    digest="d",
    total=PRICE,
)

Key = tuple[Any, ...]

#: A call, and the amount that a refund asks for, or which key of a charge it is sent under.
Request = tuple[StepCommand, int]


class Worker(NamedTuple):
    """A runner with the saga in its hands: whether its fence is the newest, the saga as it read it,
    its call and the answer.
    """

    newest: bool
    saga: Key
    verb: StepCommand
    answer: str | None = None


class World(NamedTuple):
    """Everything that there is. ``net``: requests under way that land now, later or never.
    ``given``: what our refunds gave back, and what somebody did at the gateway's own desk.
    ``failed``: the buyer's action has failed once. ``stuck``: the gateway has kept an error under
    the first key of our charge, and repeats it for ever. ``own``: what the books of whoever an
    added step calls say: NONE, DONE, REFUSED, WAITING, GONE.
    """

    saga: Key
    hold: str = "HELD"
    failed: bool = False
    stuck: bool = False
    carts: int = 0
    notified: bool = False
    handle: str = "OPEN"
    given: frozenset[int] = frozenset()
    desk: int = 0
    booking: str = "NONE"
    own: str = "NONE"
    net: frozenset[Request] = frozenset()
    workers: tuple[Worker | None, ...] = (None, None)


class Broken(Exception):
    """An invariant does not hold, with the shortest way there."""


@attrs.frozen(kw_only=True)
class Rules:
    """What the world goes by. A rule is taken away to show that it is missed.

    With a ``desk`` somebody else may give a part back; with ``anew`` a key may lead nowhere, so
    that another one is tried. ``own`` is what becomes of an added step, if there is one: DONE,
    REFUSED, or WAITING for a person.

    ``buyer`` is how the buyer acts: by a ``challenge`` that settles the charge by itself, by one
    whose result has to be ``carried`` back to it, or ``first``, before we have asked for anything.
    With ``pending`` the gateway decides later; with ``stored`` it may keep an error under a key.
    """

    definition: Saga = ORDER_SAGA
    own: str = "DONE"
    workers: int = 2
    desk: bool = False
    anew: bool = False
    fence: bool = True
    state_guard: bool = True
    flag_guard: bool = True
    late_cancel: bool = False
    buyer: str | None = None
    pending: bool = False
    stored: bool = False
    look: bool = True
    limit: bool = True


def with_worker(w: World, i: int, worker: Worker | None) -> World:
    return w._replace(workers=(*w.workers[:i], worker, *w.workers[i + 1 :]))


def carried_out(w: World, commands: tuple[Command, ...]) -> World:
    for command in commands:
        match command:
            case ReleaseStock() if w.hold == "HELD":
                w = w._replace(hold="RELEASED")
            case CommitStock() if w.hold == "HELD":
                w = w._replace(hold="COMMITTED")
            case RestoreCart():
                w = w._replace(carts=w.carts + 1)
            case RecordEvent(fact=Fact.SHIPMENT_READY):
                w = w._replace(notified=True)
            case _:
                pass
    return w


WORLDS = [(card_ok, carrier_ok) for card_ok in (True, False) for carrier_ok in (True, False)]
