"""What every repository of notices promises."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs
import pytest

from commerce_core.kernel.transaction import Database
from commerce_core.payment import (
    KeptNotice,
    Notice,
    NoticePosition,
    NoticeRepository,
    NoticeState,
)

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
RAW: Final = b'{"id": "evt_\x00\xff"}'
STRANGE, UNKNOWN, DONE = NoticeState.STRANGE, NoticeState.UNKNOWN, NoticeState.DONE


def a_notice(
    no: int, state: NoticeState = NoticeState.WAITING, gateway: str = "bank"
) -> KeptNotice:
    """The notice number *no*, received so many minutes after :data:`AT` and due then."""
    at = AT + timedelta(minutes=no)
    notice = Notice(
        event_id=f"evt_{no}", type="payment.succeeded", account="acct_1/test", reference=f"pi_{no}",
        order_id=f"order-{no}" if no % 2 else None,
    )  # fmt: skip
    return KeptNotice(
        gateway=gateway, notice=notice, state=state, received_at=at, since=at, next_at=at
    )


class NoticeRepositoryContract:
    """Give ``database`` and ``repo``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> NoticeRepository:
        """The repository to examine."""

    @pytest.fixture(autouse=True)
    def _begin(self, database: Database, repo: NoticeRepository) -> None:
        self._db, self._repo = database, repo

    def _insert(self, *notices: KeptNotice) -> set[tuple[str, str]]:
        with self._db.begin() as tx:
            new = self._repo.insert(tx, notices, RAW)
            tx.commit()
        return {*new}

    def _take(self, minute: float, limit: int = 100) -> list[KeptNotice]:
        now = AT + timedelta(minutes=minute)
        with self._db.begin() as tx:
            taken = self._repo.take(tx, now, now + timedelta(minutes=10), limit)
            tx.commit()
        return [*taken]

    def _save(self, *notices: KeptNotice) -> None:
        with self._db.begin() as tx:
            self._repo.save(tx, notices)
            tx.commit()

    def _all(self, after: tuple[str, str] | None = None, limit: int = 100) -> list[KeptNotice]:
        with self._db.snapshot() as tx:
            return [*self._repo.after(tx, after, limit)]

    def _listed(
        self,
        state: NoticeState | None = None,
        before: NoticePosition | None = None,
        limit: int = 100,
    ) -> list[KeptNotice]:
        with self._db.snapshot() as tx:
            return [*self._repo.listed(tx, state, before, limit)]

    def test_a_notice_comes_back_as_it_was_kept(self) -> None:
        one, two = a_notice(1), attrs.evolve(a_notice(2, DONE), found="order-9", tries=3)
        assert self._insert(one, two) == {one.key, two.key}
        assert self._all() == [one, two]
        assert self._insert() == set()

    def test_what_is_kept_already_stays_as_it_is_however_often_it_comes(self) -> None:
        self._insert(a_notice(1, DONE))
        assert self._insert(a_notice(1), a_notice(2)) == {("bank", "evt_2")}
        assert [n.state for n in self._all()] == [DONE, NoticeState.WAITING]

    def test_gateways_may_give_their_notices_the_same_names(self) -> None:
        ours, theirs = a_notice(1), a_notice(1, gateway="other")
        assert len(self._insert(ours, theirs)) == 2
        assert self._all() == [ours, theirs]
        assert self._all(ours.key) == [theirs]
        assert self._all(limit=1) == [ours]

    def test_those_that_wait_are_taken_the_longest_due_first_each_by_one(self) -> None:
        self._insert(a_notice(3), a_notice(1), a_notice(2), a_notice(9), a_notice(0, STRANGE))
        assert [n.notice.event_id for n in self._take(5, 2)] == ["evt_1", "evt_2"]
        assert [n.notice.event_id for n in self._take(5)] == ["evt_3"]
        assert self._take(5) == []
        assert len(self._take(16)) == 4  # whoever took them has died

    def test_it_is_known_whether_one_is_due(self) -> None:
        self._insert(a_notice(3), a_notice(1, UNKNOWN))
        with self._db.snapshot() as tx:
            assert [self._repo.is_due(tx, AT + timedelta(minutes=m)) for m in (1, 2, 3)] == [
                False,
                False,
                True,
            ]

    def test_what_is_written_holds_only_while_the_notice_waits(self) -> None:
        one = a_notice(1)
        self._insert(one)
        later = attrs.evolve(one, tries=1, next_at=AT + timedelta(hours=1))
        done = attrs.evolve(later, state=DONE, found="order-1")
        self._save(later)
        assert self._all() == [later]
        self._save(done)
        self._save(later, a_notice(7))
        assert self._all() == [done]

    def test_those_for_a_person_are_listed_the_latest_first_and_on_behind_a_place(self) -> None:
        one, two, three = a_notice(1, STRANGE), a_notice(2, UNKNOWN), a_notice(3, STRANGE)
        same = attrs.evolve(a_notice(4, UNKNOWN), received_at=three.received_at)
        self._insert(three, one, same, two, a_notice(5), a_notice(6, DONE))
        whole = [same, three, two, one]
        assert self._listed() == whole
        assert self._listed(limit=2) == whole[:2]
        assert self._listed(STRANGE) == [three, one]
        for no, kept in enumerate(whole, 1):
            place = NoticePosition(kept.received_at, *kept.key)
            assert self._listed(before=place) == whole[no:]

    def test_one_for_a_person_waits_anew_and_no_other_does(self) -> None:
        unknown = attrs.evolve(a_notice(1, UNKNOWN), tries=9)
        self._insert(unknown, a_notice(2, DONE), a_notice(3))
        now = AT + timedelta(hours=5)
        with self._db.begin() as tx:
            found = [self._repo.revive(tx, ("bank", f"evt_{no}"), now) for no in (1, 2, 3, 4)]
            tx.commit()
        assert found == [UNKNOWN, DONE, NoticeState.WAITING, None]
        anew = attrs.evolve(unknown, state=NoticeState.WAITING, since=now, next_at=now, tries=0)
        assert self._all() == [anew, a_notice(2, DONE), a_notice(3)]

    def test_bytes_are_forgotten_some_at_a_time_and_notices_are_not(self) -> None:
        self._insert(*(a_notice(no, DONE) for no in range(1, 6)))

        def blank(minute: int, limit: int) -> int:
            with self._db.begin() as tx:
                count = self._repo.blank(tx, AT + timedelta(minutes=minute), limit)
                tx.commit()
            return count

        assert (blank(4, 2), blank(4, 2), blank(4, 2)) == (2, 1, 0)
        assert len(self._all()) == 5
        assert self._insert(a_notice(1)) == set()

    def test_the_figures_are_counted_up_to_a_bound(self) -> None:
        with self._db.snapshot() as tx:
            none = self._repo.stats(tx, 10)
        assert (none.waiting, none.oldest, none.strange, none.unknown) == (0, None, 0, 0)
        states = (NoticeState.WAITING, STRANGE, UNKNOWN, DONE)
        self._insert(*(a_notice(no, states[no % 4]) for no in range(4, 16)))
        with self._db.snapshot() as tx:
            found, some = self._repo.stats(tx, 10), self._repo.stats(tx, 2)
        assert (found.waiting, found.strange, found.unknown) == (3, 3, 3)
        assert found.oldest == AT + timedelta(minutes=4)
        assert (some.waiting, some.strange, some.unknown) == (2, 2, 2)
