"""What every repository of refunds promises."""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, Final

import attrs
import pytest

from commerce_core.checkout import MoneyFact, SagaStore
from commerce_core.kernel.errors import StaleRead
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database, retry_transaction
from commerce_core.orders import OrderKey
from commerce_core.refunds import (
    LineSum,
    Origin,
    Refund,
    RefundedLine,
    RefundPosition,
    RefundRepository,
    RefundState,
    RefundStats,
    RefundSums,
)
from commerce_testkit.contracts.sample_orders import AT, LATER

PAID: Final = Money(1_000, "USD")
ONE: Final = OrderKey(BuyerId("ann"), OrderId("order-1"))
TWO: Final = OrderKey(BuyerId("bob"), OrderId("order-2"))
_SIDE_BY_SIDE: Final = 8


def a_refund(no: int = 1, key: OrderKey = ONE, **fields: Any) -> Refund:
    """A refund of 100 minor units that is due at once; everything else unless given."""
    plain: dict[str, Any] = {
        "origin": Origin.OPERATOR, "cause": f"operator:ann:{no}", "digest": "d", "actor": "ann",
        "reason": "größe \N{SNOWMAN}", "amount": Money(100, "USD"), "gateway": "sandbox",
        "account": "main", "created_at": AT, "updated_at": AT, "next_at": AT,
    }  # fmt: skip
    return Refund(key=key, no=no, **(plain | fields))


