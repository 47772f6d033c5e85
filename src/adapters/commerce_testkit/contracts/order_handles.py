"""What everything promises that finds orders by their payments."""

from abc import abstractmethod

import attrs
import pytest

from commerce_core.checkout import SagaStore
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderHandles, OrderRepository, PaidOrder
from commerce_testkit.contracts.sample_orders import BOB, HANDLE, key_of, place, plain_order


class OrderHandlesContract:
    """Give ``database``, ``handles``, and the ``repo`` and the ``sagas`` with which orders are
    placed.
    """

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> OrderRepository:
        """What keeps orders there."""

    @pytest.fixture
    @abstractmethod
    def sagas(self) -> SagaStore:
        """What keeps their sagas there."""

    @pytest.fixture
    @abstractmethod
    def handles(self) -> OrderHandles:
        """What is examined."""

    def test_an_order_is_found_by_its_gateway_and_its_payment_there(
        self,
        database: Database,
        repo: OrderRepository,
        sagas: SagaStore,
        handles: OrderHandles,
    ) -> None:
        elsewhere = attrs.evolve(HANDLE, gateway="bank", reference="pi_2", account="acct_1/test")
        one = plain_order(1)
        two = plain_order(2, BOB, handle=elsewhere)
        three = plain_order(3, handle=attrs.evolve(HANDLE, reference="pi_3"))
        place(database, repo, sagas, one, two, three)
        with database.snapshot() as tx:
            assert handles.paid_with(
                tx,
                {("sandbox", "pay-1"), ("bank", "pi_2"), ("bank", "pi_3"), ("sandbox", "pi_4")},
            ) == {
                ("sandbox", "pay-1"): PaidOrder(key_of(one), "main"),
                ("bank", "pi_2"): PaidOrder(key_of(two), "acct_1/test"),
            }
            assert handles.paid_with(tx, []) == {}
