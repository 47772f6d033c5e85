"""The brokers that need no server, and their queues, keep their promise. RabbitMQ's:
tests/integration/rabbitmq.
"""

from collections.abc import Callable, Sequence

import pytest

from commerce_core.kernel.messaging import Consumer, DeadLetter, Message, Queue
from commerce_local.broker import LocalBroker
from commerce_sqlalchemy.queues import SqlLocalQueues
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.broker import (
    AT,
    BrokerContract,
    QueueContract,
    RecordingConsumer,
    RepeatingQueueContract,
    message,
)
from commerce_testkit.memory.broker import MemoryBroker, MemoryQueue
from commerce_testkit.memory.clock import SettableClock


class TestMemoryBroker(BrokerContract):
    def open(
        self,
        consumers: Sequence[Consumer],
        park: Callable[[Sequence[DeadLetter]], None],
    ) -> MemoryBroker:
        return MemoryBroker(consumers, park, SettableClock(AT))

    def test_what_a_consumer_cannot_take_now_is_not_taken(self) -> None:
        indexer, mailer, post = self._open()
        indexer.away = True
        assert list(post.broker.publish([message(1), message(2, "order-placed")])) == ["m02"]
        assert (mailer.taken, post.broker.queues()) == ([1, 2], {})
        indexer.away = False
        assert list(post.broker.publish([message(1)])) == ["m01"]
        assert (indexer.taken, mailer.taken) == ([1], [1, 2, 1])


class TestLocalBroker(BrokerContract):
    @pytest.fixture(autouse=True)
    def _database(self, sql_database: SqlDatabase) -> None:
        self._db = sql_database

    def open(
        self,
        consumers: Sequence[Consumer],
        park: Callable[[Sequence[DeadLetter]], None],
    ) -> LocalBroker:
        queues = SqlLocalQueues(self._db, SettableClock(AT), "examiner")
        queues.subscribe(consumers)
        return LocalBroker(queues)


class TestSqliteQueue(QueueContract):
    @pytest.fixture(autouse=True)
    def _database(self, sql_database: SqlDatabase) -> None:
        self._db = sql_database

    def open(self) -> tuple[Queue, Callable[[Sequence[Message]], object]]:
        queues = SqlLocalQueues(self._db, SettableClock(AT), "examiner")
        queues.subscribe([RecordingConsumer("indexer")])
        return queues.queues()["indexer"], queues.put


class TestMemoryQueue(RepeatingQueueContract):
    def open(self) -> tuple[MemoryQueue, Callable[[Sequence[Message]], object]]:
        queue = MemoryQueue()
        return queue, queue.put
