"""Publishing with many confirms in flight."""

import threading
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any, Final

import attrs
from pika import BasicProperties, URLParameters
from pika.channel import Channel

from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import Message
from commerce_core.kernel.process import ProcessGuard
from commerce_rabbitmq.connection import BrokerUnavailable, Line, Link
from commerce_rabbitmq.envelope import encode
from commerce_rabbitmq.topology import EXCHANGE, Topology

_IN_FLIGHT: Final = 512
_CONFIRM: Final = 6.0
_UNBLOCK: Final = 2.0
_ANSWER: Final = 2.0


@attrs.define
class _Round:
    """Messages that go out together, and what became of them."""

    messages: Sequence[Message]
    sent: int = 0
    confirmed: int = 0
    accepted: set[MessageId] = attrs.field(factory=set[MessageId])
    given_up: bool = False
    """The caller has stopped waiting: nothing more of it is sent."""

    @property
    def done(self) -> bool:
        """Whether the broker has confirmed or refused every message."""
        return self.confirmed == len(self.messages)


class _PublishingLink(Link):
    """Sends rounds and counts their confirms, all on its own thread."""

    def __init__(self, parameters: URLParameters, topology: Topology) -> None:
        super().__init__(parameters, "commerce publisher")
        self.stale = False
        """A message found no queue although there is to be one: it was deleted. The next link
        declares it again.
        """
        self._topology = topology
        self._last_tag = 0
        self._in_flight: dict[int, tuple[_Round, MessageId]] = {}
        self._returned: set[str] = set()

    def prepare(self, channel: Channel) -> None:
        anything: Any = channel  # whose callbacks have no types
        anything.add_on_return_callback(self._on_return)
        channel.confirm_delivery(partial(self._on_confirm, channel))
        self._topology.declare(channel, self.ready)

    def send(self, ours: _Round, channel: Channel) -> None:
        """Publish what may be in flight of *ours* now; each confirm lets more follow."""
        while (
            ours.sent < len(ours.messages)
            and len(self._in_flight) < _IN_FLIGHT
            and not ours.given_up
            and self.blocked is None
        ):
            message = ours.messages[ours.sent]
            properties, body = encode(message)
            ours.sent += 1
            self._last_tag += 1
            self._in_flight[self._last_tag] = (ours, message.id)
            channel.basic_publish(
                EXCHANGE,
                message.name,
                body,
                properties,
                mandatory=message.name in self._topology.followed,
            )

    def count_messages(
        self, queues: Sequence[str], counts: dict[str, int], channel: Channel
    ) -> None:
        """Ask the broker for the number of messages in each of *queues*, into *counts*."""
        for queue in queues:
            channel.queue_declare(queue, passive=True, callback=partial(self._on_counted, counts))

    def _on_counted(self, counts: dict[str, int], frame: Any) -> None:
        with self.changed:
            counts[str(frame.method.queue)] = int(frame.method.message_count)
            self.changed.notify_all()

    def _on_return(
        self, _channel: Channel, _method: Any, properties: BasicProperties, _body: bytes
    ) -> None:
        """The confirm that follows says only that the broker is done with it."""
        self._returned.add(str(properties.message_id))
        self.stale = True

    def _on_confirm(self, channel: Channel, frame: Any) -> None:
        last: int = frame.method.delivery_tag
        tags = (
            list(takewhile(lambda tag: tag <= last, self._in_flight))
            if frame.method.multiple
            else [last]
        )
        accepted = frame.method.NAME == "Basic.Ack"
        rounds: list[_Round] = []
        for tag in tags:
            ours, message_id = self._in_flight.pop(tag)
            ours.confirmed += 1
            if not rounds or rounds[-1] is not ours:
                rounds.append(ours)
            if message_id in self._returned:
                self._returned.discard(message_id)
            elif accepted:
                ours.accepted.add(message_id)
        for ours in rounds:
            self.send(ours, channel)
        if any(ours.done for ours in rounds):
            with self.changed:
                self.changed.notify_all()


class Publisher:
    """Hands messages to the exchange. Connects at the first call, and after a loss at the next one.

    What is in flight when a connection is lost counts as not accepted, though some of it may have
    been: it is published twice then.
    """

    def __init__(self, nodes: Sequence[URLParameters], topology: Topology) -> None:
        self._line = Line(nodes, lambda parameters: _PublishingLink(parameters, topology))
        self._process = ProcessGuard("connection to the broker")
        self._publishing = threading.Lock()

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        """The ids of those *messages* that the broker has confirmed, and that found a queue if one
        is to be there for them.

        A message behind one of its partition key that was not accepted counts as not accepted, so
        that in the end they come in order.

        Raises:
            BrokerUnavailable: none was accepted.
        """
        if not messages:
            return []
        self._process.check()
        with self._publishing:
            accepted = self._publish(messages)
        if not accepted:
            raise BrokerUnavailable(
                f"the broker accepted none of {len(messages)} messages: it is down, full, or lacks "
                "the queues"
            )
        return _in_order(messages, accepted)

    def waiting(self, queues: Sequence[str]) -> Mapping[str, int]:
        """How many messages wait in each of *queues*.

        Raises:
            BrokerUnavailable: the broker does not answer in time.
        """
        link, counts = self._line.link(), dict[str, int]()
        link.call(partial(link.count_messages, queues, counts))
        if not link.wait(lambda: len(counts) == len(queues), _ANSWER):
            raise BrokerUnavailable(
                f"the broker does not report its queues: {link.lost or 'it does not answer'}"
            )
        return counts

    def ping(self) -> None:
        """Make sure that messages could be published now.

        Raises:
            BrokerUnavailable: they could not.
        """
        _check(self._line.link(), 0.0)

    def close(self) -> None:
        """Disconnect. Idempotent."""
        self._line.close()

    def _publish(self, messages: Sequence[Message]) -> set[MessageId]:
        link = self._line.link()
        _check(link, _UNBLOCK)
        ours = _Round(messages)
        link.call(partial(link.send, ours))
        timed_out = not link.wait(lambda: ours.done, _CONFIRM) and link.blocked is None
        ours.given_up = True
        if timed_out or link.stale:
            link.call(
                lambda _: link.drop("a queue is gone" if link.stale else "confirms do not come")
            )
        return set(ours.accepted)


def _check(link: Link, patience: float) -> None:
    """Nothing may be written to a blocked connection: it would be accepted at any later time."""
    if not link.wait(lambda: link.blocked is None, patience) or link.lost is not None:
        raise BrokerUnavailable(f"the broker accepts no messages now: {link.blocked or link.lost}")


def _in_order(messages: Sequence[Message], accepted: set[MessageId]) -> list[MessageId]:
    """The ids of *accepted* that follow no message of their key that was not."""
    blocked_keys: set[str] = set()
    ordered: list[MessageId] = []
    for message in messages:
        if message.id in accepted and message.partition_key not in blocked_keys:
            ordered.append(message.id)
        else:
            blocked_keys.add(message.partition_key)
    return ordered
