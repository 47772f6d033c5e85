"""What every history of purchases promises."""

from abc import abstractmethod
from datetime import timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.checkout import SagaStore
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.transaction import Database
from commerce_core.orders import Order, OrderKey, OrderRepository, OrderState
from commerce_core.recommendations import Purchase, PurchaseHistory
from commerce_testkit.contracts.sample_orders import ANN, AT, BOB, plain_order, saga_of

_DAY: Final = timedelta(days=1)


def an_order(no: int, *items: str, buyer: Any = ANN, day: int = 0) -> Order:
    """Order *no* of these *items*, placed so many days after the first."""
    plain = plain_order(no, buyer)
    lines = tuple(attrs.evolve(plain.lines[0], item_id=ItemId(item)) for item in items)
    return attrs.evolve(plain, lines=lines, created_at=AT + day * _DAY)


class PurchaseHistoryContract:
    """Give ``database``, ``history``, and the repositories that it reads from."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def history(self) -> PurchaseHistory:
        """What is to be examined."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> OrderRepository:
        """Where the orders are."""

    @pytest.fixture
    @abstractmethod
    def sagas(self) -> SagaStore:
        """Where it is kept how far they have come."""

    @pytest.fixture(autouse=True)
    def _begin(
        self,
        database: Database,
        history: PurchaseHistory,
        repo: OrderRepository,
        sagas: SagaStore,
    ) -> None:
        self._db, self._history, self._repo, self._sagas = database, history, repo, sagas

    def _placed(self, state: OrderState, *orders: Order) -> None:
        with self._db.begin() as tx:
            self._repo.insert(tx, orders)
            self._sagas.insert(tx, [saga_of(order, state=state) for order in orders], 2, AT)
            tx.commit()

    def test_completed_orders_are_read_by_key_and_nothing_else_is(self) -> None:
        first, second = an_order(2, "x", "y", "x"), an_order(3, "z", day=1)
        bobs = an_order(1, "x", buyer=BOB)
        self._placed(OrderState.COMPLETED, first, bobs)
        self._placed(OrderState.FINISHING, second)
        for no, state in enumerate((OrderState.PLACED, OrderState.CANCELLED), 4):
            self._placed(state, an_order(no, "x"))
        expected = [_purchase(first, True, "x", "y"), _purchase(second, False, "z")]
        expected.append(_purchase(bobs, True, "x"))
        with self._db.snapshot() as tx:
            assert [*self._history.completed(tx, None, 9)] == expected
            assert [*self._history.completed(tx, None, 1)] == expected[:1]
            assert [*self._history.completed(tx, OrderKey(ANN, first.id), 9)] == expected[1:]
            assert [*self._history.completed(tx, OrderKey(BOB, bobs.id), 9)] == []

    def test_what_somebody_bought_comes_once_the_latest_first(self) -> None:
        self._placed(OrderState.COMPLETED, an_order(1, "x", "y"), an_order(2, "x", day=2))
        self._placed(OrderState.PLACED, an_order(3, "z", day=1))
        for no, state in enumerate((OrderState.COMPENSATING, OrderState.CANCELLED), 4):
            self._placed(state, an_order(no, "undone"))
        self._placed(OrderState.COMPLETED, an_order(6, "other", buyer=BOB))
        with self._db.snapshot() as tx:
            bought = [*self._history.bought(tx, ANN, 9)]
            assert bought == [("x", AT + 2 * _DAY), ("z", AT + _DAY), ("y", AT)]
            assert [*self._history.bought(tx, ANN, 2)] == bought[:2]

    def test_how_much_is_new_is_counted_up_to_a_bound(self) -> None:
        with self._db.snapshot() as tx:
            assert self._history.newest(tx) is None
            assert self._history.count_behind(tx, None, 9) == 0
        orders = [an_order(no, "x") for no in range(1, 5)]
        self._placed(OrderState.PLACED, *orders)
        with self._db.snapshot() as tx:
            assert self._history.newest(tx) == orders[-1].id
            assert self._history.count_behind(tx, None, 9) == 4
            assert self._history.count_behind(tx, orders[0].id, 9) == 3
            assert self._history.count_behind(tx, orders[0].id, 2) == 2


def _purchase(order: Order, is_first: bool, *items: str) -> Purchase:
    return Purchase(
        buyer_id=order.buyer_id,
        order_id=order.id,
        at=order.created_at,
        items=tuple(map(ItemId, items)),
        is_first=is_first,
    )
