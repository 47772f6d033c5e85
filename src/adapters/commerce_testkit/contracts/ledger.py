"""What every repository of the ledger promises."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs
import pytest

from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database
from commerce_core.ledger import (
    LedgerRepository,
    Mark,
    Stranger,
    StrangerPosition,
    Sweep,
    Why,
)
from commerce_core.payment import Entry

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
BEGIN: Final = Mark(
    gateway="bank", account="acct_1/test", sweep=Sweep.RECENT, through=AT - HOUR, next_at=AT
)


def a_stranger(no: int, gateway: str = "bank") -> Stranger:
    """The stranger number *no*, seen so many minutes after :data:`AT`."""
    line = Entry(
        order_id=f"order-{no}", ref=f"ch_{no}", kind="capture", amount=Money(no, "BHD"),
        reference=f"pi_{no}", at=AT,
    )  # fmt: skip
    return Stranger(
        gateway=gateway, account="acct_1/test", entry=line, why=Why.NO_ORDER,
        seen_at=AT + timedelta(minutes=no),
    )  # fmt: skip


class LedgerRepositoryContract:
    """Give ``database`` and ``repo``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> LedgerRepository:
        """The repository to examine."""

    @pytest.fixture(autouse=True)
    def _begin(self, database: Database, repo: LedgerRepository) -> None:
        self._db, self._repo = database, repo

    def _claim(self, begin: Mark, now: datetime) -> Mark | None:
        with self._db.begin() as tx:
            mark = self._repo.claim(tx, begin, now, now + HOUR)
            tx.commit()
        return mark

    def _move(self, mark: Mark) -> bool:
        with self._db.begin() as tx:
            moved = self._repo.move(tx, mark)
            tx.commit()
        return moved

    def _marks(self) -> list[Mark]:
        with self._db.snapshot() as tx:
            return [*self._repo.marks(tx)]

    def _keep(self, *strangers: Stranger) -> int:
        with self._db.begin() as tx:
            new = self._repo.keep(tx, strangers)
            tx.commit()
        return new

    def _listed(self, before: StrangerPosition | None = None, limit: int = 9) -> list[Stranger]:
        with self._db.snapshot() as tx:
            return [*self._repo.strangers(tx, before, limit)]

    def _settle(self, ref: str) -> bool | None:
        with self._db.begin() as tx:
            new = self._repo.settle(tx, ("bank", ref), AT)
            tx.commit()
        return new

    def test_a_mark_begins_where_it_is_said_and_goes_on_where_it_was_moved_to(self) -> None:
        first = self._claim(BEGIN, AT)
        assert first is not None
        assert (first.through, first.next_at) == (BEGIN.through, AT + HOUR)
        moved = attrs.evolve(first, through=AT, next_at=AT + 2 * HOUR)
        assert self._move(moved)
        assert self._marks() == [moved]
        later = self._claim(BEGIN, AT + 2 * HOUR)
        assert later is not None
        assert (later.through, later.fence) == (AT, first.fence + 1)

    def test_who_is_at_it_is_alone_until_the_claim_is_over(self) -> None:
        first = self._claim(BEGIN, AT)
        assert self._claim(BEGIN, AT + HOUR - timedelta(seconds=1)) is None
        second = self._claim(BEGIN, AT + HOUR)
        assert first is not None
        assert second is not None
        assert not self._move(attrs.evolve(first, through=AT + 9 * HOUR))
        assert self._move(second)
        assert self._marks() == [second]

    def test_each_sweep_of_each_account_of_each_gateway_has_its_own_mark(self) -> None:
        others = (
            attrs.evolve(BEGIN, sweep=Sweep.NIGHTLY),
            attrs.evolve(BEGIN, account="acct_2/test"),
            attrs.evolve(BEGIN, gateway="a-bank"),
        )
        claimed = [self._claim(mark, AT) for mark in (BEGIN, *others)]
        assert self._marks() == sorted((m for m in claimed if m is not None), key=lambda m: m.key)
        assert len(self._marks()) == 4

    def test_a_stranger_is_kept_once_as_it_was_seen_first(self) -> None:
        assert self._keep(a_stranger(1), a_stranger(2)) == 2
        assert self._keep(attrs.evolve(a_stranger(1), seen_at=AT + 9 * HOUR), a_stranger(3)) == 1
        assert self._listed() == [a_stranger(3), a_stranger(2), a_stranger(1)]
        assert self._keep(attrs.evolve(a_stranger(1, gateway="other"))) == 1

    def test_strangers_are_listed_page_by_page_the_latest_first(self) -> None:
        self._keep(*(a_stranger(no) for no in range(1, 6)))
        first = self._listed(limit=2)
        assert first == [a_stranger(5), a_stranger(4)]
        place = StrangerPosition(first[-1].seen_at, *first[-1].key)
        assert self._listed(place) == [a_stranger(3), a_stranger(2), a_stranger(1)]

    def test_a_stranger_that_was_settled_is_listed_and_counted_no_more(self) -> None:
        self._keep(a_stranger(1), a_stranger(2))
        assert self._settle("ch_1") is True
        assert self._settle("ch_1") is False
        assert self._settle("ch_9") is None
        assert self._listed() == [a_stranger(2)]
        assert self._keep(a_stranger(1)) == 0
        with self._db.snapshot() as tx:
            assert (self._repo.count(tx, 9), self._repo.count(tx, 0)) == (1, 0)
