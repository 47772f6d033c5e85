"""Messages a second: from the outbox through RabbitMQ to a consumer, beside pika alone with the
very same messages, both ways in one run.

``python -m benchmarks.messages`` starts a RabbitMQ of its own and keeps the raw results.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import attrs
from pika import BasicProperties, SelectConnection, URLParameters
from pika.channel import Channel

from benchmarks.shopfront import HERE
from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.ids import BuyerId, OrderId, derived_id
from commerce_core.kernel.messaging import Consumer, Message, envelope
from commerce_core.kernel.relay import Relay
from commerce_core.orders.events import OrderCreated
from commerce_local.clock import SystemClock
from commerce_rabbitmq.broker import RabbitBroker
from commerce_rabbitmq.envelope import encode
from commerce_rabbitmq.topology import EXCHANGE, Topology, queue_of
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.messaging import SqlOutbox
from commerce_sqlalchemy.transaction import SqlDatabase
from scripts.servers.rabbitmq import RabbitServer

MESSAGES: Final = 20_000
_GROUP: Final = 500
_RELAYED: Final = 2_000
_ROUNDS: Final = 5
_FOLLOWER: Final = "taker"
_SUBSCRIPTIONS: Final = {_FOLLOWER: [OrderCreated.name]}


class Taker(Consumer):
    """Takes everything and does nothing with it."""

    def __init__(self) -> None:
        self.taken = 0

    @property
    def name(self) -> str:
        return _FOLLOWER

    @property
    def follows(self) -> Sequence[str]:
        return _SUBSCRIPTIONS[_FOLLOWER]

    def handle(self, messages: Sequence[Message]) -> None:
        self.taken += len(messages)


class Bare(threading.Thread):
    """Pika's fastest connection, and nothing around it, on a thread as ours has one: *begin* is
    called with the open channel.
    """

    def __init__(self, url: str, begin: Callable[[Channel, Callable[[], None]], None]) -> None:
        super().__init__(daemon=True)
        self._begin = begin
        self._connection: Any = SelectConnection(URLParameters(url), on_open_callback=self._opened)
        self._connection.add_on_close_callback(lambda connection, _: connection.ioloop.stop())
        self.took = 0.0

    def run(self) -> None:
        """Until what was begun has called that it is done."""
        self._connection.ioloop.start()

    def _opened(self, connection: Any) -> None:
        connection.channel(
            on_open_callback=lambda channel: Topology(_SUBSCRIPTIONS).declare(
                channel, partial(self._ready, channel)
            )
        )

    def _ready(self, channel: Channel) -> None:
        began = time.perf_counter()

        def done() -> None:
            self.took = time.perf_counter() - began
            self._connection.close()

        self._begin(channel, done)


def bare_publishing(url: str, messages: Sequence[Message]) -> float:
    """Seconds in which pika publishes *messages*, with a group's confirms in flight."""
    ready = [encode(m) for m in messages]
    sent, confirmed = 0, 0

    def begin(channel: Channel, done: Callable[[], None]) -> None:
        def go_on() -> None:
            nonlocal sent
            while sent < len(ready) and sent - confirmed < _GROUP:
                properties, body = ready[sent]
                channel.basic_publish(EXCHANGE, OrderCreated.name, body, properties, mandatory=True)
                sent += 1

        def on_confirm(frame: Any) -> None:
            nonlocal confirmed
            confirmed = frame.method.delivery_tag if frame.method.multiple else confirmed + 1
            done() if confirmed >= len(ready) else go_on()

        channel.confirm_delivery(on_confirm)
        go_on()

    return _ran(Bare(url, begin))


