"""What every account repository promises."""

from abc import abstractmethod
from datetime import timedelta

import attrs
import pytest

from commerce_core.accounts import (
    MARKS_HOLD,
    Account,
    AccountRepository,
    Attempts,
    EmailTaken,
    Role,
    SecretStore,
    Session,
)
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Database
from commerce_testkit.contracts.erasures import ErasureContract
from commerce_testkit.contracts.sample_accounts import (
    ADA,
    AT,
    BOB,
    HOUR,
    account,
    full_account,
    session,
)


class AccountRepositoryContract(ErasureContract):
    """Give ``repo`` and ``database``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> AccountRepository:
        """The repository to examine."""

    @pytest.fixture
    def ada(self, database: Database, repo: AccountRepository) -> Account:
        """An account with every field set, written down."""
        with database.begin() as tx:
            repo.insert(tx, [full_account()])
            tx.commit()
        return full_account()

    def test_an_account_comes_back_whole_by_id_and_by_address(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        with database.snapshot() as tx:
            assert repo.load(tx, [ada.id, AccountId("nobody")]) == {ada.id: ada}
            assert repo.by_email(tx, [BOB, ADA]) == {ADA: ada}

    def test_several_accounts_are_written_and_read_at_once(
        self, database: Database, repo: AccountRepository
    ) -> None:
        many = [account(n, f"{n}@example.com") for n in range(2, 5)]
        with database.begin() as tx:
            repo.insert(tx, [])
            repo.insert(tx, many)
            assert repo.load(tx, [a.id for a in many]) == {a.id: a for a in many}
            assert repo.load(tx, []) == repo.by_email(tx, []) == {}

    def test_addresses_are_compared_as_they_are_given(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        with database.snapshot() as tx:
            assert repo.by_email(tx, [ADA.upper(), f" {ADA}", "%"]) == {}

    def test_an_address_opens_one_account(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        with database.begin() as tx, pytest.raises(EmailTaken):
            repo.insert(tx, [account(2, BOB), account(3, ADA)])
        with database.snapshot() as tx:
            assert repo.by_email(tx, [ADA, BOB]) == {ADA: ada}

    def test_two_new_accounts_cannot_share_an_address(
        self, database: Database, repo: AccountRepository
    ) -> None:
        with database.begin() as tx, pytest.raises(EmailTaken):
            repo.insert(tx, [account(2, BOB), account(3, BOB)])

    def test_a_change_is_written_over_the_version_before_it_alone(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        changed = attrs.evolve(
            ada.with_address(None).granted(Role.OPERATOR).named("Bea"),
            password_hash="other",
            version=8,
        )
        with database.begin() as tx:
            assert not repo.update(tx, attrs.evolve(changed, version=7))
            assert not repo.update(tx, attrs.evolve(changed, version=9))
            assert repo.update(tx, changed)
            assert not repo.update(tx, changed)
            assert not repo.update(tx, account(2, BOB, version=2))
            tx.commit()
        with database.snapshot() as tx:
            assert repo.load(tx, [ada.id]) == {ada.id: changed}
            assert repo.by_email(tx, [ADA, BOB]) == {ADA: changed}

    def test_an_account_can_move_to_an_address_that_is_free(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        moved = attrs.evolve(ada, email=BOB, version=8)
        with database.begin() as tx:
            assert repo.update(tx, moved)
            assert repo.by_email(tx, [ADA, BOB]) == {BOB: moved}

    def test_an_account_cannot_take_the_address_of_another(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        with database.begin() as tx:
            repo.insert(tx, [account(2, BOB)])
            with pytest.raises(EmailTaken):
                repo.update(tx, attrs.evolve(ada, email=BOB, version=8))

    def test_a_session_is_its_holders_until_it_expires(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        self._open(database, repo, session("d1", ada))
        with database.snapshot() as tx:
            assert repo.session_of(tx, "d1", AT) == ada
            assert repo.session_of(tx, "d1", AT + HOUR - timedelta(microseconds=1)) == ada
            assert repo.session_of(tx, "d1", AT + HOUR) is None
            assert repo.session_of(tx, "d2", AT) is None

    def test_somebody_may_have_several_sessions(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        self._open(database, repo, session("d1", ada), session("d2", ada))
        with database.begin() as tx:
            repo.close_session(tx, "d1")
            assert repo.session_of(tx, "d1", AT) is None
            assert repo.session_of(tx, "d2", AT) == ada

    def test_a_session_can_be_closed_again_and_again(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        self._open(database, repo, session("d1", ada))
        for digest in ("d1", "d1", "never-opened"):
            with database.begin() as tx:
                repo.close_session(tx, digest)
                tx.commit()
        with database.snapshot() as tx:
            assert repo.session_of(tx, "d1", AT) is None

    def test_sessions_that_have_run_out_are_dropped_a_few_at_a_time(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        self._open(database, repo, *(session(f"d{n}", ada) for n in range(3)))
        self._open(database, repo, session("long", ada, lasts=2 * HOUR))
        with database.begin() as tx:
            assert repo.drop_sessions(tx, AT + HOUR - timedelta(microseconds=1), 10) == 0
            assert [repo.drop_sessions(tx, AT + HOUR, 2) for _ in range(3)] == [2, 1, 0]
            assert repo.session_of(tx, "long", AT) == ada

    def test_a_new_session_drives_out_those_that_have_run_out_and_no_other(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        self._open(database, repo, session("old", ada), session("long", ada, lasts=3 * HOUR))
        self._open(database, repo, session("new", ada, begins=AT + HOUR))
        with database.snapshot() as tx:  # at a time when all three were good
            assert repo.session_of(tx, "old", AT) is None
            assert repo.session_of(tx, "long", AT) == ada
            assert repo.session_of(tx, "new", AT) == ada

    def test_attempts_are_counted_by_key_until_they_count_no_more(
        self, database: Database, repo: AccountRepository
    ) -> None:
        for n in (1, 2, 3):
            with database.begin() as tx:
                counted = repo.count_attempts(tx, {"a": AT + n * HOUR, "b": AT + 2 * HOUR}, AT)
                tx.commit()
            assert counted == {
                "a": Attempts(count=n, until=AT + HOUR),
                "b": Attempts(count=n, until=AT + 2 * HOUR),
            }
        with database.snapshot() as tx:
            assert repo.attempts(tx, ["a", "b", "c"], AT) == counted
            assert repo.attempts(tx, ["a", "b"], AT + HOUR).keys() == {"b"}
            assert repo.attempts(tx, [], AT) == {}

    def test_what_counts_no_more_counts_from_one_again(
        self, database: Database, repo: AccountRepository
    ) -> None:
        with database.begin() as tx:
            repo.count_attempts(tx, {"a": AT + HOUR}, AT)
            assert repo.count_attempts(tx, {"a": AT + 3 * HOUR}, AT + HOUR) == {
                "a": Attempts(count=1, until=AT + 3 * HOUR)
            }

    def test_attempts_are_taken_back_and_forgotten(
        self, database: Database, repo: AccountRepository
    ) -> None:
        with database.begin() as tx:
            for _ in range(2):
                repo.count_attempts(tx, {"a": AT + HOUR, "b": AT + HOUR}, AT)
            repo.take_back(tx, ["a", "never tried"])
            repo.forget_attempts(tx, ["b", "never tried"])
            assert repo.attempts(tx, ["a", "b"], AT) == {"a": Attempts(count=1, until=AT + HOUR)}
            for _ in range(2):
                repo.take_back(tx, ["a"])
            repo.take_back(tx, [])
            assert repo.count_attempts(tx, {"a": AT + HOUR}, AT)["a"].count == 1

    def test_attempts_that_count_no_more_are_driven_out(
        self, database: Database, repo: AccountRepository
    ) -> None:
        with database.begin() as tx:
            repo.count_attempts(tx, {"a": AT + HOUR}, AT)
            repo.count_attempts(tx, {"b": AT + 3 * HOUR}, AT + HOUR)
            assert repo.attempts(tx, ["a"], AT) == {}, "at a time when it counted"

    def test_an_account_is_known_by_the_marks_that_it_logged_in_with(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        for at in (AT, AT + HOUR):
            with database.begin() as tx:
                repo.know_marks(tx, ada.id, ["home", "phone"], at)
                tx.commit()
        with database.snapshot() as tx:
            assert set(repo.known_marks(tx, ada.id, ["phone", "home", "work"])) == {"home", "phone"}
            assert set(repo.known_marks(tx, AccountId("somebody-else"), ["home"])) == set()
            assert set(repo.known_marks(tx, ada.id, [])) == set()
            assert repo.has_marks(tx, ada.id)
            assert not repo.has_marks(tx, AccountId("somebody-else"))

    def test_a_mark_that_was_not_seen_for_a_year_is_known_no_more(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        with database.begin() as tx:
            repo.know_marks(tx, ada.id, ["home", "phone"], AT)
            repo.know_marks(tx, ada.id, ["phone"], AT + MARKS_HOLD)
            assert set(repo.known_marks(tx, ada.id, ["home", "phone"])) == {"phone"}

    def test_an_accounts_sessions_are_listed_and_ended(
        self, database: Database, repo: AccountRepository, ada: Account
    ) -> None:
        bob = account(2, BOB)
        later = [session(f"d{n}", ada, begins=AT + n * HOUR, lasts=9 * HOUR) for n in range(4)]
        self._open(database, repo, *later, session("other", bob, lasts=9 * HOUR))
        with database.begin() as tx:
            repo.insert(tx, [bob])
            assert repo.sessions_of(tx, ada.id, AT, 3) == later[:0:-1]
            assert repo.sessions_of(tx, ada.id, AT + 10 * HOUR, 9) == later[:1:-1]
            assert not repo.close_session_of(tx, ada.id, "other")
            assert repo.close_session_of(tx, ada.id, "d3")
            assert not repo.close_session_of(tx, ada.id, "d3")
            repo.close_sessions(tx, ada.id, but="d1")
            assert repo.sessions_of(tx, ada.id, AT, 9) == later[1:2]
            repo.close_sessions(tx, ada.id, but=None)
            assert repo.sessions_of(tx, ada.id, AT, 9) == []
            assert repo.session_of(tx, "other", AT) == bob

    def test_a_session_ends_at_another_time(
        self, database: Database, repo: AccountRepository
    ) -> None:
        ada = full_account()
        with database.begin() as tx:
            repo.insert(tx, [ada])
            tx.commit()
        one, other = (session(digest, ada, lasts=9 * HOUR) for digest in ("one", "other"))
        self._open(database, repo, one, other)
        with database.begin() as tx:
            for _ in range(2):
                repo.end_session_at(tx, "one", AT + HOUR)
            repo.end_session_at(tx, "none", AT + HOUR)
            assert repo.session(tx, "one") == attrs.evolve(one, expires_at=AT + HOUR)
            assert repo.session(tx, "other") == other
            assert repo.session(tx, "none") is None
            assert repo.session_of(tx, "one", AT + 2 * HOUR) is None

    def test_what_is_not_committed_never_happened(
        self, database: Database, repo: AccountRepository
    ) -> None:
        with database.begin() as tx:
            repo.insert(tx, [full_account()])
            repo.open_session(tx, session("d1", full_account()))
            repo.count_attempts(tx, {"a": AT + HOUR}, AT)
            repo.know_marks(tx, full_account().id, ["home"], AT)
        with database.snapshot() as tx:
            assert repo.by_email(tx, [ADA]) == {}
            assert repo.session_of(tx, "d1", AT) is None
            assert repo.attempts(tx, ["a"], AT) == {}
            assert set(repo.known_marks(tx, full_account().id, ["home"])) == set()

    def _open(self, database: Database, repo: AccountRepository, *sessions: Session) -> None:
        with database.begin() as tx:
            for one in sessions:
                repo.open_session(tx, one)
            tx.commit()


class SecretStoreContract:
    """Give ``repo`` and ``database``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> SecretStore:
        """The repository to examine."""

    def test_the_first_secret_of_a_name_is_kept_and_every_later_one_is_not(
        self, database: Database, repo: SecretStore
    ) -> None:
        for made in ("first", "second", "first"):
            with database.begin() as tx:
                assert repo.keep_secret(tx, "guests", made) == "first"
                tx.commit()
        with database.snapshot() as tx:
            assert repo.secret_of(tx, "guests") == "first"
            assert repo.secret_of(tx, "others") is None

    def test_a_secret_that_is_not_committed_was_never_kept(
        self, database: Database, repo: SecretStore
    ) -> None:
        with database.begin() as tx:
            repo.keep_secret(tx, "guests", "lost")
        with database.begin() as tx:
            assert repo.keep_secret(tx, "guests", "kept") == "kept"
