"""An order as a part of a transaction of the host's: there with its COMMIT, gone with its
ROLLBACK.
"""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

from commerce_bootstrap import builders
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Account
from commerce_core.catalog import ItemView
from commerce_core.checkout import OutOfStock, Placed, PlaceOrder
from commerce_core.checkout.service.prepare import PreparedPayment
from commerce_core.kernel.errors import TransactionLost
from commerce_core.orders import OrderStatus
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_sqlalchemy.joined import CannotJoin, join
from tests.integration.http.people import until
from tests.integration.market import GOOD, Market, open_market, side_by_side
from tests.servers import SharedServers, fresh_database

_CREATE: Final = "CREATE TABLE saga (note text)"  # a table of the host's, called like one of ours


@pytest.fixture(scope="module")
def host_url(shared_servers: SharedServers) -> Iterator[str]:
    with fresh_database(shared_servers.url("postgres")) as url:
        with psycopg.connect(url) as host:
            host.execute(_CREATE)
        yield url


@pytest.fixture
def market(host_url: str, tmp_path: Path) -> Iterator[Market]:
    """A shop in a schema of the host's database, another one for each test."""
    url = f"{host_url}?schema=shop_{secrets.token_hex(4)}"
    migrate_database(Settings.in_folder(tmp_path, database_url=url))
    with open_market(tmp_path, database_url=url) as opened:
        yield opened


def prepared(
    market: Market,
    item: ItemView,
    quantity: int,
    buyer: Account | None = None,
    key: str | None = None,
) -> PreparedPayment:
    """What a buyer wants, looked at and prepared at the gateway before any transaction."""
    buyer = buyer or market.buyers(1)[0]
    cart = market.fill(buyer, (item, quantity))
    paid = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(GOOD))
    command = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=paid)
    found = market.shop.checkout.prepare(market.shop.checkout.request(buyer, command, key))
    assert isinstance(found, PreparedPayment)
    return found


def place(market: Market, connection: object, order: PreparedPayment) -> Placed:
    return market.shop.placement.within(join(market.shop.database, connection)).place(order)


def engine_of(url: str, isolation: str = "READ COMMITTED") -> sa.Engine:
    """The host's; what it opened is closed with its block."""
    named = url.replace("postgresql://", "postgresql+psycopg://")
    return sa.create_engine(named, isolation_level=isolation, poolclass=sa.NullPool)


def by_sqlalchemy(url: str, isolation: str = "READ COMMITTED") -> AbstractContextManager[Any]:
    return engine_of(url, isolation).begin()


@contextmanager
def by_psycopg(url: str) -> Iterator[Any]:
    """As a framework has it: rows are dictionaries, documents are text, each statement commits."""
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        connection.adapters.register_loader("jsonb", TextLoader)
        with connection.transaction():
            yield connection
        with connection.transaction():  # rows and documents are still those of the framework
            row = connection.execute("""SELECT '{"a": 1}'::jsonb AS told""").fetchone()
            assert row == {"told": '{"a": 1}'}


def by_bare_psycopg(url: str) -> AbstractContextManager[Any]:
    """Its first statement begins the transaction."""
    return psycopg.connect(url)


def run(connection: Any, statement: str) -> None:
    if isinstance(connection, sa.Connection):
        connection.exec_driver_sql(statement)
    else:
        connection.execute(statement)


def sold(market: Market, order: PreparedPayment) -> bool:
    """Whether it is there, as others see it."""
    found = market.rows("SELECT 1 FROM orders WHERE id = :id", id=order.draft.order_id)
    return bool(found)


WAYS: Final = (by_sqlalchemy, by_psycopg, by_bare_psycopg)


@pytest.mark.parametrize("begin", WAYS)
def test_an_order_is_there_with_the_hosts_commit(
    market: Market, host_url: str, begin: Callable[[str], AbstractContextManager[Any]]
) -> None:
    item = market.item(10)
    order = prepared(market, item, 3)
    note = order.draft.order_id
    with begin(host_url) as connection:
        run(connection, f"INSERT INTO saga VALUES ('{note}')")
        placed = place(market, connection, order)
        assert not sold(market, order), "others see what is not committed"
        run(connection, f"UPDATE saga SET note = 'placed {note}' WHERE note = '{note}'")
    assert sold(market, order)
    assert market.stock_of(item) == 7
    market.run()
    assert market.order(placed).status == OrderStatus.COMPLETED
    market.run()
    market.assert_sound()
    with psycopg.connect(host_url) as host:
        kept = host.execute("SELECT 1 FROM saga WHERE note = %s", [f"placed {note}"])
        assert kept.fetchone() == (1,), "the host's own table was not met any more"