def bare_consuming(url: str, count: int) -> float:
    """Seconds in which pika takes *count* messages, acknowledged in groups."""
    taken = 0

    def begin(channel: Channel, done: Callable[[], None]) -> None:
        def on_message(_: Channel, method: Any, __: BasicProperties, body: bytes) -> None:
            nonlocal taken
            taken += 1
            json.loads(body)
            if taken % (_GROUP // 2) == 0 or taken == count:
                channel.basic_ack(method.delivery_tag, multiple=True)
            if taken == count:
                done()

        channel.basic_qos(prefetch_count=_GROUP)
        channel.basic_consume(queue_of(_FOLLOWER), on_message)

    return _ran(Bare(url, begin))


def _ran(bare: Bare) -> float:
    bare.start()
    bare.join()
    return bare.took


@attrs.frozen
class Ours:
    """What a worker does: a relay over an outbox in SQLite, and a follower."""

    database: SqlDatabase
    broker: RabbitBroker

    def relaying(self, messages: Sequence[Message]) -> float:
        """Seconds in which what waits in the outbox is read, published, confirmed and forgotten."""
        outbox, clock = SqlOutbox(self.database), SystemClock()
        with self.database.begin() as tx:
            outbox.append(tx, messages)
            tx.commit()
        relay = Relay(outbox, self.broker, clock, "benchmark")
        self.broker.ping()
        began = time.perf_counter()
        while relay.run_once(_RELAYED):
            pass
        took = time.perf_counter() - began
        relay.release()
        if outbox.backlog()[0]:
            raise RuntimeError("messages were left in the outbox")
        return took

    def following(self, count: int) -> float:
        """Seconds in which a follower hands *count* messages over and settles them."""
        taker = Taker()
        follower = Follower(
            taker, self.broker.queues()[_FOLLOWER], SqlOutbox(self.database).park, SystemClock()
        )
        began = time.perf_counter()
        while taker.taken < count:
            follower.run_once(_GROUP)
        return time.perf_counter() - began


def events(start: int) -> list[Message]:
    """Events of orders, each of another one."""
    at = datetime.now(UTC)
    made = []
    for n in range(start, start + MESSAGES):
        event = OrderCreated(
            order_id=OrderId(derived_id("o", str(n))),
            buyer_id=BuyerId(derived_id("b", str(n))),
            seq=1,
            detail={},
        )
        made.append(envelope(event, id=derived_id("m", str(n)), at=at))
    return made


def measure() -> dict[str, Any]:
    """Messages a second in rounds in which ours and pika's take turns: the medians, those of their
    ratios, and the rounds themselves.
    """
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)  # the server runs as somebody else
        rounds = _rounds(Path(place))
    for taken in rounds:
        taken |= {
            f"{name}_ratio": taken[name] / taken[f"bare_{bare}"]
            for name, bare in (("relay", "publisher"), ("follower", "consumer"))
        }
    return {what: median(taken[what] for taken in rounds) for what in rounds[0]} | {
        "rounds": rounds,
        "messages": MESSAGES,
    }


def _rounds(folder: Path) -> list[dict[str, float]]:
    server = RabbitServer(folder / "rabbitmq")
    server.start()
    database = SqlDatabase(f"sqlite:///{folder}/messages.db")
    schema.upgrade(database)
    broker = RabbitBroker(server.url, _SUBSCRIPTIONS, SqlOutbox(database).park, SystemClock())
    ours = Ours(database, broker)
    rounds: list[dict[str, float]] = []
    try:
        for no in range(_ROUNDS):
            messages = events(no * MESSAGES)
            took = {"relay": ours.relaying(messages), "follower": ours.following(MESSAGES)}
            broker.close()  # or it would take what is meant for pika alone
            took |= {
                "bare_publisher": bare_publishing(server.url, messages),
                "bare_consumer": bare_consuming(server.url, MESSAGES),
            }
            rounds.append({what: MESSAGES / seconds for what, seconds in took.items()})
    finally:
        broker.close()
        database.dispose()
        server.stop()
    return rounds


def main() -> None:
    """Print the figures, and keep them."""
    report = measure()
    for ours, bare in (("relay", "bare_publisher"), ("follower", "bare_consumer")):
        ratio = report[f"{ours}_ratio"]
        print(
            f"{ours:<10} {report[ours]:>9,.0f} /s   "
            f"{bare:<16} {report[bare]:>9,.0f} /s   {ratio:.2f} x"
        )
    at = datetime.now(UTC)
    path = HERE / "results" / f"{at:%Y-%m-%d}-messages.json"
    path.write_text(
        json.dumps(
            {
                "at": at.isoformat(timespec="seconds"),
                "command": "python -m benchmarks.messages",
                **report,
            },
            indent=1,
        )
        + "\n"
    )
    print(f"raw results: benchmarks/results/{path.name}")


if __name__ == "__main__":
    main()
