"""Numbers, as a shop would give them, keep their promise."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from commerce_core.checkout import OrderNumbers, ProposedOrder
from commerce_testkit.contracts.order_numbers import OrderNumbersContract


class InFile(OrderNumbers):
    """Counts in a file, and lets the country of each order be seen."""

    answers_at_once = True

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._open()) as file:
            file.execute("CREATE TABLE IF NOT EXISTS counter (last INTEGER NOT NULL)")
            file.execute("INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter)")

    def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
        with closing(self._open()) as file:
            ((last,),) = file.execute(
                "UPDATE counter SET last = last + ? RETURNING last", (len(orders),)
            ).fetchall()
        first = last - len(orders) + 1
        return [
            f"{order.address.country if order.address else 'XX'}-{first + no}"
            for no, order in enumerate(orders)
        ]

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30, isolation_level=None)


class TestInFile(OrderNumbersContract):
    @pytest.fixture
    def numbers(self, tmp_path: Path) -> OrderNumbers:
        return InFile(tmp_path / "numbers.db")

    @pytest.fixture
    def elsewhere(self, numbers: OrderNumbers, tmp_path: Path) -> OrderNumbers:
        return InFile(tmp_path / "numbers.db")
