"""Whoever waits for work is woken after each commit that leaves some, and by nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commerce_core.kernel.ids import BuyerId, MessageId, OrderId
from commerce_core.kernel.messaging import Message
from commerce_core.orders import OrderKey
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.messaging import SqlOutbox
from commerce_sqlalchemy.transaction import SqlDatabase

AT = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = OrderKey(BuyerId("b"), OrderId("o"))


def message(number: int) -> Message:
    return Message(
        id=MessageId(f"m{number}"), name="n", partition_key="k", occurred_at=AT, payload={}
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlDatabase]:
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("shop_url") if on_server else f"sqlite:///{tmp_path}/shop.db"
    opened = SqlDatabase(url)
    schema.upgrade(opened)
    yield opened
    opened.dispose()


def test_a_commit_that_leaves_events_or_a_cancellation_wakes_once_it_is_over(
    database: SqlDatabase,
) -> None:
    rings: list[bool] = []

    database.wake = lambda: rings.append(True)
    outbox, sagas = SqlOutbox(database), SqlSagaStore()
    with database.begin() as tx:
        outbox.append(tx, [message(1)])
        outbox.append(tx, [message(2)])
        assert rings == []
        tx.commit()
    assert rings == [True]
    with database.begin() as tx:
        sagas.request_cancel(tx, ORDER, AT)
        tx.commit()
    assert rings == [True, True]


def test_what_is_rolled_back_or_leaves_nothing_wakes_nobody(database: SqlDatabase) -> None:
    rings: list[bool] = []
    database.wake = lambda: rings.append(True)
    outbox = SqlOutbox(database)
    with database.begin() as tx:
        outbox.append(tx, [message(1)])
    with database.begin() as tx:
        outbox.append(tx, [])
        tx.commit()
    with database.snapshot():
        pass
    assert rings == []