class RefundRepositoryContract:
    """Give ``database``, ``repo`` and the ``sagas`` that keep facts beside it."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> RefundRepository:
        """The repository to examine."""

    @pytest.fixture
    @abstractmethod
    def sagas(self) -> SagaStore:
        """Where facts are kept in the same database."""

    @pytest.fixture(autouse=True)
    def _begin(self, database: Database, repo: RefundRepository, sagas: SagaStore) -> None:
        self._db, self._repo, self._sagas = database, repo, sagas

    def _capture(self, amount: Money = PAID, key: OrderKey = ONE, ref: str = "c-1") -> None:
        fact = MoneyFact(key=key, ref=ref, kind="capture", amount=amount)
        with self._db.begin() as tx:
            self._sagas.record_facts(tx, [fact], AT)
            tx.commit()

    def _reserve(self, minor: int, key: OrderKey = ONE, currency: str = "USD") -> int | None:
        def reserve() -> int | None:
            with self._db.begin() as tx:
                self._repo.account(tx, key, "USD")
                no = self._repo.reserve(tx, key, Money(minor, currency))
                tx.commit()
            return no

        return retry_transaction(self._db, reserve)

    def _left(self, key: OrderKey = ONE) -> int:
        with self._db.begin() as tx:
            return self._repo.account(tx, key, "USD").left.minor

    def _insert(self, *refunds: Refund) -> None:
        with self._db.begin() as tx:
            for refund in refunds:
                self._repo.insert(tx, refund)
            tx.commit()

    def _all(self, *keys: OrderKey) -> list[Refund]:
        with self._db.snapshot() as tx:
            return [*self._repo.of_orders(tx, keys or [ONE])]

    def _claim(self, now: Any = AT, limit: int = 9) -> list[Refund]:
        with self._db.begin() as tx:
            claimed = [*self._repo.claim(tx, now, now + timedelta(minutes=2), limit)]
            tx.commit()
        return claimed

    def _save(self, refund: Refund, until: Any) -> bool:
        with self._db.begin() as tx:
            saved = self._repo.save(tx, refund, until)
            tx.commit()
        return saved

    def test_an_order_can_give_back_what_was_captured(self) -> None:
        self._capture()
        self._capture(Money(70, "EUR"), ref="c-2")
        self._capture(key=TWO)
        with self._db.begin() as tx:
            account = self._repo.account(tx, ONE, "USD")
        assert (account.captured, account.given, account.left) == (PAID, Money(0, "USD"), PAID)
        assert self._reserve(400) == 1
        assert self._reserve(600) == 2
        assert (self._left(), self._left(TWO)) == (0, 1_000)

    def test_no_more_is_reserved_than_is_left(self) -> None:
        self._capture()
        assert self._reserve(1_001) is None
        assert self._reserve(1, currency="EUR") is None
        assert self._reserve(999) == 1
        assert self._reserve(2) is None
        assert self._left() == 1
        assert self._reserve(1) == 2

    def test_of_what_was_never_captured_nothing_is_left(self) -> None:
        with self._db.begin() as tx:
            assert self._repo.account(tx, ONE, "USD").left.minor == 0
        assert self._reserve(1) is None

    def test_a_capture_that_becomes_known_later_counts(self) -> None:
        self._capture()
        assert self._reserve(1_000) == 1
        self._capture(Money(5, "USD"), ref="late")
        assert self._left() == 5
        assert (self._reserve(5), self._reserve(1)) == (2, None)

    def test_side_by_side_no_more_is_reserved_than_is_left(self) -> None:
        self._capture()
        start = Barrier(_SIDE_BY_SIDE)

        def ask(_: int) -> list[int | None]:
            start.wait()
            return [self._reserve(150), self._reserve(150)]

        with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
            given = [no for nos in threads.map(ask, range(_SIDE_BY_SIDE)) for no in nos if no]
        assert sorted(given) == [1, 2, 3, 4, 5, 6]
        assert self._left() == 100

    def _reserve_line(self, line_no: int, quantity: int, minor: int) -> bool:
        known = LineSum(line_no=line_no, ordered=5, total=500)
        more = RefundedLine(line_no=line_no, quantity=quantity, amount=Money(minor, "USD"))

        def reserve() -> bool:
            with self._db.begin() as tx:
                self._repo.account(tx, ONE, "USD")
                done = self._repo.reserve_lines(tx, ONE, [(known, more)])
                if done:
                    tx.commit()
            return done

        return retry_transaction(self._db, reserve)

    def _line_sums(self) -> dict[int, LineSum]:
        with self._db.snapshot() as tx:
            return {**self._repo.line_sums(tx, ONE)}

    def test_no_more_of_a_line_is_reserved_than_was_ordered_and_paid(self) -> None:
        self._capture()
        assert self._line_sums() == {}
        assert self._reserve_line(1, 3, 300)
        assert not self._reserve_line(1, 3, 10)
        assert not self._reserve_line(1, 1, 201)
        assert self._reserve_line(2, 5, 500)
        assert self._reserve_line(1, 2, 200)
        assert not self._reserve_line(1, 1, 0)
        assert self._line_sums() == {
            1: LineSum(line_no=1, ordered=5, total=500, quantity=5, given=500),
            2: LineSum(line_no=2, ordered=5, total=500, quantity=5, given=500),
        }

    def test_several_lines_are_reserved_all_or_none(self) -> None:
        self._capture()
        wanted = [
            (
                LineSum(line_no=no, ordered=5, total=500),
                RefundedLine(line_no=no, quantity=n, amount=Money(1, "USD")),
            )
            for no, n in ((3, 1), (1, 6), (2, 1))
        ]
        with self._db.begin() as tx:
            self._repo.account(tx, ONE, "USD")
            assert not self._repo.reserve_lines(tx, ONE, wanted)
        assert self._line_sums() == {}

    def test_side_by_side_no_more_of_a_line_is_reserved_than_there_is(self) -> None:
        self._capture()
        start = Barrier(_SIDE_BY_SIDE)

        def ask(_: int) -> bool:
            start.wait()
            return self._reserve_line(1, 1, 100)

        with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
            assert sum(threads.map(ask, range(_SIDE_BY_SIDE))) == 5
        assert self._line_sums()[1].quantity == 5

    def test_a_refund_comes_back_as_it_was_written(self) -> None:
        whole = a_refund(
            2, state=RefundState.FAILED, attempt=3, intended_at=LATER, ref="r-1", failure="gone",
            attention=True, done_at=LATER, next_at=None, tries=4, updated_at=LATER,
            lines=(
                RefundedLine(line_no=0, quantity=1, amount=Money(30, "USD")),
                RefundedLine(line_no=2, quantity=9, amount=Money(70, "USD")),
            ),
        )  # fmt: skip
        self._insert(whole, a_refund(1), a_refund(1, TWO))
        assert self._all() == [a_refund(1), whole]
        assert self._all(TWO, ONE) == [a_refund(1), whole, a_refund(1, TWO)]
        with self._db.snapshot() as tx:
            assert self._repo.of_orders(tx, []) == []

    def test_a_cause_opens_one_refund(self) -> None:
        self._insert(a_refund(1))
        for again in (a_refund(2, cause="operator:ann:1"), a_refund(1, cause="another")):
            with self._db.begin() as tx, pytest.raises(StaleRead):
                self._repo.insert(tx, again)
        with self._db.snapshot() as tx:
            assert self._repo.by_cause(tx, ONE, "operator:ann:1") == a_refund(1)
            assert self._repo.by_cause(tx, ONE, "operator:ann:2") is None
            assert self._repo.by_cause(tx, TWO, "operator:ann:1") is None

    def test_what_is_due_is_claimed_once_and_the_longest_due_first(self) -> None:
        soon = AT + timedelta(seconds=1)
        self._insert(a_refund(1, next_at=soon), a_refund(2), a_refund(3, next_at=None))
        with self._db.snapshot() as tx:
            assert self._repo.is_due(tx, AT)
            assert not self._repo.is_due(tx, AT - timedelta(seconds=1))
        first = self._claim(soon, limit=1)
        until = soon + timedelta(minutes=2)
        assert first == [a_refund(2, fence=1, next_at=until)]
        assert [r.no for r in self._claim(soon)] == [1]
        assert self._claim(soon) == []
        assert sorted((r.no, r.fence) for r in self._claim(until)) == [(1, 2), (2, 2)]
        assert [(r.no, r.fence) for r in self._all()] == [(1, 2), (2, 2), (3, 0)]

    def test_a_gateway_is_in_use_while_a_refund_is_open_there(self) -> None:
        second = a_refund(2, account="second")
        done = a_refund(3, account="third", state=RefundState.DONE, ref="r")
        self._insert(a_refund(), second, done)
        with self._db.snapshot() as tx:
            used = sorted(self._repo.gateways_in_use(tx))
        assert used == [("sandbox", "main"), ("sandbox", "second")]

    def test_figures_say_since_when_one_is_due_and_how_many_need_a_person(self) -> None:
        with self._db.snapshot() as tx:
            assert self._repo.stats(tx, AT, 9) == RefundStats(due_since=None, listed=0)
        later = a_refund(2, next_at=AT + timedelta(minutes=1), attention=True)
        refused = a_refund(3, state=RefundState.REFUSED, attention=True, next_at=None)
        self._insert(a_refund(), later, refused)
        with self._db.snapshot() as tx:
            early = self._repo.stats(tx, AT - timedelta(minutes=1), 9)
            late = self._repo.stats(tx, AT + timedelta(hours=1), 1)
        assert early == RefundStats(due_since=None, listed=2)
        assert late == RefundStats(due_since=AT, listed=1)

    def test_an_older_claim_writes_nothing(self) -> None:
        self._insert(a_refund(1))
        (old,), until = self._claim(), AT + timedelta(minutes=2)
        (new,) = self._claim(until)
        assert not self._save(attrs.evolve(old, state=RefundState.DONE), until)
        assert self._all() == [new]
        then = attrs.evolve(new, state=RefundState.DONE, next_at=None, ref="r", done_at=LATER)
        assert self._save(then, until + timedelta(minutes=2))
        assert self._all() == [then]

    def test_what_is_made_due_while_it_is_claimed_stays_due(self) -> None:
        later = AT + timedelta(hours=1)
        self._insert(a_refund(1), a_refund(2, next_at=None), a_refund(1, TWO, next_at=later))
        (held,), until = self._claim(), AT + timedelta(minutes=2)
        with self._db.begin() as tx:
            self._repo.make_due(tx, [ONE], LATER)
            self._repo.make_due(tx, [], LATER)
            tx.commit()
        assert self._save(attrs.evolve(held, next_at=later), until)
        assert [r.next_at for r in self._all(ONE, TWO)] == [LATER, None, later]

    def test_what_the_gateway_says_is_kept_as_a_fact_once(self) -> None:
        refund = a_refund(1, ref="r-1")
        with self._db.begin() as tx:
            for kind in ("refund", "refund", "refund-failed"):
                self._repo.record_fact(tx, refund, kind, AT)
            tx.commit()
        with self._db.snapshot() as tx:
            facts = {(f.ref, f.kind, f.amount.minor) for f in self._sagas.facts(tx, [ONE])}
        assert facts == {("r-1", "refund", 100), ("r-1", "refund-failed", 100)}

    def test_one_for_a_person_is_listed_and_tried_again_under_another_key(self) -> None:
        def a_failed(no: int, minute: int, key: OrderKey = ONE) -> Refund:
            at = AT + timedelta(minutes=minute)
            return a_refund(
                no, key, state=RefundState.REFUSED, attention=True, next_at=None, created_at=at,
                failure="no", ref="r", tries=3, intended_at=AT,
            )  # fmt: skip

        one, two, same = a_failed(1, 1), a_failed(2, 2), a_failed(1, 2, TWO)
        self._insert(one, two, a_refund(3), same)
        whole = [same, two, one]
        with self._db.snapshot() as tx:
            assert [*self._repo.listed(tx, None, 9)] == whole
            assert [*self._repo.listed(tx, None, 2)] == whole[:2]
            for no, r in enumerate(whole, 1):
                place = RefundPosition(r.created_at, r.key.order_id, r.no)
                assert [*self._repo.listed(tx, place, 9)] == whole[no:]
        with self._db.begin() as tx:
            assert self._repo.revive(tx, ONE, 2, LATER) == two
            assert self._repo.revive(tx, ONE, 9, LATER) is None
            tx.commit()
        anew = attrs.evolve(two.again(LATER), fence=1)
        assert (anew.state, anew.attempt, anew.call_key) == (
            RefundState.REQUESTED, 2, "order-1:refund:2:2",
        )  # fmt: skip
        assert anew in self._all()
        with self._db.snapshot() as tx:
            assert [*self._repo.listed(tx, None, 9)] == [same, one]

    def test_sums_stand_beside_what_the_refunds_sum_to(self) -> None:
        self._capture()
        self._capture(key=TWO)
        assert (self._reserve(100), self._reserve(250), self._reserve(7, TWO)) == (1, 2, 1)
        self._insert(a_refund(1), a_refund(2, amount=Money(250, "USD")))
        with self._db.snapshot() as tx:
            whole = [*self._repo.sums(tx, None, 9)]
            assert [*self._repo.sums(tx, None, 1), *self._repo.sums(tx, ONE, 9)] == whole
        assert whole == [
            RefundSums(key=ONE, currency="USD", captured=1_000, given=350, refunds=350),
            RefundSums(key=TWO, currency="USD", captured=1_000, given=7, refunds=0),
        ]

    def test_all_are_read_by_key(self) -> None:
        self._insert(a_refund(2), a_refund(1), a_refund(1, TWO))
        whole = [a_refund(1), a_refund(2), a_refund(1, TWO)]
        with self._db.snapshot() as tx:
            assert [*self._repo.after(tx, None, 9)] == whole
            assert [*self._repo.after(tx, None, 2)] == whole[:2]
            assert [*self._repo.after(tx, ("ann", "order-1", 1), 9)] == whole[1:]
