"""TLS by the address: a broker is believed by its certificate, and by nothing else."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.messaging import Broker
from commerce_local.clock import SystemClock
from commerce_rabbitmq.broker import RabbitBroker
from scripts.servers.places import hand_over
from tests.certificates import certified
from tests.servers import RabbitServer, own_folder, own_server


class SecretServer(RabbitServer):
    """A node that speaks TLS, with the certificate of *keys*, at a port of its own."""

    ports = (*RabbitServer.ports, "tls")
    keys: Path

    def prepare(self) -> None:
        super().prepare()
        with (self.data / "rabbitmq.conf").open("a") as configuration:
            configuration.write(
                f"listeners.ssl.default = 127.0.0.1:{self.record.ports['tls']}\n"
                f"ssl_options.certfile = {self.keys / 'known.crt'}\n"
                f"ssl_options.keyfile = {self.keys / 'known.key'}\n"
                "ssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n"
            )

    @property
    def secret_url(self) -> str:
        """Its address by TLS."""
        found = urlsplit(self.url)
        login = found.netloc.rpartition("@")[0]
        return found._replace(
            scheme="amqps", netloc=f"{login}@127.0.0.1:{self.record.ports['tls']}"
        ).geturl()


@pytest.fixture(scope="module")
def spoken() -> Iterator[tuple[str, Path]]:
    """The address of a broker by TLS, and the folder with its certificate and a stranger's."""
    with own_folder() as keys:
        for name in ("known", "stranger"):
            certified(keys, name)
        hand_over(keys)
        SecretServer.keys = keys
        with own_server(SecretServer) as server:
            yield server.secret_url, keys


def ping(url: str) -> None:
    broker: Broker = RabbitBroker(url, {}, lambda _: None, SystemClock())
    try:
        broker.ping()
    finally:
        broker.close()


def test_a_broker_whose_certificate_is_known_is_spoken_to_in_secret(
    spoken: tuple[str, Path],
) -> None:
    url, keys = spoken
    ping(f"{url}?cacertfile={keys / 'known.crt'}")


def test_a_broker_that_shows_another_certificate_is_not_spoken_to(spoken: tuple[str, Path]) -> None:
    url, keys = spoken
    for address in (f"{url}?cacertfile={keys / 'stranger.crt'}", url):
        with pytest.raises(Unavailable, match="certificate verify failed"):
            ping(address)


def test_a_certificate_for_another_host_does_not_count(spoken: tuple[str, Path]) -> None:
    url, keys = spoken
    assert socket.gethostbyname("localhost") == "127.0.0.1"
    with pytest.raises(Unavailable, match=r"(?i)hostname"):
        ping(f"{url.replace('127.0.0.1', 'localhost')}?cacertfile={keys / 'known.crt'}")