@pytest.mark.parametrize("begin", WAYS)
def test_an_order_is_gone_with_the_hosts_rollback_and_can_be_placed_again(
    market: Market, host_url: str, begin: Callable[[str], AbstractContextManager[Any]]
) -> None:
    item = market.item(10)
    order = prepared(market, item, 3)
    with suppress(ZeroDivisionError), begin(host_url) as connection:
        place(market, connection, order)
        _ = 1 / 0
    market.run()
    assert not sold(market, order)
    assert market.stock_of(item) == 10
    market.run()
    market.assert_sound()
    with begin(host_url) as connection:
        place(market, connection, order)
    assert sold(market, order)
    assert market.stock_of(item) == 7
    market.run()
    market.assert_sound()


def test_the_same_key_finds_its_order_within_the_transaction_and_after_it(
    market: Market, host_url: str
) -> None:
    (buyer,) = market.buyers(1)
    item = market.item(10)
    first, again, late = (prepared(market, item, 1, buyer, "key-1") for _ in range(3))
    with by_sqlalchemy(host_url) as connection:
        placed = place(market, connection, first)
        found = place(market, connection, again)
    assert (placed.replayed, found.replayed, found.key) == (False, True, placed.key)
    with by_sqlalchemy(host_url) as connection:
        assert place(market, connection, late).key == placed.key
    assert market.stock_of(item) == 9


def test_two_transactions_with_one_key_place_one_order(market: Market, host_url: str) -> None:
    (buyer,) = market.buyers(1)
    item = market.item(10)
    first, second = (prepared(market, item, 1, buyer, "key-1") for _ in range(2))
    with ThreadPoolExecutor(1) as beside:
        with by_sqlalchemy(host_url) as connection:
            placed = place(market, connection, first)
            waiting = beside.submit(place_alone, market, host_url, second)
            with pytest.raises(TimeoutError):
                waiting.result(0.3)  # it is not known yet whether the first will be
        assert waiting.result(20).key == placed.key
    assert market.stock_of(item) == 9
    market.run()
    market.assert_sound()


def place_alone(market: Market, url: str, order: PreparedPayment) -> Placed:
    with by_sqlalchemy(url) as connection:
        return place(market, connection, order)


def test_a_refusal_leaves_the_hosts_transaction_as_it_was(market: Market, host_url: str) -> None:
    item = market.item(1)
    first, second = prepared(market, item, 1), prepared(market, item, 1)
    with by_sqlalchemy(host_url) as connection:
        run(connection, "SET LOCAL lock_timeout = '77s'")
        run(connection, f"INSERT INTO saga VALUES ('{first.draft.order_id}')")
        place(market, connection, first)
        with pytest.raises(OutOfStock):
            place(market, connection, second)
        settings = "SELECT current_setting('lock_timeout'), current_setting('search_path')"
        outcome = connection.exec_driver_sql(settings).one()
        assert tuple(outcome) == ("77s", '"$user", public')
    assert sold(market, first)
    assert not sold(market, second)
    with psycopg.connect(host_url) as host:
        kept = host.execute("SELECT 1 FROM saga WHERE note = %s", [first.draft.order_id])
        assert kept.fetchone() == (1,)


def test_fifty_transactions_at_once_sell_no_more_than_there_is(
    market: Market, host_url: str
) -> None:
    item = market.item(10)
    orders = [prepared(market, item, 1) for _ in range(50)]
    answers = side_by_side(partial(place_alone, market, host_url), orders, threads=50)
    assert sum(isinstance(answer, Placed) for answer in answers) == 10
    refused = [answer for answer in answers if not isinstance(answer, Placed)]
    assert {type(answer) for answer in refused} <= {OutOfStock, TransactionLost}
    assert sum(sold(market, order) for order in orders) == 10
    assert market.stock_of(item) == 0
    market.run()
    market.assert_sound()


