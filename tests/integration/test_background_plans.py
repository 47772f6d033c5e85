"""What workers ask for all day long reads what is due, whatever else there is: plans over a million
rows of each kind.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from commerce_core.cart.service import CartRetention
from commerce_core.checkout import MoneyFact
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import OrderKey
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.accounts import SqlAccountRepository
from commerce_sqlalchemy.cart import SqlCartRepository
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.imports import SqlImportQueue
from commerce_sqlalchemy.messaging import SqlInbox, SqlOutbox
from commerce_sqlalchemy.refunds import SqlRefundRepository
from commerce_sqlalchemy.search import SqlReindexQueue
from commerce_sqlalchemy.transaction import SqlDatabase
from tests.servers import SharedServers, fresh_database

ROWS: Final = 1_000_000
#: What a statement may read to do its work on up to LIMIT rows.
LIMIT: Final = 100
BOUND: Final = 20_000
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
LATE: Final = OrderKey(BuyerId("b0000001"), OrderId("o0000001"))

#: A shop of years: every second order was undone, nearly all of it is over.
_FILL: Final = (
    """INSERT INTO orders (buyer_id, id, cart_id, cart_version, digest, total_minor, currency,
       gateway, gateway_account, handle, payment_brand, payment_last4, created_at)
       SELECT k.b, k.o, k.o, 1, 'd', 500, 'USD', 'sandbox', 'a', k.o, 'visa', '4242', k.at
       FROM k""",
    """INSERT INTO saga (buyer_id, order_id, definition, version, state, fence, next_run_at,
       claims, cancel_requested, attention, carrier, last_seq, updated_at)
       SELECT k.b, k.o, 'order', 1,
       CASE WHEN k.i % 2 = 1 THEN 'CANCELLED' WHEN k.i < 200 THEN 'SHIPPING' ELSE 'COMPLETED' END,
       3, k.at, 0, false, false, 'sandbox', 5, k.at FROM k""",
    """INSERT INTO gateway_fact (buyer_id, order_id, ref, kind, amount_minor, currency, at)
       SELECT k.b, k.o, 'c' || k.o, 'capture', 500, 'USD', k.at FROM k""",
    """INSERT INTO gateway_fact (buyer_id, order_id, ref, kind, amount_minor, currency, at)
       SELECT k.b, k.o, 'r' || k.o, 'refund', 500, 'USD', k.at FROM k WHERE k.i % 2 = 1""",
    """INSERT INTO session (token_digest, account_id, created_at, expires_at)
       SELECT k.o, k.b, k.at, timestamptz '2026-07-01' + make_interval(secs => k.i) FROM k""",
    """INSERT INTO cart (buyer_id, id, status, version, lines, updated_at)
       SELECT k.b, k.o, 'OPEN', 1, '[]', k.at FROM k""",
    """INSERT INTO inbox (consumer, partition_key, message_id, occurred_at)
       SELECT 'mail', k.b, k.o, k.at FROM k""",
    """INSERT INTO item_import (id, seller_id, format, dry_run, status, progress, errors,
       created_at, finished_at, fence)
       SELECT k.o, k.b, 'csv', false, 'finished', '{}', '[]', timestamptz '2026-05-20',
       timestamptz '2026-05-20', 1 FROM k WHERE k.i < 100000""",
    """INSERT INTO outbox (partition_key, id, bucket, name, occurred_at, payload)
       SELECT k.b, k.o, k.i % 64, 'n', k.at, '{}' FROM k WHERE k.i < 100000""",
    """INSERT INTO payment_refund (buyer_id, order_id, no, origin, cause, digest, actor, reason,
       amount_minor, currency, gateway, gateway_account, state, attempt, attention, created_at,
       updated_at, next_at, tries, fence)
       SELECT k.b, k.o, 1, 'operator', k.o, 'd', 'ann', 'r', 5, 'USD', 'sandbox', 'a',
       CASE WHEN k.i < 200 THEN 'requested' WHEN k.i < 400 THEN 'refused' ELSE 'done' END, 1,
       k.i BETWEEN 200 AND 399, k.at, k.at,
       CASE WHEN k.i < 200 THEN k.at WHEN k.i BETWEEN 400 AND 5000
       THEN timestamptz '2026-06-02' END, 0, 0 FROM k WHERE k.i < 100000""",
)
_KEYS: Final = f"""CREATE TEMP TABLE k AS
    SELECT i, 'b' || lpad(i::text, 7, '0') AS b, 'o' || lpad(i::text, 7, '0') AS o,
    timestamptz '2026-05-01' + make_interval(secs => i) AS at
    FROM generate_series(1, {ROWS}) AS i"""


#: Every statement of every connection is explained, with what its nodes have read.
_EXPLAIN: Final = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_format": "json",
    "client_min_messages": "log",
}


@attrs.frozen
class OldShop:
    """A database in which a million orders were placed, and the plans of what was asked of it."""

    database: SqlDatabase
    plans: list[dict[str, Any]]

    def note(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        """Keep the plan that PostgreSQL tells of."""
        _, found, plan = (diagnostic.message_primary or "").partition("plan:\n")
        if found:
            self.plans.append(json.loads(plan)["Plan"])


@pytest.fixture(scope="module")
def old_shop(shared_servers: SharedServers) -> Iterator[OldShop]:
    with fresh_database(shared_servers.url("postgres")) as url:
        database = SqlDatabase(url)
        schema.upgrade(database)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_KEYS)
            for statement in _FILL:
                connection.execute(statement)
            connection.execute("ANALYZE")
            name = sql.Identifier(connection.info.dbname)
            for setting, value in _EXPLAIN.items():
                connection.execute(
                    sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                        name, sql.SQL(setting), sql.Literal(value)
                    )
                )
        database.dispose()
        shop = OldShop(database, [])
        sa.event.listen(
            database.engine, "connect", lambda raw, _: raw.add_notice_handler(shop.note)
        )
        yield shop
        database.dispose()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def rows_read(plan: dict[str, Any]) -> int:
    """Rows that the leaves of a plan looked at."""
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        int((n["Actual Rows"] + sum(n.get(r, 0) for r in removed)) * n["Actual Loops"])
        for n in nodes(plan)
        if "Relation Name" in n
    )


_sagas, _carts = SqlSagaStore(), SqlCartRepository()
_expiry = CartRetention(_carts, guests=timedelta(days=30), buyers=timedelta(days=365))
_refunds: Final = SqlRefundRepository()
_before: Final = NOW - timedelta(days=30)
BACKGROUND: Final[dict[str, Callable[[Transaction], Any]]] = {
    "claim sagas": lambda tx: _sagas.claim_due(tx, {("order", 1)}, NOW, NOW, LIMIT),
    "owed refunds": lambda tx: _sagas.owed_refunds(tx, LIMIT),
    "late captures": lambda tx: _sagas.record_facts(
        tx, [MoneyFact(key=LATE, ref="again", kind="capture", amount=Money(500, "USD"))], NOW
    ),
    "alarmed sagas": lambda tx: _sagas.alarmed(tx, 20, NOW, LIMIT),
    "census": lambda tx: _sagas.census(tx, 20, NOW, 50_000),
    "claim refunds": lambda tx: _refunds.claim(tx, NOW, NOW, LIMIT),
    "look for due refunds": lambda tx: _refunds.is_due(tx, NOW),
    "refunds for a person": lambda tx: _refunds.listed(tx, None, LIMIT),
    "gateways with refunds": lambda tx: _refunds.gateways_in_use(tx),
    "figures of refunds": lambda tx: _refunds.stats(tx, NOW, 1_000),
    "wake refunds": lambda tx: _refunds.make_due(tx, [LATE], NOW),
    "gateways in use": lambda tx: _sagas.gateways_in_use(tx),
    "carriers in use": lambda tx: _sagas.carriers_in_use(tx),
    "ended sessions": lambda tx: SqlAccountRepository().drop_sessions(tx, NOW, LIMIT),
    "idle carts": lambda tx: _expiry.drop(tx, NOW, LIMIT),
    "guests' carts": lambda tx: _carts.drop_guests(tx, [LATE.buyer_id], NOW),
    "old inbox records": lambda tx: SqlInbox().forget_before(tx, NOW - timedelta(days=31), LIMIT),
    "ended imports": lambda tx: SqlImportQueue().drop_ended(tx, _before, LIMIT),
    "waiting imports": lambda tx: SqlImportQueue().claim(tx, NOW, NOW),
    "waiting rebuilds": lambda tx: SqlReindexQueue().claim(tx, NOW, NOW),
}
OUTBOX: Final[dict[str, Callable[[SqlOutbox], Any]]] = {
    "read the outbox": lambda outbox: outbox.read(range(64), LIMIT),
    "count the outbox": lambda outbox: outbox.backlog(10_000),
    "lease buckets": lambda outbox: outbox.lease("me", NOW, NOW),
}


@pytest.mark.parametrize("work", BACKGROUND)
def test_a_step_of_the_background_reads_what_is_due_and_not_what_is_over(
    work: str, old_shop: OldShop
) -> None:
    with old_shop.database.begin() as tx:
        BACKGROUND[work](tx)
        old_shop.plans.clear()  # of what was done once, when it was first looked at
        BACKGROUND[work](tx)
    assert old_shop.plans
    assert max(rows_read(plan) for plan in old_shop.plans) <= BOUND, json.dumps(
        old_shop.plans, indent=1
    )


@pytest.mark.parametrize("work", OUTBOX)
def test_a_step_of_the_relay_reads_what_it_takes(work: str, old_shop: OldShop) -> None:
    old_shop.plans.clear()
    OUTBOX[work](SqlOutbox(old_shop.database))
    assert old_shop.plans
    assert max(rows_read(plan) for plan in old_shop.plans) <= BOUND, json.dumps(
        old_shop.plans, indent=1
    )


def test_reading_everything_would_be_seen(old_shop: OldShop) -> None:
    with old_shop.database.begin() as tx:
        tx.connection.exec_driver_sql("SELECT count(*) FROM saga WHERE carrier = 'x'").scalar()
    assert rows_read(old_shop.plans[-1]) > BOUND
