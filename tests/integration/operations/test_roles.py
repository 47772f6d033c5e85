"""The shop runs with no more rights than it needs, as docs/operations.md gives them to it."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import httpx
import psycopg
import pytest
from pika import BlockingConnection
from pika.exceptions import ChannelClosedByBroker, ProbableAccessDeniedError
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier
from sqlalchemy.exc import ProgrammingError

from commerce_rabbitmq.connection import parameters_of
from commerce_sqlalchemy import schema
from commerce_sqlalchemy.transaction import SqlDatabase
from scripts.servers.postgres import programs
from tests.architecture.tree import ROOT
from tests.fullstack import FullStack
from tests.integration.http.people import PASSWORD, request_for, until
from tests.postgres import migrate
from tests.servers import SharedServers, fresh_database, fresh_prefix, fresh_vhost, management

SCRIPT = ROOT / "ops" / "postgres-roles.sql"


@attrs.frozen
class Roles:
    """The addresses of one database as its superuser, its owner and the shop see it."""

    superuser: str
    owner: str
    shop: str


@contextmanager
def roles_of(database: str, schema: str | None = None) -> Iterator[Roles]:
    """Roles as ``ops/postgres-roles.sql`` makes them, in *database* or for a *schema* of it; they
    are gone after the block.
    """
    mark = secrets.token_hex(4)
    owner, shop = f"owner_{mark}", f"shop_{mark}"
    grant(database, owner, shop, schema)
    host = urlsplit(database).netloc.rpartition("@")[2]
    try:
        yield Roles(
            database,
            *(
                urlsplit(database)._replace(netloc=f"{name}:se'cret@{host}").geturl()
                for name in (owner, shop)
            ),
        )
    finally:
        with psycopg.connect(database, autocommit=True) as connection:
            for name in (shop, owner):
                connection.execute(SQL("DROP OWNED BY {} CASCADE").format(Identifier(name)))
                connection.execute(SQL("DROP ROLE {}").format(Identifier(name)))


def grant(database: str, owner: str, shop: str, schema: str | None = None) -> None:
    """Run the script as an operator does."""
    found = programs()
    assert found is not None
    variables = {
        "OWNER_ROLE": owner,
        "SHOP_ROLE": shop,
        "OWNER_PASSWORD": "se'cret",
        "SHOP_PASSWORD": "se'cret",
        **({"SHOP_SCHEMA": schema} if schema else {}),
    }
    command = [found / "psql", "--no-psqlrc", "--quiet", f"--dbname={database}", f"--file={SCRIPT}"]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


FORBIDDEN = [
    "DROP TABLE orders",
    "ALTER TABLE orders ADD COLUMN note text",
    "TRUNCATE orders",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE INDEX mine ON orders (id)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "DROP INDEX ix_outbox_id",
    "UPDATE alembic_version SET version_num = '0000'",
    "COPY orders TO PROGRAM 'cat'",
]


@pytest.fixture(scope="module")
def migrated(shared_servers: SharedServers) -> Iterator[Roles]:
    """A database whose owner has made its tables. The script was run before and after: either order
    is right.
    """
    with fresh_database(shared_servers.url("postgres")) as database, roles_of(database) as roles:
        migrate(roles.owner)
        grant(database, *(urlsplit(url).username or "" for url in (roles.owner, roles.shop)))
        yield roles


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_shops_role_changes_rows_and_nothing_else(migrated: Roles, statement: str) -> None:
    with psycopg.connect(migrated.shop) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)


def test_the_shops_role_cannot_migrate(migrated: Roles, shared_servers: SharedServers) -> None:
    with fresh_database(shared_servers.url("postgres")) as empty, roles_of(empty) as roles:
        database = SqlDatabase(roles.shop)
        with pytest.raises(ProgrammingError, match="permission denied"):
            schema.upgrade(database)
        database.dispose()
        migrate(roles.owner)
        migrate(roles.shop)  # there is nothing to do any more


def test_what_a_superuser_had_made_is_handed_over(shared_servers: SharedServers) -> None:
    with fresh_database(shared_servers.url("postgres")) as database:
        migrate(database)
        with (
            roles_of(database) as roles,
            psycopg.connect(roles.shop) as shop,
            psycopg.connect(roles.owner) as owner,
        ):
            shop.execute("DELETE FROM orders")
            shop.commit()
            owner.execute("ALTER TABLE orders ADD COLUMN note text")


@contextmanager
def limited(servers: SharedServers) -> Iterator[str]:
    """A virtual host as a user sees it who may use what is called ``commerce.…`` there, and nothing
    else at the broker.
    """
    server, api = servers.url("rabbitmq"), servers.management_url
    user = f"shop-{secrets.token_hex(4)}"
    with fresh_vhost(server, api) as url:
        vhost = url.rpartition("/")[2]
        management("PUT", f"{api}/users/{user}", {"password": "secret", "tags": ""})
        rights = dict.fromkeys(("configure", "write", "read"), r"^commerce\.")
        management("PUT", f"{api}/permissions/{vhost}/{user}", rights)
        try:
            yield (
                urlsplit(url)
                ._replace(netloc=f"{user}:secret@{urlsplit(url).netloc.rpartition('@')[2]}")
                .geturl()
            )
        finally:
            management("DELETE", f"{api}/users/{user}")


def sell_one(address: str) -> None:
    """Onboard an item, find it, and order a piece of it, all the way to its end."""
    with httpx.Client(base_url=address, timeout=60) as client:

        def holder(role: str) -> dict[str, str]:
            person = {"email": f"{role}@example.com", "password": PASSWORD}
            assert (
                client.post("/accounts", json=person | {"name": "Ada", "role": role}).status_code
                == 201
            )
            return {
                "Authorization": f"Bearer {client.post('/sessions', json=person).json()['token']}"
            }

        seller, buyer = holder("seller"), holder("buyer")
        item = client.post(
            "/items", json={"name": "Kettle", "price": "15.99", "quantity": 8}, headers=seller
        ).json()
        until(lambda: client.get("/items", params={"term": "kettle"}).json().get("items"), 180)
        rows = {
            "content": b'{"name":"Pot","price":1,"quantity":1}',
            "headers": seller | {"Content-Type": "application/x-ndjson"},
        }
        taken_in = client.post("/item-imports", **rows).headers["location"]
        until(lambda: client.get(taken_in, headers=seller).json()["status"] == "finished", 180)
        cart = client.patch(
            "/cart", json={"itemId": item["itemId"], "quantity": 1}, headers=buyer
        ).json()
        order = client.post("/checkout", json=request_for(cart), headers=buyer).headers["location"]
        until(lambda: client.get(order, headers=buyer).json()["status"] == "COMPLETED", 180)
        until(lambda: client.get("/orders", headers=seller).json()["orders"], 180)


def test_the_shop_runs_with_the_rights_of_its_roles_alone(
    shared_servers: SharedServers, tmp_path: Path
) -> None:
    with (
        fresh_database(shared_servers.url("postgres")) as database,
        roles_of(database) as roles,
        limited(shared_servers) as broker,
        fresh_prefix(shared_servers.url("opensearch")) as search,
    ):
        others = {"COMMERCE_BROKER_URL": broker, "COMMERCE_SEARCH_URL": search}
        owner = FullStack(tmp_path, others | {"COMMERCE_DATABASE_URL": roles.owner})
        shop = FullStack(tmp_path, others | {"COMMERCE_DATABASE_URL": roles.shop})
        migrated = owner.command("migrate")
        assert migrated.returncode == 0, migrated.stderr
        grant(
            database, *(urlsplit(url).username or "" for url in (roles.owner, roles.shop))
        )  # again, now that there are tables
        try:
            shop.start(1, (None,))
            sell_one(shop.address)
            shop.check_at_rest()
        finally:
            shop.stop()


def test_the_shops_user_at_the_broker_keeps_to_its_names_and_its_virtual_host(
    shared_servers: SharedServers,
) -> None:
    with limited(shared_servers) as url:
        (mine,) = parameters_of(url)
        with BlockingConnection(mine) as connection:
            for attempt in (
                lambda: connection.channel().queue_declare("theirs"),
                lambda: connection.channel().exchange_declare("theirs"),
                lambda: connection.channel().queue_delete("theirs"),
                lambda: connection.channel().basic_get("theirs"),
            ):
                with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
                    attempt()
        with pytest.raises(ProbableAccessDeniedError):
            BlockingConnection(parameters_of(url.rpartition("/")[0] + "/%2F")[0])
