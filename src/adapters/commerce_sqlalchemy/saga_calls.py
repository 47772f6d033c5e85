"""The calls to gateways and carriers that sagas make, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from commerce_core.checkout import Operation, OutsideCall, SagaWrite
from commerce_core.orders import OrderKey
from commerce_sqlalchemy.keys import pairs
from commerce_sqlalchemy.rows import Given, insert_if_new, insert_many
from commerce_sqlalchemy.saga_rows import CALL_COLUMNS, call, call_row, call_values
from commerce_sqlalchemy.saga_statements import ORDERS_AT_ONCE
from commerce_sqlalchemy.tables import Id, outside_call


def latest_calls(
    connection: sa.Connection, keys: Sequence[OrderKey]
) -> dict[str, dict[Operation, OutsideCall]]:
    """The last attempt of each operation, by order: of refunds, that of the first."""
    found: dict[str, dict[Operation, OutsideCall]] = {}
    for row in _CALLS.run(connection, pairs(keys)):
        known = found.setdefault(row.order_id, {})
        read, earlier = call(row), known.get(Operation(row.operation))
        if earlier is None or earlier.attempt < read.attempt:
            known[read.operation] = read
    return found


def refund_calls(
    connection: sa.Connection, refunds: Mapping[OrderKey, int]
) -> Mapping[OrderKey, OutsideCall]:
    """The last call for each of *refunds*, which are numbered within their orders."""
    rows = [(key.buyer_id, key.order_id, no) for key, no in refunds.items()]
    return {
        OrderKey(row.buyer_id, row.order_id): call(row)
        for row in _REFUND_CALLS.run(connection, rows)
    }


def write_calls(
    connection: sa.Connection, calls: Mapping[OrderKey, OutsideCall], at: datetime
) -> None:
    """Insert what is new of *calls*, and write what is known of each."""
    insert_if_new(connection, outside_call, [call_row(key, c, at) for key, c in calls.items()])
    rows = [call_values(key, c) for key, c in calls.items()]
    _WRITE_CALLS.run(connection, sorted(rows, key=lambda row: tuple(row[:5])), at=at)


def write_changed(connection: sa.Connection, writes: Sequence[SagaWrite], at: datetime) -> None:
    """New intents are inserted, outcomes of known ones are updated."""
    before = {w.saga.key.order_id: w.read.saga.calls for w in writes}
    changed = [
        (w.saga.key, c)
        for w in writes
        for op, c in w.saga.calls.items()
        if _differs(c, before[w.saga.key.order_id].get(op))
    ]
    new = [(key, c) for key, c in changed if _is_new(c, before[key.order_id].get(c.operation))]
    insert_many(connection, outside_call, [call_row(key, c, at) for key, c in new])
    known = [
        call_values(key, c)
        for key, c in changed
        if not _is_new(c, before[key.order_id].get(c.operation))
    ]
    _WRITE_CALLS.run(connection, sorted(known, key=lambda row: tuple(row[:5])), at=at)


def _differs(c: OutsideCall, before: OutsideCall | None) -> bool:
    return before is None or before != c or before.intended_at != c.intended_at


def _is_new(c: OutsideCall, before: OutsideCall | None) -> bool:
    return before is None or before.attempt != c.attempt


_T: Final = outside_call.c
_CALLS: Final = Given(
    lambda d: sa.select(outside_call).where(
        _T.buyer_id == d.buyer_id, _T.order_id == d.order_id, _T.subject_no == 1
    ),
    ORDERS_AT_ONCE,
    buyer_id=Id,
    order_id=Id,
)
_REFUND_CALLS: Final = Given(
    lambda d: (
        sa.select(outside_call)
        .where(
            _T.buyer_id == d.buyer_id,
            _T.order_id == d.order_id,
            _T.operation == str(Operation.REFUND),
            _T.subject_no == d.no,
        )
        .order_by(_T.attempt)
    ),
    256,
    buyer_id=Id,
    order_id=Id,
    no=sa.BigInteger(),
)
_WRITE_CALLS: Final = Given(
    lambda d: (
        sa.update(outside_call)
        .where(_T.buyer_id == d.buyer_id, _T.order_id == d.order_id, _T.operation == d.operation)
        .where(_T.subject_no == d.subject_no, _T.attempt == d.attempt)
        .values(
            status=d.status,
            response=d.response,
            amount_minor=d.amount_minor,
            currency=d.currency,
            created_at=sa.func.coalesce(d.intended_at, _T.created_at),
            updated_at=sa.bindparam("at"),
        )
    ),
    **CALL_COLUMNS,
)
