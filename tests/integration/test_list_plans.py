"""Lists of orders are read from an index, however many orders somebody has and whatever is filtered
by.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from commerce_core.kernel.codec import to_data
from commerce_core.kernel.ids import BuyerId, OrderId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderFilter, OrderPosition, OrderStatus, SellerOrder
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.orders import SqlOrderRepository, SqlSellerOrders
from commerce_sqlalchemy.tables import order_contact, orders, saga, seller_order
from commerce_sqlalchemy.transaction import SqlDatabase, connection

COUNT: Final = 20_000
FEW: Final = 1_000
AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
BUYER, SELLER = BuyerId("buyer"), SellerId("seller")
_ORDER: Final = {
    "cart_version": 1, "digest": "", "total_minor": 1, "currency": "USD", "gateway": "",
    "gateway_account": "",
    "handle": "", "payment_brand": "", "payment_last4": "",
}  # fmt: skip
_SAGA: Final = {
    "definition": "", "version": 1, "fence": 1, "next_run_at": AT, "claims": 0,
    "cancel_requested": False,
    "attention": False, "carrier": "", "last_seq": 2, "updated_at": AT,
}  # fmt: skip
_LISTED: Final = to_data(
    SellerOrder(
        order_id="",
        status=OrderStatus.PENDING,
        lines=(),
        total=Money.zero("USD"),
        created_at=AT,
        updated_at=AT,
    )
)


def rows(no: int) -> dict[sa.Table, dict[str, Any]]:
    """Order *no*: of the first only every 7,000th is not completed, of other people's behind them
    every 50th.
    """
    name, at = f"order-{no:06}", AT + timedelta(minutes=no % COUNT)
    state, status = ("COMPLETED", "COMPLETED") if no % 7_000 else ("CHARGING", "PENDING")
    buyer, seller = BUYER, SELLER
    if no >= COUNT:
        state, status = (
            ("COMPLETED", "COMPLETED")
            if no % 50
            else (("CHARGING", "PENDING"), ("CANCELLED", "CANCELLED"))[no // 50 % 2]
        )
        buyer, seller = f"buyer-{no % 500}", f"seller-{no % 50}"
    owner = {"buyer_id": buyer}
    listed = {
        "seller_id": seller,
        "order_id": name,
        "status": status,
        "seq": 2,
        "document": _LISTED,
        "created_at": at,
        "updated_at": at,
    }
    return {
        orders: _ORDER | owner | {"id": name, "cart_id": name, "created_at": at},
        order_contact: owner | {"order_id": name, "email": ""},
        saga: _SAGA | owner | {"order_id": name, "state": state},
        seller_order: listed,
    }


@pytest.fixture
def busy(tmp_path: Path, on_database: dict[str, Any]) -> Iterator[SqlDatabase]:
    """A buyer and a seller with 20,000 orders each, and as many of others."""
    database = SqlDatabase(on_database.get("database_url", f"sqlite:///{tmp_path / 'shop.db'}"))
    schema.upgrade(database)
    made = [rows(no) for no in range(2 * COUNT)]
    with database.begin() as tx:
        for table in (orders, order_contact, saga, seller_order):
            connection(tx).execute(sa.insert(table), [row[table] for row in made])
        tx.commit()
    with database.begin() as tx:
        connection(tx).exec_driver_sql("ANALYZE")
        tx.commit()
    yield database
    database.dispose()


def plan_of(database: SqlDatabase, ask: Any) -> tuple[str, int]:
    """How the database finds what *ask* asks for, and how many rows it reads at one place at most
    (PostgreSQL alone says).
    """
    statements: list[tuple[str, Any]] = []

    def executed(_connection, _cursor, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", executed)
    try:
        with database.snapshot() as tx:
            ask(tx)
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", executed)
    statement, values = next((text, values) for text, values in statements if "LIMIT" in text)
    with database.snapshot() as tx:
        if tx.connection.dialect.name == "sqlite":
            explained = tx.connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", values
            ).all()
            return "\n".join(row[3] for row in explained), 0
        ((plan,),) = tx.connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values
        ).all()
    return str(plan), max(_rows_read(plan[0]["Plan"]))


def _rows_read(node: dict[str, Any]) -> Iterator[int]:
    yield node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0)
    for part in node.get("Plans", ()):
        yield from _rows_read(part)


MIDDLE: Final = OrderPosition(AT + timedelta(minutes=10_000), OrderId("order-010000"))
WANTED: Final = {
    "everything": OrderFilter(),
    "a rare status": OrderFilter(status=OrderStatus.PENDING),
    "a common status": OrderFilter(status=OrderStatus.COMPLETED),
    "no such status": OrderFilter(status=OrderStatus.CANCELLED),
    "a time": OrderFilter(since=AT + timedelta(minutes=5_000), until=AT + timedelta(minutes=5_050)),
    "before all": OrderFilter(until=AT - timedelta(days=1)),
}
_LATELY: Final = AT + timedelta(minutes=COUNT - 20)
NEW: Final = {
    "what is new": OrderFilter(updated_since=_LATELY),
    "what is new of a status": OrderFilter(updated_since=_LATELY, status=OrderStatus.PENDING),
}


@pytest.mark.parametrize("before", [None, MIDDLE], ids=["from the newest", "from the middle"])
@pytest.mark.parametrize("who", ["buyer", "seller"])
def test_29_a_list_reads_little_however_long_it_is(
    busy: SqlDatabase, who: str, before: OrderPosition | None
) -> None:
    for name, wanted in (WANTED if who == "buyer" else WANTED | NEW).items():

        def ask(tx: Any, wanted: OrderFilter = wanted) -> object:
            if who == "buyer":
                return SqlOrderRepository().history(tx, BUYER, wanted, before, 21)
            return SqlSellerOrders().history(tx, SELLER, wanted, before, 21)

        plan, read = plan_of(busy, ask)
        assert "Seq Scan" not in plan, (name, plan)
        assert "SCAN" not in plan.replace("SCAN (", ""), (name, plan)
        assert read <= FEW, (name, read, plan)
