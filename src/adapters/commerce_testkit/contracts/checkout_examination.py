"""What the parts of a saga store's contract share."""

from abc import abstractmethod
from datetime import timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.checkout import (
    CallStatus,
    Cause,
    ClaimedSaga,
    Operation,
    OrderSaga,
    OutsideCall,
    SagaRow,
    SagaStore,
    SagaWrite,
)
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.orders import OrderKey, OrderRepository, OrderState
from commerce_testkit.contracts.sample_orders import AT, BOB, LATER, full_order, place, plain_order

KNOWN: Final = frozenset({("order", 1)})

#: The operation of a step that is none of the shop's own.
FRAUD: Final = Operation("fraud_check")

ONE, TWO, THREE = plain_order(1), plain_order(2), full_order(3, BOB)

NEVER: Final = AT + timedelta(days=9)
NOBODY: Final = OrderKey(BOB, ONE.id)


def full_saga(saga: OrderSaga) -> OrderSaga:
    """*saga* with something known in every place."""
    free: dict[str, Any] = {"ref": "größe \N{GRINNING FACE}", "deep": [None, {"x": 1.5}]}
    calls = {
        Operation.CHARGE: OutsideCall(
            operation=Operation.CHARGE, gateway="old", account="second", digest="e" * 64,
            status=CallStatus.OK, response=free,
            amount=Money(2**62, "JPY"), intended_at=AT - timedelta(days=1),
        ),
        Operation.REFUND: OutsideCall(
            operation=Operation.REFUND, gateway="old", account="", digest="",
            status=CallStatus.INTENT, attempt=3,
            amount=Money(1, "JPY"), intended_at=LATER,
        ),
        Operation.SHIP: OutsideCall(
            operation=Operation.SHIP, gateway="c", account="", digest="x",
            status=CallStatus.REFUSED, response={}, intended_at=AT
        ),
        Operation.UNSHIP: OutsideCall(
            operation=Operation.UNSHIP, gateway="c", account="", digest="x",
            status=CallStatus.UNKNOWN, intended_at=AT
        ),
        FRAUD: OutsideCall(
            operation=FRAUD, gateway="fraud_check", account="", digest="x",
            status=CallStatus.WAITING, response={"forPerson": True}, intended_at=AT
        ),
        FRAUD.undo: OutsideCall(
            operation=FRAUD.undo, gateway="fraud_check", account="", digest="x", intended_at=AT
        ),
    }  # fmt: skip
    return attrs.evolve(
        saga,
        state=OrderState.COMPENSATING,
        cause=Cause("cannot-ship", "no such 'street'"),
        calls=calls,
    )


def recorded(read: ClaimedSaga, saga: OrderSaga | None = None, **fields: Any) -> SagaWrite:
    """What a runner writes of *read*: it is free again, due at once, with no progress unless
    given.
    """
    plain: dict[str, Any] = {
        "seq": read.seq,
        "claims": read.claims,
        "lease_until": None,
        "next_run_at": AT,
    }
    return SagaWrite(read=read, saga=saga or read.saga, **(plain | fields))


class SagaStoreExamination:
    """What the parts of the contract share. Give ``database``, ``store``, and ``repo`` with the
    orders that the sagas belong to. Orders 1 to 3 are placed.
    """

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> SagaStore:
        """The store to examine."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> OrderRepository:
        """An order repository of the same kind."""

    @pytest.fixture(autouse=True)
    def _three_orders(self, database: Database, repo: OrderRepository, store: SagaStore) -> None:
        place(database, repo, store, ONE, TWO, THREE)

    def _claim(
        self, tx: Transaction, store: SagaStore, limit: int = 9, **fields: Any
    ) -> dict[OrderId, ClaimedSaga]:
        arguments: dict[str, Any] = {
            "definitions": KNOWN,
            "now": AT,
            "lease_until": LATER,
            "limit": limit,
        }
        return {c.saga.key.order_id: c for c in store.claim_due(tx, **(arguments | fields))}

    def _row(self, tx: Transaction, store: SagaStore, key: OrderKey) -> SagaRow:
        return store.rows(tx, [key])[0]

    def _finish(
        self,
        tx: Transaction,
        store: SagaStore,
        *keys: OrderKey,
        state: OrderState = OrderState.CANCELLED,
    ) -> None:
        claims = self._claim(tx, store)
        ended = [
            recorded(
                claims[k.order_id], attrs.evolve(claims[k.order_id].saga, state=state), claims=0
            )
            for k in keys
        ]
        assert len(store.write(tx, ended, AT)) == len(keys)
        store.write(
            tx, [recorded(c) for i, c in claims.items() if i not in {k.order_id for k in keys}], AT
        )
