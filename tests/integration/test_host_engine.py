"""A shop on the connections of an engine of the host's, which are given back as they were."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.types.string import TextLoader
from sqlalchemy.pool import StaticPool

from commerce_bootstrap import builders, database
from commerce_bootstrap.container import build_shop
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Buyer
from commerce_core.assembly import Parts
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import Placed, PlaceOrder
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import BuyerId, ItemId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderStatus
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_core.search import Query
from commerce_sqlalchemy.engine import EngineDatabase, NoConnection
from commerce_sqlalchemy.joined import join
from commerce_worker.main import working
from tests.integration.http.people import until
from tests.integration.market import GOOD, side_by_side
from tests.servers import SharedServers, fresh_database

_CREATE: Final = "CREATE TABLE saga (note text)"  # a table of the host's, called like one of ours
#: What of a connection others may rely on.
_STATE: Final = (
    "search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
    "transaction_isolation", "transaction_read_only", "enable_seqscan", "enable_hashjoin", "jit",
    "application_name",
)  # fmt: skip


@pytest.fixture(scope="module")
def host_url(shared_servers: SharedServers) -> Iterator[str]:
    with fresh_database(shared_servers.url("postgres")) as url:
        with psycopg.connect(url) as host:
            host.execute(_CREATE)
        yield url


def engine_of(url: str, **options: Any) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), **options)


def numbers_are_text(raw: Any, _: object) -> None:
    for kind in ("int8", "int4", "jsonb"):
        raw.adapters.register_loader(kind, TextLoader)


def settings_for(folder: Path, on: EngineDatabase, **more: Any) -> Settings:
    usual = {"database_url": on.url, "payment_urls": (f"sandbox:///{folder}/gateway.db",),
             "carrier_url": f"sandbox:///{folder}/carrier.db"}  # fmt: skip
    return Settings.in_folder(folder, **(usual | more))


@contextmanager
def shop_on(engine: sa.Engine, folder: Path, schema: str = "shop") -> Iterator[Shop]:
    on = EngineDatabase(engine, schema)
    settings = settings_for(folder, on)
    migrate_database(settings, on)
    with build_shop(settings, parts=partial(Parts, database=on)) as shop:
        yield shop


@pytest.fixture
def engine(host_url: str) -> Iterator[sa.Engine]:
    """The host's, set in an unusual way: each statement commits, and numbers are read as text."""
    made = engine_of(host_url, isolation_level="AUTOCOMMIT", pool_size=4, max_overflow=0)
    sa.event.listen(made, "connect", numbers_are_text)
    yield made
    made.dispose()
    with psycopg.connect(host_url, autocommit=True) as host:
        host.execute("DROP SCHEMA IF EXISTS shop CASCADE")


@pytest.fixture
def shop(engine: sa.Engine, tmp_path: Path) -> Iterator[Shop]:
    with shop_on(engine, tmp_path) as opened:
        yield opened


def item_of(shop: Shop, quantity: int = 9) -> ItemId:
    new = NewItem(name="Lamp", price=Money.parse("9.90", "USD"), quantity=quantity)
    return shop.items.onboard(SellerId("sue"), new).item.id


def buy(shop: Shop, item: ItemId, buyer: str = "ada") -> Placed:
    wanted = SetQuantity(item_id=item, quantity=1)
    me = Shopper(buyer_id=BuyerId(buyer))
    cart = shop.carts.change(CartChange(shopper=me, quantities=(wanted,)))
    card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(GOOD))
    command = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
    return shop.checkout.place(Buyer(id=buyer), command)


def status_of(shop: Shop, placed: Placed) -> OrderStatus:
    return shop.orders.details(placed.key.buyer_id, placed.key.order_id).status


def state_of(engine: sa.Engine) -> list[Any]:
    """What is to be found on every connection of the pool, which are all at rest."""
    with ExitStack() as stack:
        taken = [stack.enter_context(engine.connect()) for _ in range(4)]
        return [
            [c.exec_driver_sql(f"SHOW {name}").scalar() for name in _STATE]
            + [c.exec_driver_sql("SELECT 7::int8").scalar()]
            for c in taken
        ]


def pool_of(engine: sa.Engine) -> Any:
    return engine.pool


def test_an_order_is_carried_to_its_end_and_the_connections_are_as_they_were(
    engine: sa.Engine, tmp_path: Path, host_url: str
) -> None:
    before, statements = state_of(engine), list[str]()
    sa.event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    with shop_on(engine, tmp_path) as shop, working(shop):
        placed = buy(shop, item_of(shop))
        until(lambda: status_of(shop, placed) == OrderStatus.COMPLETED)
        until(lambda: bool(shop.searches.find(Query(term="lamp")).hits))
        until(lambda: shop.checker.check().clean)
        assert pool_of(engine).checkedout() <= 4
    assert statements == [], "the host's listeners heard what was ours"
    assert pool_of(engine).checkedout() == 0
    assert state_of(engine) == before
    with engine.connect() as host:
        assert host.exec_driver_sql("SELECT count(*) FROM saga").scalar() == "0"
    with psycopg.connect(host_url) as host:
        others = "SELECT query FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'"
        name = host.info.dbname
        until(lambda: host.execute(others, [name]).fetchall() == [])


