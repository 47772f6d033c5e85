"""Sagas and their calls as rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs
import sqlalchemy as sa

from commerce_core.checkout import (
    CallStatus,
    Cause,
    Operation,
    OrderSaga,
    OutsideCall,
    SagaRow,
    SagaWrite,
    call_key,
)
from commerce_core.kernel.money import Money
from commerce_core.orders import NextAction, OrderKey, OrderState
from commerce_sqlalchemy.tables import Id, Instant, Json

WRITE_COLUMNS: Final[Mapping[str, Any]] = {
    "buyer_id": Id, "order_id": Id, "fence": sa.BigInteger(), "was": sa.Text(),
    "cancel_requested": sa.Boolean(), "was_due": Instant(), "state": sa.Text(),
    "seq": sa.BigInteger(), "claims": sa.BigInteger(), "lease_until": Instant(),
    "next_run_at": Instant(), "last_error": sa.Text(),
    "attention": sa.Boolean(), "cause": sa.Text(), "cause_detail": sa.Text(),
}  # fmt: skip
CALL_COLUMNS: Final[Mapping[str, Any]] = {
    "buyer_id": Id, "order_id": Id, "operation": sa.Text(), "subject_no": sa.BigInteger(),
    "attempt": sa.BigInteger(),
    "status": sa.Text(), "response": Json, "amount_minor": sa.BigInteger(), "currency": sa.Text(),
    "intended_at": Instant(),
}  # fmt: skip


def write_row(w: SagaWrite) -> tuple[Any, ...]:
    """The values of ``WRITE_COLUMNS``: the guard as it was read, and what is to be."""
    read, cause = w.read.saga, w.saga.cause
    return (
        read.key.buyer_id, read.key.order_id, w.read.fence, read.state.value, read.cancel_requested,
        w.read.next_run_at, w.saga.state.value,
        w.seq, w.claims, w.lease_until, w.next_run_at, w.last_error, w.attention,
        cause.code if cause else None, cause.detail if cause else None,
    )  # fmt: skip


def key_row(key: OrderKey) -> dict[str, Any]:
    """The columns that every ordering table begins with."""
    return {"buyer_id": key.buyer_id, "order_id": key.order_id}


def call_id(key: OrderKey, c: OutsideCall) -> tuple[str, str, str, int, int]:
    """The whole key of a call's row."""
    return (key.buyer_id, key.order_id, str(c.operation), c.subject_no, c.attempt)


def call_values(key: OrderKey, c: OutsideCall) -> tuple[Any, ...]:
    """The values of ``CALL_COLUMNS``."""
    return (
        *call_id(key, c),
        c.status.value,
        dict(c.response) if c.response is not None else None,
        *_amount(c),
        c.intended_at,
    )


def _amount(c: OutsideCall) -> tuple[int | None, str | None]:
    return (c.amount.minor, c.amount.currency) if c.amount else (None, None)


def call_row(key: OrderKey, c: OutsideCall, at: datetime) -> dict[str, Any]:
    """A new row for the call."""
    return {
        **key_row(key),
        "operation": str(c.operation),
        "subject_no": c.subject_no,
        "attempt": c.attempt,
        "key": call_key(key, c),
        "digest": c.digest,
        "gateway": c.gateway,
        "gateway_account": c.account,
        "status": c.status.value,
        "response": dict(c.response) if c.response is not None else None,
        "amount_minor": _amount(c)[0],
        "currency": _amount(c)[1],
        "created_at": c.intended_at or at,
        "updated_at": at,
    }


def call(row: Any) -> OutsideCall:
    """The call of a row."""
    return OutsideCall(
        operation=Operation(row.operation),
        gateway=row.gateway,
        account=row.gateway_account,
        digest=row.digest,
        status=CallStatus(row.status),
        subject_no=row.subject_no,
        attempt=row.attempt,
        response=row.response,
        amount=Money(row.amount_minor, row.currency) if row.currency else None,
        intended_at=row.created_at,
    )


def saga_row(row: Any, calls: Mapping[Operation, OutsideCall]) -> SagaRow:
    """A saga joined with what its order says of the payment, and its *calls*."""
    read = OrderSaga(
        key=OrderKey(row.buyer_id, row.order_id),
        definition=row.definition,
        version=row.version,
        gateway=row.gateway,
        account=row.gateway_account,
        carrier=row.carrier,
        digest=row.digest,
        total=Money(row.total_minor, row.total_currency),
        state=OrderState(row.state),
        cancel_requested=bool(row.cancel_requested),
        cause=Cause(row.cause, row.cause_detail or "") if row.cause else None,
        calls=calls,
        trace=row.trace,
        time_up=bool(row.time_up),
        buyer_until=row.buyer_until,
    )
    return SagaRow(
        saga=read,
        fence=row.fence,
        claims=row.claims,
        seq=row.last_seq,
        attention=bool(row.attention),
        last_error=row.last_error,
        created_at=row.created_at,
        updated_at=row.updated_at,
        next_run_at=row.next_run_at,
        lease_until=row.lease_until,
    )


def with_action(row: SagaRow, asked: NextAction | None) -> SagaRow:
    """*row* with what its buyer was *asked* to do."""
    if asked is None:
        return row
    saga = attrs.evolve(row.saga, action=asked.action, returned=asked.returned)
    return attrs.evolve(row, saga=saga)
