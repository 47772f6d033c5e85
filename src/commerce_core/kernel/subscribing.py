"""Subscribing to events: a function becomes a consumer like the shop's own, with its own queue."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

import attrs

from commerce_core.kernel.codec import decode_event
from commerce_core.kernel.events import Event
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Consumer, Message

E = TypeVar("E", bound=Event)

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME: Final = 40
#: How many handled messages of a group that failed are remembered.
_MOST_REMEMBERED: Final = 2_000

#: Calls a function, or raises when it takes too long.
Invoke: TypeAlias = Callable[[Callable[[], object]], object]


@attrs.frozen(kw_only=True)
class ReceivedEvent(Generic[E]):
    """*event* as delivered. It may be delivered again, always under the same *id*."""

    id: MessageId
    at: datetime
    event: E


def _invoke_directly(function: Callable[[], object]) -> object:
    return function()


class Subscription(Consumer, Generic[E]):
    """What :func:`subscribe` makes."""

    def __init__(
        self,
        name: str,
        events: Mapping[str, type[E]],
        function: Callable[[ReceivedEvent[E]], object],
        invoke: Invoke = _invoke_directly,
    ) -> None:
        self._name = name
        self._events = events
        self._function = function
        self._invoke = invoke
        self._handled: dict[MessageId, None] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def follows(self) -> Sequence[str]:
        return list(self._events)

    def invoked_by(self, invoke: Invoke) -> "Subscription[E]":
        """The same subscription, its function called through *invoke*."""
        return Subscription(self._name, self._events, self._function, invoke)

    def handle(self, messages: Sequence[Message]) -> None:
        """One after the other. If one fails, those before it are redelivered, and skipped as long
        as they are remembered here.
        """
        for message in messages:
            if message.id not in self._handled:
                self._deliver(message)
                self._remember(message.id)
        for message in messages:
            self._handled.pop(message.id, None)

    def _deliver(self, message: Message) -> None:
        event: Any = decode_event(message.name, message.payload)
        received = ReceivedEvent[E](id=message.id, at=message.occurred_at, event=event)
        self._invoke(lambda: self._function(received))

    def _remember(self, id: MessageId) -> None:
        self._handled[id] = None
        if len(self._handled) > _MOST_REMEMBERED:
            self._handled.pop(next(iter(self._handled)), None)


def _are_events(events: object) -> bool:
    if not isinstance(events, list | tuple):
        return False
    kinds = cast("Sequence[object]", events)
    return bool(kinds) and all(isinstance(kind, type) and "name" in vars(kind) for kind in kinds)


def subscribe(
    name: str, events: Sequence[type[E]], function: Callable[[ReceivedEvent[E]], object]
) -> Subscription[E]:
    """Have *function* called with each event of the classes *events*: for ``Parts.subscribers``.

    At least once each, late or out of order at times, with no transaction open. Whoever must not
    count an event twice keeps the ids of those that were counted, with what came of them.

    Args:
        name: stable, of small letters, digits and hyphens, 40 at most; the name of its queue.
        events: what wakes it, from the first process on that was started with it.
        function: whatever it raises, the event comes again, later and later; after twenty times it
            is a dead letter. Raise ``Rejected`` to make it one at once, ``Unavailable`` to retry
            all of them later.

    Raises:
        ValueError: the name or the events cannot be used.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ValueError(
            f"{name!r:.80}: a subscriber's name is up to {_LONGEST_NAME} small letters, digits and "
            "hyphens"
        )
    if not _are_events(events):
        raise ValueError(
            f"{name}: the events must be a list of classes of events that have a wire name"
        )
    return Subscription(name, {event.name: event for event in events}, function)
