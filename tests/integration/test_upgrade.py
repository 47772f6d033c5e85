"""A shop's data from before a contracting migration is brought to this release, and every order
ends.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from commerce_core.checkout import Placed
from commerce_core.orders import OrderState, OrderStatus
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.tables import METADATA
from commerce_sqlalchemy.transaction import SqlDatabase
from tests.integration.market import DECLINED, NOWHERE, Market, Send, open_market
from tests.servers import SharedServers, fresh_database

BEFORE = "0012"


@pytest.fixture
def older(
    on_database: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[SqlDatabase]:
    """An empty database with the tables of the release before, of the same kind."""
    if "database_url" in on_database:
        servers: SharedServers = request.getfixturevalue("shared_servers")
        with fresh_database(servers.url("postgres")) as url:
            yield from _older(url)
    else:
        yield from _older(f"sqlite:///{tmp_path}/older.db")


def _older(url: str) -> Iterator[SqlDatabase]:
    database = SqlDatabase(url)
    with database.begin() as tx:
        schema._migrate(tx.connection, BEFORE)
        tx.commit()
    yield database
    database.dispose()


def orders_in_every_state(market: Market) -> list[tuple[Placed, OrderStatus]]:
    """Orders, each with how it is to end."""
    item, ends = market.item(50), list[tuple[Placed, OrderStatus]]()
    for card, to, end in (
        ("4242424242424242", None, OrderStatus.COMPLETED),
        (DECLINED, None, OrderStatus.CANCELLED),
    ):
        ends.append((market.buy(item, card, to)[1], end))
    market.run()
    for silent, to, end in (
        ("gateway.confirm", None, OrderStatus.COMPLETED),
        ("carrier.book", None, OrderStatus.COMPLETED),
        ("gateway.refund", NOWHERE, OrderStatus.CANCELLED),
    ):
        market.outside.rule = _silent(silent)
        ends.append((market.buy(item, to=to)[1], end))
        market.run()
    ends.append((market.buy(item)[1], OrderStatus.COMPLETED))
    states = {row.saga.state for row in market.shop.operations.page()}
    # Earlier releases let no order wait for its buyer.
    assert states == set(OrderState) - {OrderState.FINISHING, OrderState.AWAITING_BUYER}
    return ends


def _silent(call: str) -> Any:
    def rule(name: str, send: Send) -> Any:
        if name == call:
            raise ConnectionError("no answer")
        return send()

    return rule


def copied(new: SqlDatabase, old: SqlDatabase) -> None:
    """What is in *new*, put into *old* as the release before had it."""
    tables, was = sa.MetaData(), sa.MetaData()
    tables.reflect(new.engine, only=list(METADATA.tables))
    older = set(sa.inspect(old.engine).get_table_names())
    was.reflect(old.engine, only=list(METADATA.tables.keys() & older))
    with new.engine.connect() as source, old.engine.begin() as target:
        for table in tables.sorted_tables:
            if table.name not in older:
                continue
            known = was.tables[table.name].columns
            rows = [
                {name: value for name, value in row.items() if name in known}
                for row in source.execute(sa.select(table)).mappings()
            ]
            if table.name == "saga":
                before = {"bucket": 7, "owner": "host:1:abc", "version": 1}
                rows = [row | before for row in rows]
            target.execute(sa.delete(was.tables[table.name]))
            if rows:
                target.execute(sa.insert(was.tables[table.name]), rows)


def test_the_data_of_the_release_before_is_brought_here_and_every_order_ends(
    tmp_path: Path, on_database: dict[str, Any], older: SqlDatabase
) -> None:
    with open_market(tmp_path, in_step=True, **on_database) as market:
        ends = orders_in_every_state(market)
        copied(market.database, older)
        kept = market.rows("SELECT order_id, state, fence FROM saga ORDER BY order_id")
    schema.upgrade(older)
    columns = {column["name"] for column in sa.inspect(older.engine).get_columns("saga")}
    assert not columns & {"bucket", "owner"}
    url = older.engine.url.render_as_string(hide_password=False)
    with open_market(tmp_path, in_step=True, database_url=_plain(url)) as market:
        assert market.rows("SELECT order_id, state, fence FROM saga ORDER BY order_id") == kept
        assert {row.saga.version for row in market.shop.operations.page()} == {1}
        market.finish()
        assert [market.order(placed).status for placed, _ in ends] == [end for _, end in ends]
        assert market.shop.checker.check().violations == ()


def _plain(url: str) -> str:
    """The address without the driver that SQLAlchemy adds."""
    kind, rest = url.split("://", 1)
    return f"{kind.split('+')[0]}://{rest}"


def test_an_earlier_release_refuses_the_contracted_tables(older: SqlDatabase) -> None:
    schema.upgrade(older)
    with older.snapshot() as tx:
        assert schema._floor(tx.connection) == "0013"
