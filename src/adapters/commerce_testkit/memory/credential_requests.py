"""Requests for links in memory."""

from collections.abc import Sequence
from datetime import datetime

from commerce_core.accounts import CredentialRequest, CredentialRequests
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.transaction import table

_ASKED, _OPEN = "credential_request", "credential_request_open"


class MemoryCredentialRequests(CredentialRequests):
    """Requests for links in two dictionaries: asked for, and open."""

    def insert(self, tx: Transaction, request: CredentialRequest) -> None:
        table(tx, _ASKED)[request.id] = request

    def asked(self, tx: Transaction, limit: int) -> Sequence[CredentialRequest]:
        return sorted(table(tx, _ASKED).values(), key=lambda r: (r.created_at, r.id))[:limit]

    def open(self, tx: Transaction, request: CredentialRequest) -> bool:
        if table(tx, _ASKED).pop(request.id, None) is None:
            return False
        table(tx, _OPEN)[request.id] = request
        return True

    def load(self, tx: Transaction, request_id: str) -> CredentialRequest | None:
        return table(tx, _OPEN).get(request_id)

    def take(self, tx: Transaction, request_id: str) -> CredentialRequest | None:
        asked: CredentialRequest | None = table(tx, _ASKED).pop(request_id, None)
        opened: CredentialRequest | None = table(tx, _OPEN).pop(request_id, None)
        return opened or asked

    def forget_of(self, tx: Transaction, account_id: AccountId) -> int:
        return self._drop(tx, [r for r in self._all(tx) if r.account_id == account_id])

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        return self._drop(tx, [r for r in self._all(tx) if r.expires_at <= before][:limit])

    def _all(self, tx: Transaction) -> Sequence[CredentialRequest]:
        return [*table(tx, _ASKED).values(), *table(tx, _OPEN).values()]

    def _drop(self, tx: Transaction, requests: Sequence[CredentialRequest]) -> int:
        return sum(self.take(tx, request.id) is not None for request in requests)