@pytest.mark.parametrize(
    "options",
    [{"isolation_level": "SERIALIZABLE"}, {"poolclass": sa.NullPool}, {"pool_pre_ping": True}],
    ids=lambda options: str(*options),
)
def test_whatever_the_host_has_set_many_buyers_are_served_side_by_side(
    host_url: str, tmp_path: Path, options: dict[str, Any]
) -> None:
    engine = engine_of(host_url, **options)
    with shop_on(engine, tmp_path, "crowd") as shop:
        item = item_of(shop, 10)
        ends = side_by_side(lambda no: buy(shop, item, f"buyer-{no}"), range(12))
        placed = [end for end in ends if isinstance(end, Placed)]
        assert len(placed) == 10
        while shop.runner.run_once(64):
            pass
        assert {status_of(shop, each) for each in placed} == {OrderStatus.COMPLETED}
        assert shop.checker.check().violations == ()
    engine.dispose()
    with psycopg.connect(host_url, autocommit=True) as host:
        host.execute("DROP SCHEMA crowd CASCADE")


def test_when_the_shop_is_closed_the_engine_goes_on(engine: sa.Engine, tmp_path: Path) -> None:
    with shop_on(engine, tmp_path) as shop:
        item = item_of(shop)
    with engine.connect() as host:
        assert host.exec_driver_sql("SELECT 1").scalar() == "1"
    with shop_on(engine, tmp_path) as shop:  # and carries the next shop
        assert shop.items.details(item).stock == 9


def test_while_the_pool_is_exhausted_who_needs_it_is_refused_in_time_and_nobody_else(
    shop: Shop, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine itself would wait for 30 seconds."""
    item = item_of(shop)
    while shop.relay.run_once(100):
        pass
    deadline = database.Deadline("the pool", timedelta(seconds=0.5), 4)
    monkeypatch.setattr(shop.database, "in_time", deadline.call)
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(engine.connect())
        began = time.monotonic()
        refused = side_by_side(lambda no: buy(shop, item, f"buyer-{no}"), range(6))
        assert time.monotonic() - began < 5
        assert {type(each) for each in refused} == {NoConnection}
        assert all(isinstance(each, Unavailable) for each in refused)
        assert shop.searches.find(Query(term="lamp")).hits, "who needs no connection is answered"
    until(lambda: pool_of(engine).checkedout() == 0)  # what came late went back
    assert isinstance(buy(shop, item), Placed)
    deadline.close()


def test_connections_that_the_server_has_closed_are_thrown_away(
    shop: Shop, engine: sa.Engine, host_url: str
) -> None:
    item = item_of(shop)
    state_of(engine)  # opens all four
    with psycopg.connect(host_url, autocommit=True) as killer:
        killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert isinstance(buy(shop, item), Placed)


def test_work_wakes_who_waits_for_it_in_another_process(
    host_url: str, tmp_path: Path, engine: sa.Engine
) -> None:
    with shop_on(engine, tmp_path), ExitStack() as closing:
        there = EngineDatabase(engine, "shop")
        settings = settings_for(tmp_path, there)
        laid_out = Deployment.of(settings)
        hears = builders.build_wake_up(settings, laid_out, closing, there)
        until(hears.listens_to_others)
        other = engine_of(host_url)
        heard = hears.count()
        with shop_on(other, tmp_path / "other") as elsewhere:
            item_of(elsewhere)
            assert hears.wait(heard, 10)
        other.dispose()


def test_two_shops_share_an_engine_and_nothing_else(engine: sa.Engine, tmp_path: Path) -> None:
    with (
        shop_on(engine, tmp_path / "a", "shop") as one,
        shop_on(engine, tmp_path / "b", "shop_b") as other,
    ):
        item = item_of(one)
        assert isinstance(buy(one, item), Placed)
        with pytest.raises(Exception, match="item"):
            other.items.details(item)
    with engine.connect() as host:
        host.exec_driver_sql("DROP SCHEMA shop_b CASCADE")


def test_an_order_may_be_part_of_a_transaction_on_the_same_engine(
    shop: Shop, engine: sa.Engine
) -> None:
    item = item_of(shop)
    wanted = SetQuantity(item_id=item, quantity=1)
    me = Shopper(buyer_id=BuyerId("ada"))
    cart = shop.carts.change(CartChange(shopper=me, quantities=(wanted,)))
    card = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(GOOD))
    command = PlaceOrder(cart_id=cart.cart.id, amount=cart.quote.total, payment_info=card)
    order: Any = shop.checkout.prepare(shop.checkout.request(Buyer(id="ada"), command, "key"))
    reading = engine.execution_options(isolation_level="READ COMMITTED")
    with reading.begin() as connection:
        placed = shop.placement.within(join(shop.database, connection)).place(order)
    assert status_of(shop, placed) == OrderStatus.PENDING


def _sqlite() -> Any:
    return sa.create_engine("sqlite://")


def _asynchronous() -> Any:
    return sa.create_engine("postgresql+psycopg_async://host/db")


def _one_for_all() -> Any:
    return sa.create_engine("postgresql+psycopg://host/db", poolclass=StaticPool)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (_sqlite, "an engine on SQLite cannot be handed in"),
        (_asynchronous, "it is an asynchronous one"),
        (_one_for_all, "StaticPool gives one connection to several"),
        (object, "object is no engine of SQLAlchemy"),
    ],
)
def test_an_engine_that_a_shop_cannot_use_is_refused_in_words(
    made: Callable[[], Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        EngineDatabase(made())


@pytest.mark.parametrize("url", ["sqlite:///shop.db", "postgresql://host/db", ""])
def test_settings_that_name_another_database_are_refused(
    host_url: str, tmp_path: Path, url: str
) -> None:
    engine = engine_of(host_url)
    on = EngineDatabase(engine, "shop")
    settings = settings_for(tmp_path, on, **({"database_url": url} if url else {}))
    if not url:
        with pytest.raises(WrongSetting, match="has to be migrated"):
            build_shop(settings, parts=partial(Parts, database=on))
    else:
        with pytest.raises(WrongSetting, match="must name the database that is handed in"):
            build_shop(settings, parts=partial(Parts, database=on))
    engine.dispose()
