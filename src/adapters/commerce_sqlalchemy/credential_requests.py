"""Requests for links in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.accounts import CredentialRequest, CredentialRequests, RequestKind
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.transaction import Transaction
from commerce_sqlalchemy.rows import insert_many
from commerce_sqlalchemy.tables import credential_request
from commerce_sqlalchemy.transaction import connection

_C: Final = credential_request.c
#: Spelled as the partial index spells it.
_ASKED: Final = ~_C.opened


class SqlCredentialRequests(CredentialRequests):
    """Requests for links on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, request: CredentialRequest) -> None:
        row = {
            "id": request.id,
            "kind": request.kind.value,
            "email": request.email,
            "account_id": request.account_id,
            "opened": False,
            "created_at": request.created_at,
            "expires_at": request.expires_at,
        }
        insert_many(connection(tx), credential_request, [row])

    def asked(self, tx: Transaction, limit: int) -> Sequence[CredentialRequest]:
        oldest = sa.select(credential_request).where(_ASKED).order_by(_C.created_at).limit(limit)
        return [_request(row) for row in connection(tx).execute(oldest)]

    def open(self, tx: Transaction, request: CredentialRequest) -> bool:
        opened = (
            sa.update(credential_request)
            .where(_C.id == request.id, _ASKED)
            .values(opened=True, account_id=request.account_id)
            .returning(_C.id)
        )
        return connection(tx).execute(opened).first() is not None

    def load(self, tx: Transaction, request_id: str) -> CredentialRequest | None:
        found = sa.select(credential_request).where(_C.id == request_id, _C.opened)
        row = connection(tx).execute(found).first()
        return _request(row) if row is not None else None

    def take(self, tx: Transaction, request_id: str) -> CredentialRequest | None:
        taken = sa.delete(credential_request).where(_C.id == request_id).returning(*_C)
        row = connection(tx).execute(taken).first()
        return _request(row) if row is not None else None

    def forget_of(self, tx: Transaction, account_id: AccountId) -> int:
        ours = sa.delete(credential_request).where(_C.account_id == account_id)
        return len(connection(tx).execute(ours.returning(_C.id)).all())

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        ended = sa.select(_C.id).where(_C.expires_at <= before).order_by(_C.expires_at)
        ids = connection(tx).execute(ended.limit(limit)).scalars().all()
        if ids:
            connection(tx).execute(sa.delete(credential_request).where(_C.id.in_(sorted(ids))))
        return len(ids)


def _request(row: Any) -> CredentialRequest:
    return CredentialRequest(
        id=row.id,
        kind=RequestKind(row.kind),
        email=row.email,
        account_id=row.account_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
