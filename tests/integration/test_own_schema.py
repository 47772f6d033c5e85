"""Two shops, each in a schema of its own, in a database whose host has tables of the same names."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs
import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from commerce_bootstrap import builders
from commerce_bootstrap.container import build_shop
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import Settings
from commerce_core.orders import OrderStatus
from commerce_sqlalchemy import postgres, schema
from commerce_sqlalchemy.transaction import SqlDatabase, connection
from commerce_testkit.memory.clock import SettableClock
from tests.integration.http.people import until
from tests.integration.market import Market, open_market
from tests.integration.operations.test_roles import grant, roles_of
from tests.servers import SharedServers, fresh_database

#: Tables of the host, some of them called like ours, with one row each.
HOSTS: Final = ("item", "account", "orders", "outbox", "alembic_version", "room")


@pytest.fixture
def host_url(shared_servers: SharedServers) -> Iterator[str]:
    """The address of a database that is somebody else's."""
    with fresh_database(shared_servers.url("postgres")) as url:
        with psycopg.connect(url) as host:
            for table in HOSTS:
                host.execute(f"CREATE TABLE {table} (version_num text)")
                host.execute(f"INSERT INTO {table} VALUES ('theirs')")
        yield url


@pytest.fixture
def shops(host_url: str, tmp_path: Path) -> Iterator[tuple[Market, Market]]:
    """A shop in ``north`` and one in ``south``, driven step by step."""
    with ExitStack() as stack:
        north, south = (
            stack.enter_context(_opened(tmp_path / name, f"{host_url}?schema={name}"))
            for name in ("north", "south")
        )
        yield north, south


def _opened(folder: Path, url: str) -> AbstractContextManager[Market]:
    migrate_database(Settings.in_folder(folder, database_url=url))
    return open_market(folder, in_step=True, database_url=url)


def test_two_shops_sell_side_by_side_and_leave_the_hosts_tables_alone(
    shops: tuple[Market, Market], host_url: str
) -> None:
    north, south = shops
    sold = [shop.buy(shop.item(5), quantity=2)[1] for shop in shops]
    north.run()
    assert north.order(sold[0]).status == OrderStatus.COMPLETED
    assert south.order(sold[1]).status != OrderStatus.COMPLETED, "who runs one shop ran the other"
    south.run()
    assert south.order(sold[1]).status == OrderStatus.COMPLETED
    for shop, other in ((north, sold[1]), (south, sold[0])):
        shop.assert_sound()
        assert shop.rows("SELECT count(*) FROM orders") == [(1,)]
        assert shop.rows("SELECT * FROM orders WHERE id = :id", id=other.key.order_id) == []
    with psycopg.connect(host_url) as host:
        for table in HOSTS:
            assert host.execute(f"SELECT * FROM public.{table}").fetchall() == [("theirs",)]
        made = host.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert sorted(name for (name,) in made) == sorted(HOSTS)


def test_what_one_shop_forgets_the_other_keeps(shops: tuple[Market, Market]) -> None:
    for shop in shops:
        shop.crowd(1)  # logged in
        assert isinstance(shop.shop.clock, SettableClock)
        shop.shop.clock.advance(timedelta(days=400))
    north, south = shops
    while north.shop.retention.run_once(100):
        pass
    assert north.rows("SELECT count(*) FROM session") == [(0,)]
    assert south.rows("SELECT count(*) FROM session") != [(0,)]


def test_work_wakes_those_who_wait_for_it_in_the_same_schema_alone(
    host_url: str, tmp_path: Path
) -> None:
    with ExitStack() as closing:
        settings = [
            Settings.in_folder(tmp_path, database_url=f"{host_url}{where}")
            for where in ("?schema=north", "?schema=north", "?schema=south", "")
        ]
        here, there, south, nowhere = (
            builders.build_wake_up(each, Deployment.of(each), closing) for each in settings
        )
        until(lambda: all(wake_up.count() for wake_up in (here, there, south, nowhere)))
        heard = there.count(), south.count(), nowhere.count()
        for wake_up in (south, nowhere):
            before = there.count()
            wake_up.notify()
            here.notify()  # told after that on another connection
            assert there.wait(before, 10)
        assert there.count() - heard[0] == 2, "another shop's notification arrived"
        assert (south.count() - heard[1], nowhere.count() - heard[2]) == (1, 1)


def test_a_shop_is_migrated_while_another_one_is_being_migrated(host_url: str) -> None:
    north, south = (SqlDatabase(f"{host_url}?schema={name}") for name in ("north", "south"))
    with north.begin() as tx:
        postgres.migrate_alone(connection(tx), north.schema)
        schema.upgrade(south)  # waits for nobody
        schema.check(south)
    for database in (north, south):
        database.dispose()


@pytest.mark.parametrize("name", ["", "pg_mine", "North", "a-b", 'a"b', "a,b", "é", "a" * 41])
def test_a_schema_is_called_by_a_plain_name(name: str, tmp_path: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:1/shop?schema={name}"
    settings = Settings.in_folder(
        tmp_path, database_url=url, payment_urls=("sandbox://",), carrier_url="sandbox://"
    )
    for use in (migrate_database, build_shop):
        with pytest.raises(WrongSetting, match=r"COMMERCE_DATABASE_URL .* a schema is named by"):
            use(settings)


def test_a_file_has_no_schema(tmp_path: Path) -> None:
    settings = Settings.in_folder(tmp_path)
    settings = attrs.evolve(settings, database_url=f"{settings.database_url}?schema=north")
    with pytest.raises(WrongSetting, match="a file holds one shop and has no schema"):
        build_shop(settings)


def test_a_shop_that_was_not_migrated_says_so_whatever_else_is_in_the_database(
    host_url: str, tmp_path: Path
) -> None:
    settings = Settings.in_folder(tmp_path, database_url=f"{host_url}?schema=north")
    with pytest.raises(WrongSetting, match="at revision none and has to be migrated"):
        build_shop(attrs.evolve(settings, payment_urls=("sandbox://",), carrier_url="sandbox://"))


def test_roles_for_a_schema_touch_nobody_elses_rights(host_url: str, tmp_path: Path) -> None:
    with (
        psycopg.connect(host_url, autocommit=True) as host,
        roles_of(host_url, "north") as roles,
    ):
        host.execute("CREATE ROLE passer_by")
        try:
            migrate_database(
                Settings.in_folder(tmp_path, database_url=f"{roles.owner}?schema=north")
            )
            names = (urlsplit(url).username or "" for url in (roles.owner, roles.shop))
            grant(host_url, *names, schema="north")  # again, now that there are tables
            url = f"{roles.shop}?schema=north"
            with open_market(tmp_path, in_step=True, database_url=url) as market:
                market.buy(market.item(1))
                market.run()
                market.assert_sound()
                with pytest.raises(ProgrammingError, match="permission denied"):
                    market.rows("SELECT * FROM public.item")
            rights = host.execute(
                "SELECT has_database_privilege('passer_by', current_database(), 'CONNECT'),"
                " has_schema_privilege('passer_by', 'public', 'USAGE'),"
                " has_schema_privilege('passer_by', 'north', 'USAGE')"
            ).fetchone()
            assert rights == (True, True, False)
        finally:
            host.execute("DROP ROLE passer_by")
