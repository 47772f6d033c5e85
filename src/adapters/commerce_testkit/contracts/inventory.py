"""What every stock ledger promises."""

from abc import abstractmethod
from datetime import UTC, datetime
from typing import Final

import pytest

from commerce_core.inventory import (
    Hold,
    HoldStatus,
    OpeningStock,
    Receipt,
    ReferenceReused,
    SkuDemand,
    StockLedger,
    StockShort,
)
from commerce_core.kernel.ids import OrderId, SkuId
from commerce_core.kernel.transaction import Database

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
A, B = SkuId("sku-a"), SkuId("sku-b")
ONE, TWO = OrderId("order-1"), OrderId("order-2")


class StockLedgerContract:
    """Give ``ledger`` and ``database``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def ledger(self) -> StockLedger:
        """The ledger to examine."""

    @pytest.fixture(autouse=True)
    def _five_of_a_and_none_of_b(self, database: Database, ledger: StockLedger) -> None:
        with database.begin() as tx:
            stocks = [
                OpeningStock(sku_id=A, quantity=5, sellable=True),
                OpeningStock(sku_id=B, quantity=0, sellable=True),
            ]
            ledger.open(tx, stocks, AT)
            tx.commit()

    def test_what_was_opened_is_on_hand(self, database: Database, ledger: StockLedger) -> None:
        with database.snapshot() as tx:
            levels = ledger.levels(tx, [A, B, SkuId("nobody")])
        assert {s: (x.on_hand, x.reserved, x.on_offer) for s, x in levels.items()} == {
            A: (5, 0, True),
            B: (0, 0, False),
        }

    def test_a_hold_that_fits_is_taken_and_one_that_does_not_is_missing(
        self, database: Database, ledger: StockLedger
    ) -> None:
        with database.begin() as tx:
            changes = ledger.hold(
                tx, [SkuDemand(sku_id=B, quantity=1), SkuDemand(sku_id=A, quantity=5)]
            )
            assert list(changes) == [A]
            assert changes[A].flipped
            assert changes[A].level.available == 0
            assert changes[A].level.availability_version == 1
            assert ledger.hold(tx, [SkuDemand(sku_id=A, quantity=1)]) == {}

    def test_what_is_off_sale_cannot_be_held(self, database: Database, ledger: StockLedger) -> None:
        with database.begin() as tx:
            assert ledger.set_sellable(tx, {A: False, B: True})[A].flipped
            assert ledger.set_sellable(tx, {A: False}) == {}
            assert ledger.hold(tx, [SkuDemand(sku_id=A, quantity=1)]) == {}

    def test_a_release_frees_what_is_held_once(
        self, database: Database, ledger: StockLedger
    ) -> None:
        self._hold(database, ledger, ONE, 5)
        with database.begin() as tx:
            changes = ledger.release(tx, [ONE])
            assert changes[A].flipped
            assert changes[A].level.available == 5
            assert ledger.release(tx, [ONE]) == {}
            tx.commit()
        with database.snapshot() as tx:
            assert ledger.holds(tx, [ONE]) == [
                Hold(sku_id=A, order_id=ONE, quantity=5, status=HoldStatus.RELEASED)
            ]

    def test_a_commit_lets_pieces_leave_once_and_changes_nothing_that_is_free(
        self, database: Database, ledger: StockLedger
    ) -> None:
        self._hold(database, ledger, ONE, 2)
        self._hold(database, ledger, TWO, 1)
        with database.begin() as tx:
            assert ledger.commit(tx, [TWO, ONE], AT) == [ONE, TWO]
            assert ledger.commit(tx, [ONE], AT) == [ONE]
            level = ledger.levels(tx, [A])[A]
            assert (level.on_hand, level.reserved) == (2, 0)

    def test_committing_a_released_hold_is_not_a_success(
        self, database: Database, ledger: StockLedger
    ) -> None:
        self._hold(database, ledger, ONE, 2)
        with database.begin() as tx:
            ledger.release(tx, [ONE])
            assert ledger.commit(tx, [ONE, OrderId("never-placed")], AT) == []
            assert ledger.levels(tx, [A])[A].on_hand == 5

    def test_a_receipt_counts_once_per_reference(
        self, database: Database, ledger: StockLedger
    ) -> None:
        with database.begin() as tx:
            both = [
                Receipt(sku_id=A, quantity=3, reference="r1"),
                Receipt(sku_id=B, quantity=2, reference="r1"),
            ]
            changes = ledger.receive(tx, both, AT)
            assert (changes[A].level.on_hand, changes[A].flipped) == (8, False)
            assert (changes[B].level.on_hand, changes[B].flipped) == (2, True)
            assert ledger.receive(tx, both, AT) == {}

    def test_a_reference_that_was_counted_with_another_quantity_is_refused(
        self, database: Database, ledger: StockLedger
    ) -> None:
        with database.begin() as tx:
            ledger.receive(tx, [Receipt(sku_id=A, quantity=3, reference="r1")], AT)
            tx.commit()
        with database.begin() as tx, pytest.raises(ReferenceReused) as refused:
            ledger.receive(
                tx,
                [
                    Receipt(sku_id=B, quantity=1, reference="r2"),
                    Receipt(sku_id=A, quantity=4, reference="r1"),
                ],
                AT,
            )
        assert refused.value.facts == {"references": ["r1"]}
        with database.begin() as tx:
            assert ledger.levels(tx, [A])[A].on_hand == 8
            assert ledger.receive(tx, [Receipt(sku_id=A, quantity=3, reference="r1")], AT) == {}

    def test_held_pieces_cannot_be_taken_out(self, database: Database, ledger: StockLedger) -> None:
        self._hold(database, ledger, ONE, 4)
        with database.begin() as tx, pytest.raises(StockShort):
            ledger.receive(tx, [Receipt(sku_id=A, quantity=-2, reference="r1")], AT)
        with database.begin() as tx:
            assert (
                ledger.receive(tx, [Receipt(sku_id=A, quantity=-1, reference="r1")], AT)[
                    A
                ].level.available
                == 0
            )

    def test_what_is_not_committed_never_happened(
        self, database: Database, ledger: StockLedger
    ) -> None:
        with database.begin() as tx:
            ledger.hold(tx, [SkuDemand(sku_id=A, quantity=5)])
        with database.snapshot() as tx:
            assert ledger.levels(tx, [A])[A].reserved == 0

    def test_an_audit_sets_counters_beside_movements_and_holds(
        self, database: Database, ledger: StockLedger
    ) -> None:
        self._hold(database, ledger, ONE, 2)
        self._hold(database, ledger, TWO, 1)
        with database.begin() as tx:
            ledger.commit(tx, [TWO], AT)
            found = ledger.audit(tx, None, 1)
            assert [
                (x.level.sku_id, x.level.on_hand, x.moved, x.received, x.held, x.committed)
                for x in found
            ] == [(A, 4, 4, 5, 2, 1)]
            assert [x.level.sku_id for x in ledger.audit(tx, A, 5)] == [B]
            assert ledger.audit(tx, B, 5) == []

    def _hold(
        self, database: Database, ledger: StockLedger, order_id: OrderId, quantity: int
    ) -> None:
        with database.begin() as tx:
            ledger.hold(tx, [SkuDemand(sku_id=A, quantity=quantity)])
            ledger.record_holds(tx, [Hold(sku_id=A, order_id=order_id, quantity=quantity)])
            tx.commit()
