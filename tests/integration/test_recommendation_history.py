"""What recommendations read of orders is read by key, however long the history is; and a process
that is killed while it learns leaves the model before.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.orders import OrderKey
from commerce_core.recommendations import Model
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.purchases import SqlPurchaseHistory
from commerce_sqlalchemy.recommendations import SqlRecommendationModels
from commerce_sqlalchemy.tables import order_line, orders, saga
from commerce_sqlalchemy.transaction import SqlDatabase
from tests.integration.http.people import until

ORDERS: Final = 6_000
AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ORDER: Final = {
    "cart_version": 1, "digest": "", "total_minor": 1, "currency": "USD", "gateway": "",
    "gateway_account": "", "handle": "", "payment_brand": "", "payment_last4": "",
}  # fmt: skip
_SAGA: Final = {
    "definition": "order", "version": 1, "fence": 1, "next_run_at": AT, "claims": 0,
    "cancel_requested": False, "attention": False, "carrier": "", "last_seq": 5, "updated_at": AT,
    "state": "COMPLETED",
}  # fmt: skip
_LINE: Final = {"seller_id": "s", "name": "", "quantity": 1, "unit_minor": 1}


def fill(database: SqlDatabase) -> None:
    """Orders of three items each, ten a buyer, but for the first buyer, who has a thousand."""
    rows: dict[sa.Table, list[dict[str, Any]]] = {orders: [], saga: [], order_line: []}
    for no in range(ORDERS):
        buyer = f"buyer-{0 if no < 1_000 else no // 10:05}"
        at = AT + timedelta(minutes=no)
        key = {"buyer_id": buyer, "order_id": f"order-{no:06}"}
        order = {"buyer_id": buyer, "id": key["order_id"], "cart_id": key["order_id"]}
        rows[orders].append(_ORDER | order | {"created_at": at})
        rows[saga].append(_SAGA | key)
        for line in range(3):
            item = f"item-{(no * 7 + line * line) % 500:03}"
            rows[order_line].append(_LINE | key | {"no": line, "item_id": item, "sku_id": item})
    with database.begin() as tx:
        for table, many in rows.items():
            tx.connection.execute(sa.insert(table), many)
        tx.commit()


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[SqlDatabase]:
    """A shop of its own with a long history."""
    database = SqlDatabase(f"sqlite:///{tmp_path}/var/shop.db")
    (tmp_path / "var").mkdir()
    schema.upgrade(database)
    fill(database)
    yield database
    database.dispose()


def plans(database: SqlDatabase, ask: Any) -> str:
    """How SQLite goes about what *ask* asks."""
    seen: list[tuple[str, Any]] = []
    with database.snapshot() as tx:

        def note(_: Any, __: Any, text: str, values: Any, *___: Any) -> None:
            seen.append((text, values))

        sa.event.listen(tx.connection, "before_cursor_execute", note)
        ask(tx)
        sa.event.remove(tx.connection, "before_cursor_execute", note)
        return "\n".join(
            str(row)
            for text, values in seen
            for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        )


def test_a_history_is_read_by_key(busy: SqlDatabase) -> None:
    history, models = SqlPurchaseHistory(), SqlRecommendationModels()
    middle = OrderKey(BuyerId("buyer-00300"), OrderId("order-003000"))
    for ask in (
        lambda tx: history.completed(tx, middle, 100),
        lambda tx: history.bought(tx, BuyerId("buyer-00000"), 50),
        lambda tx: history.newest(tx),
        lambda tx: history.count_behind(tx, OrderId("order-003000"), 10),
        lambda tx: models.popular(tx, "model", 200),
    ):
        plan = plans(busy, ask)
        assert plan
        for table in ("orders", "saga", "order_line", "recommended_item"):
            assert f"SCAN {table}\n" not in f"{plan}\n".replace("')", "\n"), plan


def current(database: SqlDatabase) -> Model | None:
    with database.snapshot() as tx:
        return SqlRecommendationModels().current(tx)


def newest(database: SqlDatabase) -> Model | None:
    with database.snapshot() as tx:
        return SqlRecommendationModels().newest(tx)


def build(folder: Path) -> "subprocess.Popen[bytes]":
    started = "from commerce_cli.start import main; main()"
    settings = {
        name: value for name, value in os.environ.items() if not name.startswith("COMMERCE_")
    }
    return subprocess.Popen(
        [sys.executable, "-c", started, "recommendations", "build", "--json"],
        cwd=folder,
        env=settings | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        stdout=subprocess.DEVNULL,
    )


def test_a_process_that_is_killed_leaves_the_model_before_and_the_next_builds_one(
    busy: SqlDatabase, tmp_path: Path
) -> None:
    assert build(tmp_path).wait(180) == 0
    before = current(busy)
    assert before is not None
    assert (before.orders, before.items) == (ORDERS, 500)
    killed = build(tmp_path)

    def under_way() -> bool:
        found = newest(busy)
        return found is not None and found.id != before.id and found.fence > 0

    until(under_way, 180)
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    assert current(busy) == before
    assert build(tmp_path).wait(180) == 0
    after = current(busy)
    assert after is not None
    assert after.id != before.id
    assert (after.orders, after.items) == (ORDERS, 500)
