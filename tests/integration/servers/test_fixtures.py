"""What tests/servers.py gives: servers that are shared, and what is in them that is not."""

import http.client
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.servers import PostgresServer, RabbitServer, SharedServers, fresh_database, own_server


def test_a_module_has_a_database_of_its_own(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)
        assert connection.execute("SELECT current_database()").fetchone() == (
            urlsplit(postgres_url).path[1:],
        )


def test_what_was_acknowledged_is_on_disk(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",), setting


def test_a_database_can_be_a_copy_and_is_gone_after_use(postgres_url: str) -> None:
    with fresh_database(postgres_url) as template:
        with psycopg.connect(template) as connection:
            connection.execute("CREATE TABLE parcel (id int)")
        with (
            fresh_database(postgres_url, urlsplit(template).path[1:]) as copy,
            psycopg.connect(copy) as connection,
        ):
            assert connection.execute("SELECT count(*) FROM parcel").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(copy)


def test_a_module_has_a_virtual_host_of_its_own(rabbitmq_url: str) -> None:
    parts = urlsplit(rabbitmq_url)
    assert parts.scheme == "amqp"
    assert parts.path.startswith("/t-")


def test_a_module_has_a_prefix_for_its_indexes(
    opensearch_url: str, shared_servers: SharedServers
) -> None:
    parts = urlsplit(opensearch_url)
    connection = http.client.HTTPConnection(parts.netloc)
    for name in (f"{parts.path}-items", "/somebody-elses"):
        connection.request("PUT", name)
        assert connection.getresponse().read()
    connection.close()
    assert shared_servers.url("opensearch") == f"opensearch://{parts.netloc}"


def test_a_server_of_ones_own_is_killed_and_comes_back_with_its_data() -> None:
    with own_server(PostgresServer) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE parcel (id int)")
        server.kill()
        assert not server.alive
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url)
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT count(*) FROM parcel").fetchone() == (0,)
    assert not server.alive


def test_a_broker_of_ones_own_freezes_and_goes_on() -> None:
    with own_server(RabbitServer) as server:
        server.pause()
        assert server.alive
        assert not server.ready
        server.resume()
        assert server.ready
