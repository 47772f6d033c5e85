"""What every log of decisions, and of calls, promises."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs
import pytest

from commerce_core.audit import (
    Action,
    CallLog,
    CallRecord,
    Decision,
    DecisionFilter,
    DecisionLog,
    DecisionPosition,
)
from commerce_core.kernel.transaction import Database

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
EVERY: Final = DecisionFilter()


def a_decision(
    no: int, actor: str = "ann", subject: str = "order-1", request: str | None = None
) -> Decision:
    """The decision number *no*, made so many minutes after :data:`AT`."""
    return Decision(
        id=f"decision-{no}",
        at=AT + timedelta(minutes=no),
        actor=actor,
        action=Action.RESOLVE,
        subject=subject,
        outcome="declined",
        reason="the bank says so",
        evidence="ticket 7",
        request=request,
    )


class DecisionLogContract:
    """Give ``database`` and ``log``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def log(self) -> DecisionLog:
        """The log to examine."""

    @pytest.fixture(autouse=True)
    def _begin(self, database: Database, log: DecisionLog) -> None:
        self._db, self._log = database, log

    def _add(self, *decisions: Decision) -> list[bool]:
        with self._db.begin() as tx:
            added = [self._log.add(tx, decision) for decision in decisions]
            tx.commit()
        return added

    def _page(
        self,
        which: DecisionFilter = EVERY,
        before: DecisionPosition | None = None,
        limit: int = 100,
    ) -> list[Decision]:
        with self._db.snapshot() as tx:
            return [*self._log.page(tx, which, before, limit)]

    def test_a_decision_comes_back_as_it_was_kept(self) -> None:
        plain, named = a_decision(1), a_decision(2, request="request-1")
        assert self._add(plain, named) == [True, True]
        assert self._page() == [named, plain]

    def test_a_request_of_an_operator_decides_once(self) -> None:
        first = a_decision(1, request="request-1")
        assert self._add(first) == [True]
        assert self._add(a_decision(2, request="request-1"), first) == [False, False]
        assert self._page() == [first]
        assert self._add(a_decision(3, actor="bob", request="request-1")) == [True]
        with self._db.snapshot() as tx:
            assert self._log.of_request(tx, "ann", "request-1") == first
            assert self._log.of_request(tx, "ann", "request-2") is None

    def test_decisions_without_a_request_are_each_their_own(self) -> None:
        assert self._add(a_decision(1), a_decision(2)) == [True, True]

    def test_what_is_rolled_back_was_not_decided(self) -> None:
        with self._db.begin() as tx:
            assert self._log.add(tx, a_decision(1))
        assert self._page() == []

    def test_the_list_goes_from_the_newest_and_on_behind_a_place(self) -> None:
        same = [attrs.evolve(a_decision(no), at=AT) for no in (1, 2)]
        newer = a_decision(3)
        self._add(*same, newer)
        whole = [newer, same[1], same[0]]
        assert self._page() == whole
        assert self._page(limit=2) == whole[:2]
        for no, decision in enumerate(whole, 1):
            place = DecisionPosition(decision.at, decision.id)
            assert self._page(before=place) == whole[no:]

    def test_decisions_are_found_by_what_they_are_over_and_by_who_made_them(self) -> None:
        ours, theirs = a_decision(1), a_decision(2, actor="bob", subject="order-2")
        self._add(ours, theirs)
        assert self._page(DecisionFilter(subject="order-1")) == [ours]
        assert self._page(DecisionFilter(actor="bob")) == [theirs]
        assert self._page(DecisionFilter(subject="order-1", actor="bob")) == []


def a_call(minute: int, order_id: str = "order-1", call: str = "confirm") -> CallRecord:
    """A call that was started so many minutes after :data:`AT`."""
    return CallRecord(
        order_id=order_id,
        call=call,
        party="bank",
        account="acct_1",
        key=f"{order_id}:charge:1:1",
        attempt=1,
        tries=minute,
        started_at=AT + timedelta(minutes=minute),
        duration=timedelta(microseconds=1_234_567),
        outcome="captured",
        detail=None,
    )


class CallLogContract:
    """Give ``database`` and ``log``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def log(self) -> CallLog:
        """The log to examine."""

    @pytest.fixture(autouse=True)
    def _begin(self, database: Database, log: CallLog) -> None:
        self._db, self._log = database, log

    def _keep(self, *calls: CallRecord) -> None:
        with self._db.begin() as tx:
            self._log.keep(tx, calls)
            tx.commit()

    def _of(self, order_id: str = "order-1", limit: int = 100) -> list[CallRecord]:
        with self._db.snapshot() as tx:
            return [*self._log.of_order(tx, order_id, limit)]

    def _drop(self, minute: int, limit: int) -> int:
        with self._db.begin() as tx:
            dropped = self._log.drop(tx, AT + timedelta(minutes=minute), limit)
            tx.commit()
        return dropped

    def test_calls_come_back_as_they_were_kept_in_the_order_of_their_starts(self) -> None:
        first, second = a_call(1), a_call(2, call="book")
        bare = attrs.evolve(a_call(3, call="fence"), key=None, detail="no answer", account="")
        self._keep(bare, second, first, a_call(4, "order-2"))
        assert self._of() == [first, second, bare]
        assert self._of(limit=2) == [second, bare]
        assert self._of("order-3") == []
        self._keep()

    def test_what_is_kept_already_stays_as_it_is(self) -> None:
        first = a_call(1)
        self._keep(first, first)
        self._keep(attrs.evolve(first, outcome="declined"), a_call(1, call="fence"))
        assert self._of() == [first, a_call(1, call="fence")]

    def test_the_oldest_are_forgotten_some_at_a_time(self) -> None:
        self._keep(*(a_call(minute) for minute in range(1, 6)))
        assert (self._drop(4, 2), self._drop(4, 2), self._drop(4, 2)) == (2, 1, 0)
        assert self._of() == [a_call(4), a_call(5)]
