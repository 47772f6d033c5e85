"""TLS by the address: a server is believed by its certificate, and by nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce_core.kernel.errors import TransactionLost
from commerce_sqlalchemy.transaction import SqlDatabase
from scripts.servers.places import hand_over
from scripts.servers.postgres import PostgresServer
from tests.certificates import certified
from tests.servers import own_folder, own_server


@pytest.fixture(scope="module")
def spoken() -> Iterator[tuple[str, Path]]:
    """The address of a server that speaks TLS alone to whoever asks for it, and the folder with its
    certificate and a stranger's.
    """
    with own_folder() as keys:
        known = certified(keys, "known")
        certified(keys, "stranger")
        hand_over(keys)
        server_options = ("ssl=on", f"ssl_cert_file={known}", f"ssl_key_file={keys / 'known.key'}")
        with own_server(PostgresServer, options=server_options) as server:
            yield server.url, keys


def ask(url: str) -> object:
    database = SqlDatabase(url)
    try:
        with database.snapshot() as tx:
            return tx.connection.exec_driver_sql(
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            ).scalar()
    finally:
        database.dispose()


def test_a_server_whose_certificate_is_known_is_spoken_to_in_secret(
    spoken: tuple[str, Path],
) -> None:
    url, keys = spoken
    assert ask(f"{url}?sslmode=verify-full&sslrootcert={keys / 'known.crt'}") is True


def test_a_server_that_shows_another_certificate_is_not_spoken_to(spoken: tuple[str, Path]) -> None:
    url, keys = spoken
    with pytest.raises(TransactionLost) as lost:
        ask(f"{url}?sslmode=verify-full&sslrootcert={keys / 'stranger.crt'}")
    assert "certificate verify failed" in str(lost.value.__cause__)


def test_a_certificate_for_another_host_does_not_count(spoken: tuple[str, Path]) -> None:
    url, keys = spoken
    elsewhere = url.replace("127.0.0.1", "localhost")
    with pytest.raises(TransactionLost) as lost:
        ask(f"{elsewhere}?sslmode=verify-full&sslrootcert={keys / 'known.crt'}")
    assert "does not match host name" in str(lost.value.__cause__)
