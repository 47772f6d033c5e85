"""What every account repository promises about those who have left."""

from commerce_core.accounts import AccountRepository, Erasure
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Database
from commerce_testkit.contracts.sample_accounts import (
    ADA,
    AT,
    BOB,
    HOUR,
    account,
    full_account,
    session,
)


class ErasureContract:
    """A part of the contract of account repositories; it gives ``repo`` and ``database``."""

    def test_an_account_ends_and_its_address_is_free(
        self, database: Database, repo: AccountRepository
    ) -> None:
        with database.begin() as tx:
            repo.insert(tx, [full_account()])
            repo.open_session(tx, session("d1", full_account()))
            for due in (AT + HOUR, AT):
                repo.end(tx, Erasure(account_id=full_account().id, due_at=due))
            assert repo.by_email(tx, [ADA]) == repo.load(tx, [full_account().id]) == {}
            assert repo.session_of(tx, "d1", AT) is None
            repo.insert(tx, [account(2, ADA)])
            first = Erasure(account_id=full_account().id, due_at=AT + HOUR)
            assert repo.due_erasures(tx, AT, 9) == []
            assert repo.due_erasures(tx, AT + HOUR, 9) == [first]

    def test_erasures_go_on_where_they_are_until_they_are_over(
        self, database: Database, repo: AccountRepository
    ) -> None:
        one, two = (account(n, f"{n}@example.com").id for n in (2, 3))
        further = Erasure(account_id=two, due_at=AT + 2 * HOUR, passes=1, part=2, after="x")
        with database.begin() as tx:
            repo.end(tx, Erasure(account_id=one, due_at=AT + HOUR))
            repo.end(tx, Erasure(account_id=two, due_at=AT))
            repo.save_erasure(tx, further)
            assert [e.account_id for e in repo.due_erasures(tx, AT + 2 * HOUR, 1)] == [one]
            for _ in range(2):
                repo.drop_erasure(tx, one)
            repo.save_erasure(tx, Erasure(account_id=one, due_at=AT))
            assert repo.due_erasures(tx, AT + 2 * HOUR, 9) == [further]

    def test_traces_of_an_account_go_a_few_at_a_time(
        self, database: Database, repo: AccountRepository
    ) -> None:
        one, two = account(1, ADA), account(2, BOB)
        with database.begin() as tx:
            for digest, holder in (("d1", one), ("d2", one), ("d3", one), ("other", two)):
                repo.open_session(tx, session(digest, holder))
            repo.know_marks(tx, one.id, ["home", "phone"], AT)
            repo.know_marks(tx, two.id, ["home"], AT)
            assert [repo.forget_traces(tx, one.id, 2) for _ in range(3)] == [4, 1, 0]
            assert set(repo.known_marks(tx, one.id, ["home", "phone"])) == set()
            assert set(repo.known_marks(tx, two.id, ["home"])) == {"home"}
            assert len(repo.sessions_of(tx, two.id, AT, 9)) == 1

    def test_closed_accounts_are_those_of_our_ids_that_are_neither_open_nor_being_erased(
        self, database: Database, repo: AccountRepository
    ) -> None:
        here, leaving, gone = (account(n, f"{n}@example.com") for n in (1, 2, 3))
        others = [AccountId("customer-7"), AccountId("6f1f3b52-6d0c-5c55-9d84-0d1c4a1a7a10")]
        ids = [gone.id, leaving.id, here.id, *others]
        with database.begin() as tx:
            assert repo.closed(tx, ids) == []
            repo.insert(tx, [here])
            repo.end(tx, Erasure(account_id=leaving.id, due_at=AT))
            assert repo.closed(tx, ids) == [gone.id]
            assert repo.closed(tx, []) == repo.closed(tx, [here.id]) == []
            repo.drop_erasure(tx, leaving.id)
            assert repo.closed(tx, ids) == [gone.id, leaving.id]
