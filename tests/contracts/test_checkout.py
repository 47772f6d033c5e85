"""The saga stores keep their promise."""

from typing import Any

import pytest
import sqlalchemy as sa

from commerce_core.kernel.transaction import Database
from commerce_core.orders import Shipment
from commerce_sqlalchemy import rows
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.orders import SqlOrderRepository
from commerce_sqlalchemy.tables import outside_call, refund, saga, shipment_line
from commerce_sqlalchemy.transaction import SqlDatabase, connection
from commerce_testkit.contracts.checkout import SagaStoreContract
from commerce_testkit.contracts.checkout_examination import ONE, THREE, full_saga, recorded
from commerce_testkit.contracts.checkout_facts import SagaFactsContract
from commerce_testkit.contracts.sample_orders import AT, LATER, key_of
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.orders import MemoryOrderRepository
from commerce_testkit.memory.transaction import MemoryDatabase, table


class TestMemorySagaStore(SagaStoreContract, SagaFactsContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def store(self) -> MemorySagaStore:
        return MemorySagaStore()

    @pytest.fixture
    def repo(self) -> MemoryOrderRepository:
        return MemoryOrderRepository()

    def opened_refunds(self, database: Database) -> set[tuple[str, str]]:
        with database.snapshot() as tx:
            return set(table(tx, "refund"))


class TestSqliteSagaStore(SagaStoreContract, SagaFactsContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def store(self) -> SqlSagaStore:
        return SqlSagaStore()

    @pytest.fixture
    def repo(self) -> SqlOrderRepository:
        return SqlOrderRepository()

    def opened_refunds(self, database: Database) -> set[tuple[str, str]]:
        with database.snapshot() as tx:
            rows = (
                connection(tx)
                .execute(sa.select(refund.c.order_id, refund.c.capture_ref, refund.c.no))
                .all()
            )
        assert {(row.order_id, row.no) for row in rows if row.order_id == ONE.id} == {
            (ONE.id, 1),
            (ONE.id, 2),
        }
        return {(row.order_id, row.capture_ref) for row in rows}

    def test_a_booking_covers_every_line_once(
        self, database: Database, store: SqlSagaStore, repo: SqlOrderRepository
    ) -> None:
        super().test_a_booking_is_kept_once(database, store, repo)
        with database.begin() as tx:
            store.record_shipments(
                tx, {key_of(THREE): Shipment(carrier="other", tracking_number="T-2")}, AT
            )
            rows = connection(tx).execute(sa.select(shipment_line)).all()
            assert sorted((row.line_no, row.quantity) for row in rows) == [
                (n, 999_999) for n in range(1, 13)
            ]

    def test_a_claim_that_lost_its_race_takes_nothing(
        self, database: Database, store: SqlSagaStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What another process did between the look and the claim, played back in one
        transaction.
        """
        answered = rows.answered
        others: list[dict[str, object]] = [
            {"fence": saga.c.fence + 1},
            {"lease_until": LATER},
            {"state": "COMPLETED"},
            {"next_run_at": LATER},
        ]
        for meanwhile in others:
            with database.begin() as tx:

                def overtaken(
                    c: sa.Connection,
                    statement: str,
                    values: tuple[object, ...],
                    change: dict[str, object] = meanwhile,
                ) -> list[Any]:
                    if "UPDATE saga" in statement:
                        c.execute(sa.update(saga).values(change))
                    return answered(c, statement, values)

                monkeypatch.setattr(rows, "answered", overtaken)
                assert store.claim_due(tx, {("order", 1)}, AT, LATER, 9) == [], meanwhile

    def test_calls_are_kept_under_the_key_that_goes_out(
        self, database: Database, store: SqlSagaStore
    ) -> None:
        with database.begin() as tx:
            read = next(
                c
                for c in store.claim_due(tx, {("order", 1)}, AT, LATER, 9)
                if c.saga.key == key_of(THREE)
            )
            store.write(tx, [recorded(read, full_saga(read.saga))], AT)
            keys = connection(tx).execute(sa.select(outside_call.c.key)).scalars().all()
            assert set(keys) == {
                f"{THREE.id}:{rest}"
                for rest in (
                    "charge:1:1",
                    "refund:1:3",
                    "ship:1:1",
                    "unship:1:1",
                    "fraud_check:1:1",
                    "fraud_check.undo:1:1",
                )
            }
