"""RabbitMQ keeps the promises of the ports."""

from collections.abc import Callable, Sequence

import pytest

from commerce_core.kernel.messaging import Consumer, DeadLetter, Message, Queue
from commerce_rabbitmq.broker import RabbitBroker
from commerce_testkit.contracts.broker import AT, BrokerContract, RepeatingQueueContract, message
from commerce_testkit.memory.clock import SettableClock

Closing = Callable[[Callable[[], None]], None]


class TestRabbitBroker(BrokerContract):
    @pytest.fixture(autouse=True)
    def _there(self, address: str, closing: Closing) -> None:
        self._address, self._closing = address, closing

    def open(
        self,
        consumers: Sequence[Consumer],
        park: Callable[[Sequence[DeadLetter]], None],
    ) -> RabbitBroker:
        broker = RabbitBroker(
            self._address, {c.name: c.follows for c in consumers}, park, SettableClock(AT)
        )
        self._closing(broker.close)
        return broker


class TestRabbitQueue(RepeatingQueueContract):
    @pytest.fixture(autouse=True)
    def _there(self, address: str, closing: Closing) -> None:
        self._address, self._closing = address, closing

    def open(self) -> tuple[Queue, Callable[[Sequence[Message]], object]]:
        broker = RabbitBroker(
            self._address, {"indexer": ["item-changed"]}, lambda _: None, SettableClock(AT)
        )
        self._closing(broker.close)
        return broker.queues()["indexer"], broker.publish

    def test_the_broker_forgets_what_was_settled_and_nothing_else(self) -> None:
        queue, put = self.open()
        put([message(n) for n in range(6)])
        first = self._receive(queue, 6)
        queue.settle([first[4], first[2]])
        queue.settle([first[1]])
        queue.close()  # type: ignore[attr-defined]
        again = self._receive(queue, 3)
        assert {d.message.id for d in again} == {"m00", "m03", "m05"}
        assert {d.attempt for d in again} == {2}
        queue.settle(again)
        queue.close()  # type: ignore[attr-defined]
        assert list(queue.receive(10)) == []
