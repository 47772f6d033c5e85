"""A capture that becomes known while its order is being settled is not overlooked."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import psycopg
import pytest

from commerce_core.checkout import MoneyFact
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderKey
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.transaction import SqlDatabase

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
KEY: Final = OrderKey(BuyerId("buyer"), OrderId("order"))
LATE: Final = MoneyFact(key=KEY, ref="c-1", kind="capture", amount=Money(500, "USD"))
SAGA: Final = """INSERT INTO saga (buyer_id, order_id, definition, version, state, fence,
    next_run_at, claims, cancel_requested, attention, carrier, last_seq, updated_at)
    VALUES ('buyer', 'order', 'order', 1, 'CANCELLED', 1,
    now(), 0, false, false, 'c', 3, now())"""


@pytest.fixture
def database(shop_url: str) -> Iterator[SqlDatabase]:
    """A shop with one cancelled order."""
    database = SqlDatabase(shop_url)
    with database.begin() as tx:
        tx.connection.exec_driver_sql(SAGA)
        tx.commit()
    yield database
    database.dispose()


def owed(database: SqlDatabase) -> list[str]:
    with database.begin() as tx:
        found = SqlSagaStore().owed_refunds(tx, 9)
        tx.commit()
    return [one.capture_ref for one in found]


def waits_for_a_lock(url: str) -> bool:
    with psycopg.connect(url) as connection:
        waits = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname "
            "= current_database()"
        )
        row = connection.execute(waits).fetchone()
    return bool(row and row[0])


def test_a_capture_recorded_while_its_order_is_checked_is_owed(
    database: SqlDatabase, shop_url: str
) -> None:
    with database.begin() as recording:
        SqlSagaStore().record_facts(recording, [LATE], AT)
        looking = threading.Thread(target=owed, args=(database,))
        looking.start()
        while looking.is_alive() and not waits_for_a_lock(shop_url):
            pass
        assert looking.is_alive(), "it saw no capture, and settles the order as soon as it may"
        recording.commit()
    looking.join(10)
    assert owed(database) == ["c-1"]


def test_a_settled_order_is_checked_again_when_a_capture_becomes_known(
    database: SqlDatabase,
) -> None:
    assert owed(database) == []
    with database.begin() as tx:
        SqlSagaStore().record_facts(tx, [LATE], AT)
        tx.commit()
    assert owed(database) == ["c-1"]
    assert owed(database) == ["c-1"], "until it is refunded"
