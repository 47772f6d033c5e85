"""What every database promises of its transactions."""

from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from commerce_core.kernel.transaction import Database, Transaction


class DatabaseContract:
    """Give ``database``, and how to write and read notes in a transaction of it."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @abstractmethod
    def note(self, tx: Transaction, text: str) -> None:
        """Write *text* down. Not to be given twice."""

    @abstractmethod
    def notes(self, tx: Transaction) -> Sequence[str]:
        """Everything that is written down, in any order."""

    def _keep(self, database: Database, *texts: str) -> None:
        with database.begin() as tx:
            for text in texts:
                self.note(tx, text)
            tx.commit()

    def _kept(self, database: Database) -> set[str]:
        with database.snapshot() as tx:
            return set(self.notes(tx))

    def test_what_is_committed_is_seen_by_whoever_comes_next(self, database: Database) -> None:
        self._keep(database, "a", "b")
        assert self._kept(database) == {"a", "b"}
        with database.begin() as tx:
            assert set(self.notes(tx)) == {"a", "b"}

    def test_a_transaction_sees_what_it_has_written_itself(self, database: Database) -> None:
        with database.begin() as tx:
            self.note(tx, "a")
            assert set(self.notes(tx)) == {"a"}

    def test_what_is_not_committed_never_happened(self, database: Database) -> None:
        with database.begin() as tx:
            self.note(tx, "a")
        assert self._kept(database) == set()
        self._keep(database, "a")
        assert self._kept(database) == {"a"}

    def test_an_error_undoes_everything_and_is_passed_on(self, database: Database) -> None:
        with pytest.raises(ZeroDivisionError), database.begin() as tx:
            self.note(tx, "a")
            raise ZeroDivisionError
        assert self._kept(database) == set()

    def test_a_view_of_one_moment_stays_as_it_was(self, database: Database) -> None:
        self._keep(database, "a")
        with ThreadPoolExecutor(1) as other, database.snapshot() as tx:
            before = set(self.notes(tx))
            other.submit(self._keep, database, "b").result(10)
            assert set(self.notes(tx)) == before == {"a"}
        assert self._kept(database) == {"a", "b"}

    def test_a_single_read_sees_what_is_committed(self, database: Database) -> None:
        for text in ("a", "b"):
            self._keep(database, text)
            with database.single_read() as tx:
                assert text in self.notes(tx)
        self._keep(database, "c")
        assert self._kept(database) == {"a", "b", "c"}

    def test_writers_on_many_threads_lose_nothing(self, database: Database) -> None:
        texts = [f"{n}" for n in range(80)]
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(self._keep, database, text) for text in texts]:
                done.result(30)
        assert self._kept(database) == set(texts)
