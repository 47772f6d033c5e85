"""What everything promises that keeps requests for links."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs
import pytest

from commerce_core.accounts import CredentialRequest, CredentialRequests, RequestKind
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Database

AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
ADA: Final = AccountId("00000001-0000-7000-8000-000000000000")


def request(number: int, kind: RequestKind = RequestKind.PASSWORD_RESET) -> CredentialRequest:
    """Request *number*, made so many hours later."""
    at = AT + number * HOUR
    return CredentialRequest(
        id=f"request-{number}",
        kind=kind,
        email=f"größe{number}@example.com",
        created_at=at,
        expires_at=at + HOUR,
    )


class CredentialRequestsContract:
    """Give ``repo`` and ``database``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> CredentialRequests:
        """The repository to examine."""

    def test_a_request_is_asked_for_then_open_then_used_once(
        self, database: Database, repo: CredentialRequests
    ) -> None:
        one = request(1)
        opened = attrs.evolve(one, account_id=ADA)
        with database.begin() as tx:
            repo.insert(tx, one)
            assert (repo.asked(tx, 9), repo.load(tx, one.id)) == ([one], None)
            assert repo.open(tx, opened)
            assert not repo.open(tx, opened)
            assert (repo.asked(tx, 9), repo.load(tx, one.id)) == ([], opened)
            assert (repo.take(tx, one.id), repo.take(tx, one.id)) == (opened, None)
            assert not repo.open(tx, opened)
            assert repo.load(tx, one.id) is None

    def test_the_oldest_are_asked_for_first(
        self, database: Database, repo: CredentialRequests
    ) -> None:
        with database.begin() as tx:
            for number in (3, 1, 2):
                repo.insert(tx, request(number, RequestKind.EMAIL_CHANGE))
            assert [one.id for one in repo.asked(tx, 2)] == ["request-1", "request-2"]
            assert repo.take(tx, "request-1") == request(1, RequestKind.EMAIL_CHANGE)
            assert [one.id for one in repo.asked(tx, 2)] == ["request-2", "request-3"]

    def test_what_is_an_accounts_or_has_run_out_is_forgotten(
        self, database: Database, repo: CredentialRequests
    ) -> None:
        with database.begin() as tx:
            for number in (1, 2, 3, 4):
                repo.insert(tx, request(number))
            repo.open(tx, attrs.evolve(request(4), account_id=ADA))
            assert [repo.forget_of(tx, ADA) for _ in range(2)] == [1, 0]
            assert [repo.drop_ended(tx, AT + 3 * HOUR, 1) for _ in range(3)] == [1, 1, 0]
            assert [one.id for one in repo.asked(tx, 9)] == ["request-3"]

    def test_what_is_not_committed_never_happened(
        self, database: Database, repo: CredentialRequests
    ) -> None:
        with database.begin() as tx:
            repo.insert(tx, request(1))
        with database.snapshot() as tx:
            assert repo.asked(tx, 9) == []
