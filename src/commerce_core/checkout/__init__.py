"""Placing an order, and the saga that carries it out or undoes it."""

from commerce_core.checkout.commands import PlaceOrder
from commerce_core.checkout.errors import (
    AmountMismatch,
    CallUnknown,
    CartChanged,
    CartEmpty,
    CartMerged,
    CartNotFound,
    IdempotencyKeyReused,
    ItemUnavailable,
    NotToBeUndone,
    OutOfStock,
    SagaNotFound,
    ShortLine,
)
from commerce_core.checkout.model import CallStatus, Cause, OpenRefund, Operation, OrderSaga, OutsideCall, Placed, Timing, call_key
from commerce_core.checkout.ports import NOBODY_AWAY, Away, Claimed, MoneyFact, OwedRefund, Party, SagaRow, SagaStore, SagaWrite, Standing

__all__ = [
    "NOBODY_AWAY",
    "AmountMismatch",
    "Away",
    "CallStatus",
    "CallUnknown",
    "CartChanged",
    "CartEmpty",
    "CartMerged",
    "CartNotFound",
    "Cause",
    "Claimed",
    "IdempotencyKeyReused",
    "ItemUnavailable",
    "MoneyFact",
    "NotToBeUndone",
    "OpenRefund",
    "Operation",
    "OrderSaga",
    "OutOfStock",
    "OutsideCall",
    "OwedRefund",
    "Party",
    "PlaceOrder",
    "Placed",
    "SagaNotFound",
    "SagaRow",
    "SagaStore",
    "SagaWrite",
    "ShortLine",
    "Standing",
    "Timing",
    "call_key",
]
