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
    taken: set[MessageId] = attrs.field(factory=set[MessageId])
    given_up: bool = False
    """Nobody waits for it any more: nothing more of it is sent."""

    @property
    def done(self) -> bool:
        """Whether the broker has said something about every message."""
        return self.confirmed == len(self.messages)


class _PublishingLink(Link):
    """Sends rounds and counts their confirms, all on its own thread."""

    def __init__(self, parameters: URLParameters, topology: Topology) -> None:
        super().__init__(parameters, "commerce publisher")
        self.stale = False
        """A message found no queue although there is to be one: somebody took it away. The next
        link declares it again.
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

    def ask(self, queues: Sequence[str], told: dict[str, int], channel: Channel) -> None:
        """Have the broker say into *told* how many messages wait in each of *queues*."""
        for queue in queues:
            channel.queue_declare(queue, passive=True, callback=partial(self._on_counted, told))

    def _on_counted(self, told: dict[str, int], frame: Any) -> None:
        with self.changed:
            told[str(frame.method.queue)] = int(frame.method.message_count)
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
        taken = frame.method.NAME == "Basic.Ack"
        rounds: list[_Round] = []
        for tag in tags:
            ours, message_id = self._in_flight.pop(tag)
            ours.confirmed += 1
            if not rounds or rounds[-1] is not ours:
                rounds.append(ours)
            if message_id in self._returned:
                self._returned.discard(message_id)
            elif taken:
                ours.taken.add(message_id)
        for ours in rounds:
            self.send(ours, channel)
        if any(ours.done for ours in rounds):
            with self.changed:
                self.changed.notify_all()


class Publisher:
    """Hands messages to the exchange. Connects when it is first asked to; after a loss it connects
    anew when it is asked again.

    What is on its way when a connection is lost counts as not taken, though some of it may have
    been: it comes twice then.
    """

    def __init__(self, nodes: Sequence[URLParameters], topology: Topology) -> None:
        self._line = Line(nodes, lambda parameters: _PublishingLink(parameters, topology))
        self._process = ProcessGuard("connection to the broker")
        self._publishing = threading.Lock()

    def publish(self, messages: Sequence[Message]) -> Sequence[MessageId]:
        """The ids of those *messages* that the broker has confirmed, and that found a queue if one
        is to be there for them.

        A message behind one of its partition key that was not taken counts as not taken, so that in
        the end they come in order.

        Raises:
            BrokerUnavailable: none was taken.
        """
        if not messages:
            return []
        self._process.check()
        with self._publishing:
            taken = self._publish(messages)
        if not taken:
            raise BrokerUnavailable(
                f"the broker took none of {len(messages)} messages: it is gone, full, or lacks "
                "the queues"
            )
        return _in_order(messages, taken)

    def waiting(self, queues: Sequence[str]) -> Mapping[str, int]:
        """How many messages wait in each of *queues*.

        Raises:
            BrokerUnavailable: the broker does not say in time.
        """
        link, told = self._line.link(), dict[str, int]()
        link.call(partial(link.ask, queues, told))
        if not link.wait(lambda: len(told) == len(queues), _ANSWER):
            raise BrokerUnavailable(
                f"the broker does not say what waits: {link.lost or 'it does not answer'}"
            )
        return told

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
        late = not link.wait(lambda: ours.done, _CONFIRM) and link.blocked is None
        ours.given_up = True
        if late or link.stale:
            link.call(
                lambda _: link.drop("a queue is gone" if link.stale else "confirms do not come")
            )
        return set(ours.taken)


def _check(link: Link, patience: float) -> None:
    """What is written to a blocked connection is taken later, however late that is: nothing may
    be.
    """
    if not link.wait(lambda: link.blocked is None, patience) or link.lost is not None:
        raise BrokerUnavailable(f"the broker takes no messages now: {link.blocked or link.lost}")


def _in_order(messages: Sequence[Message], taken: set[MessageId]) -> list[MessageId]:
    """The ids of *taken* that stand behind none of their key that was not."""
    late: set[str] = set()
    surely: list[MessageId] = []
    for message in messages:
        if message.id in taken and message.partition_key not in late:
            surely.append(message.id)
        else:
            late.add(message.partition_key)
    return surely
