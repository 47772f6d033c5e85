"""The brokers that deliver in the process keep their promise."""

from collections.abc import Callable, Mapping, Sequence

from commerce_core.kernel.messaging import Consumer, DeadLetter
from commerce_local.broker import LocalBroker
from commerce_testkit.contracts.broker import AT, InProcessBrokerContract
from commerce_testkit.memory.broker import MemoryBroker
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
