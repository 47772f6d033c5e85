"""What everything promises that gives orders numbers."""

from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Final

import attrs
import pytest

from commerce_core.checkout import LONGEST_NUMBER, OrderNumbers, ProposedOrder
from commerce_core.kernel.ids import OrderId
from commerce_testkit.contracts.checkout_rule import AN_ORDER

_SIDE_BY_SIDE: Final = 8


class OrderNumbersContract:
    """Give the ``numbers``, and those of another process of the same shop (``elsewhere``)."""

    @pytest.fixture
    @abstractmethod
    def numbers(self) -> OrderNumbers:
        """What is to be examined."""

    @pytest.fixture
    @abstractmethod
    def elsewhere(self, numbers: OrderNumbers) -> OrderNumbers:
        """What another process of the shop asks: made anew, on the same counter."""

    @pytest.fixture
    def order(self) -> ProposedOrder:
        """What all orders here are but for their ids: three mugs. Put your own in its place if your
        numbers go by what is ordered.
        """
        return AN_ORDER

    @pytest.fixture(autouse=True)
    def _count(self, order: ProposedOrder) -> None:
        self._order, self._ids = order, count(1)

    def _orders(self, many: int) -> list[ProposedOrder]:
        return [
            attrs.evolve(self._order, order_id=OrderId(f"order-{next(self._ids)}"))
            for _ in range(many)
        ]

    @pytest.mark.parametrize("many", [1, 2, 64, 128])
    def test_each_order_has_a_number_that_people_can_read(
        self, numbers: OrderNumbers, many: int
    ) -> None:
        given = [*numbers.numbers(self._orders(many))]
        assert len(given) == many
        for number in given:
            assert 1 <= len(number) <= LONGEST_NUMBER
            assert number.isprintable()
            assert number == number.strip()

    def test_no_two_orders_have_the_same(
        self, numbers: OrderNumbers, elsewhere: OrderNumbers
    ) -> None:
        given: list[str] = []
        for many in (1, 3, 1, 64, 2):
            given += numbers.numbers(self._orders(many))
            given += elsewhere.numbers(self._orders(many))
        assert len(set(given)) == len(given)

    def test_nor_have_they_when_several_threads_ask(
        self, numbers: OrderNumbers, elsewhere: OrderNumbers
    ) -> None:
        together = Barrier(_SIDE_BY_SIDE)
        groups = [[self._orders(no % 3 + 1) for no in range(9)] for _ in range(_SIDE_BY_SIDE)]

        def ask(no: int) -> Sequence[str]:
            source = elsewhere if no % 2 else numbers
            together.wait(10)
            return [number for orders in groups[no] for number in source.numbers(orders)]

        with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
            given = [n for some in threads.map(ask, range(_SIDE_BY_SIDE)) for n in some]
        assert len(given) == sum(len(orders) for some in groups for orders in some)
        assert len(set(given)) == len(given)