def test_of_two_deadlocked_transactions_one_fails_and_is_retried(
    market: Market, host_url: str
) -> None:
    items = [market.item(5), market.item(5)]
    both = threading.Barrier(2)

    def place_two(orders: Sequence[PreparedPayment]) -> None:
        with by_sqlalchemy(host_url) as connection:
            place(market, connection, orders[0])
            both.wait(20)
            place(market, connection, orders[1])

    one = [prepared(market, item, 1) for item in items]
    other = [prepared(market, item, 1) for item in reversed(items)]
    outcome = side_by_side(place_two, [one, other], threads=2)
    (lost,) = [(no, error) for no, error in enumerate(outcome) if error is not None]
    assert type(lost[1]) is TransactionLost
    both = threading.Barrier(1)
    place_two([one, other][lost[0]])
    assert [market.stock_of(item) for item in items] == [3, 3]
    market.run()
    market.assert_sound()


def test_with_a_snapshot_of_its_own_a_transaction_that_was_overtaken_is_lost(
    market: Market, host_url: str
) -> None:
    item = market.item(10)
    order, overtaking = prepared(market, item, 1), prepared(market, item, 1)
    with by_sqlalchemy(host_url, "REPEATABLE READ") as connection:
        run(connection, "SELECT 1 FROM saga")
        place_alone(market, host_url, overtaking)
        with pytest.raises(TransactionLost):
            place(market, connection, order)
        run(connection, "INSERT INTO saga VALUES ('kept all the same')")
    with by_sqlalchemy(host_url, "REPEATABLE READ") as connection:
        place(market, connection, order)
    assert market.stock_of(item) == 8
    market.run()
    market.assert_sound()


def test_workers_are_woken_by_the_hosts_commit_and_not_before(
    market: Market, host_url: str
) -> None:
    with ExitStack() as closing:
        wake_up = builders.build_wake_up(market.shop.settings, market.shop.deployment, closing)
        until(wake_up.count)
        order = prepared(market, market.item(1), 1)
        with by_sqlalchemy(host_url) as connection:
            place(market, connection, order)
            heard = wake_up.count()
            assert not wake_up.wait(heard, 0.3)
        assert wake_up.wait(heard, 10)


def test_a_connection_that_is_in_no_transaction_is_refused(market: Market, host_url: str) -> None:
    none_begun = pytest.raises(CannotJoin, match="no transaction was begun on this connection")
    with engine_of(host_url).connect() as connection, none_begun:
        join(market.shop.database, connection)
    commits = pytest.raises(CannotJoin, match="commits each statement")
    with engine_of(host_url, "AUTOCOMMIT").begin() as connection, commits:
        join(market.shop.database, connection)
    with psycopg.connect(host_url, autocommit=True) as bare, commits:
        join(market.shop.database, bare)


def test_a_transaction_that_cannot_take_an_order_is_refused(
    market: Market, host_url: str, shared_servers: SharedServers
) -> None:
    with psycopg.connect(host_url) as failed:
        with pytest.raises(psycopg.Error):
            failed.execute("nonsense")
        with pytest.raises(CannotJoin, match="has failed already"):
            join(market.shop.database, failed)
    with psycopg.connect(host_url) as reading:
        reading.read_only = True
        with pytest.raises(CannotJoin, match="may only read"):
            join(market.shop.database, reading)
    with (
        fresh_database(shared_servers.url("postgres")) as elsewhere,
        psycopg.connect(elsewhere) as other,
        pytest.raises(CannotJoin, match=r"no table shop_\w+\.saga"),
    ):
        join(market.shop.database, other)
    with pytest.raises(CannotJoin, match="is not psycopg"):
        join(market.shop.database, object())


def test_a_connection_that_breaks_within_it_loses_the_transaction(
    market: Market, host_url: str
) -> None:
    order = prepared(market, market.item(1), 1)
    with psycopg.connect(host_url) as host, psycopg.connect(host_url, autocommit=True) as killer:
        joined = join(market.shop.database, host)
        killer.execute("SELECT pg_terminate_backend(%s)", [host.info.backend_pid])
        with pytest.raises(TransactionLost):
            market.shop.placement.within(joined).place(order)
        with pytest.raises(TransactionLost):
            join(market.shop.database, host)
    assert not sold(market, order)


def test_a_shop_in_a_file_says_that_it_cannot_be_part_of_a_transaction(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/host.db")
    with (
        open_market(tmp_path) as market,
        engine.begin() as connection,
        pytest.raises(CannotJoin, match="only a shop on PostgreSQL"),
    ):
        join(market.shop.database, connection)
    engine.dispose()
