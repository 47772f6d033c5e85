"""A RabbitMQ for the tests here: the one that all tests share, and one that may be killed."""

from collections.abc import Callable, Iterator

import pytest

from tests.servers import RabbitServer, SharedServers, fresh_vhost, own_server, shared_servers

__all__ = ["shared_servers"]


@pytest.fixture
def address(shared_servers: SharedServers) -> Iterator[str]:
    """A virtual host in which there is nothing yet."""
    with fresh_vhost(shared_servers.url("rabbitmq"), shared_servers.management_url) as url:
        yield url


@pytest.fixture(scope="module")
def mortal() -> Iterator[RabbitServer]:
    """A server that may be killed, stopped and blocked; whoever needs it starts it."""
    with own_server(RabbitServer) as server:
        yield server


@pytest.fixture
def closing() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Called with what is to be called when the test is over, last first."""
    waiting: list[Callable[[], None]] = []
    yield waiting.append
    for close in reversed(waiting):
        close()
