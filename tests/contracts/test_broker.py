"""The brokers that deliver in the process, and the queue in memory, keep their promise. RabbitMQ's: tests/integration/rabbitmq."""

from collections.abc import Callable, Mapping, Sequence

from commerce_core.kernel.messaging import Consumer, DeadLetter, Message
from commerce_local.broker import LocalBroker
from commerce_testkit.contracts.broker import AT, InProcessBrokerContract, QueueContract
from commerce_testkit.memory.broker import MemoryBroker, MemoryQueue
from commerce_testkit.memory.clock import SettableClock


class TestMemoryBroker(InProcessBrokerContract):
    def open(
        self, consumers: Sequence[Consumer], subscriptions: Mapping[str, Sequence[str]], park: Callable[[Sequence[DeadLetter]], None]
    ) -> MemoryBroker:
        return MemoryBroker(consumers, subscriptions, park, SettableClock(AT))


class TestLocalBroker(InProcessBrokerContract):
    def open(
        self, consumers: Sequence[Consumer], subscriptions: Mapping[str, Sequence[str]], park: Callable[[Sequence[DeadLetter]], None]
    ) -> LocalBroker:
        return LocalBroker(consumers, subscriptions, park, SettableClock(AT))


class TestMemoryQueue(QueueContract):
    def open(self) -> tuple[MemoryQueue, Callable[[Sequence[Message]], object]]:
        queue = MemoryQueue()
        return queue, queue.put
