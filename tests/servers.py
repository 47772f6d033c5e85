"""Real servers for tests.

Fixtures share one PostgreSQL, one RabbitMQ and one OpenSearch between all tests and all workers of
a session. Each is started when the first test asks for it, and all are stopped by the last worker
that used one. Every test module has a database, a virtual host and a prefix for indexes of its own.
For faults a test starts servers of its own as children:

    with own_server(PostgresServer) as server:   # start, stop, kill, pause, resume, restart; the
    address stays
        server.kill()

Names to be had in a ``conftest.py`` by import: :func:`shared_servers`, :func:`postgres_url`,
:func:`rabbitmq_url`, :func:`opensearch_url`.
"""

import base64
import fcntl
import http.client
import json
import os
import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import pytest

from scripts.servers.errors import NoServer
from scripts.servers.main import servers_in
from scripts.servers.native import opensearch_nodes
from scripts.servers.opensearch import QUICK, OpenSearchServer
from scripts.servers.places import ROOT, reachable
from scripts.servers.postgres import PostgresServer
from scripts.servers.processes import Process, process
from scripts.servers.rabbitmq import RabbitServer
from scripts.servers.server import Server

__all__ = [
    "OpenSearchServer", "PostgresServer", "RabbitServer", "SharedServers", "fresh_database",
    "fresh_prefix", "fresh_vhost", "management",
    "opensearch_url", "own_cluster", "own_folder", "own_server", "postgres_url", "rabbitmq_url",
    "shared_servers",
]  # fmt: skip

S = TypeVar("S", bound=Server)

T = TypeVar("T")

_NAMES: Final = {
    PostgresServer: "postgres",
    RabbitServer: "rabbitmq",
    OpenSearchServer: "opensearch",
}
_PATIENCE: Final = 90.0
#: Names another folder for the servers of tests than ``var/tests``.
_PLACE: Final = "TEST_SERVERS_DIR"

os.environ.setdefault("OPENSEARCH_JAVA_OPTS", QUICK)


#: The users of shared servers in this process.
_holders: "Final[list[SharedServers]]" = []


class SharedServers:
    """The servers of a session of tests, in however many processes it runs. Who asks for one is a
    user of it until it leaves.
    """

    def __init__(self, session: str) -> None:
        self._folder = _sets() / session
        _holders.append(self)

    @property
    def management_url(self) -> str:
        """The address of RabbitMQ's management API, with user and password. For when RabbitMQ was
        asked for.
        """
        return servers_in(self._folder).management_url

    def url(self, name: str) -> str:
        """The address of postgres, rabbitmq or opensearch, which is started if need be. A test is
        left out that cannot have it.
        """
        with _alone():
            _enter(self._folder)
            servers = servers_in(self._folder)
            _or_skip(lambda: servers.up([name]))
            return servers.url(name)

    def leave(self) -> None:
        """Be no user any more; the last one stops everything. Every ``conftest.py`` that names the
        fixture has one of its own.
        """
        _holders.remove(self)
        if all(other._folder != self._folder for other in _holders):
            _leave(self._folder)


@pytest.fixture(scope="session")
def shared_servers() -> Iterator[SharedServers]:
    """The servers of this session. Asking for this starts none."""
    servers = SharedServers(os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"alone-{os.getpid()}")
    yield servers
    servers.leave()


@pytest.fixture(scope="module")
def postgres_url(shared_servers: SharedServers) -> Iterator[str]:
    """The address of an empty database for this module."""
    with fresh_database(shared_servers.url("postgres")) as url:
        yield url


@pytest.fixture(scope="module")
def rabbitmq_url(shared_servers: SharedServers) -> Iterator[str]:
    """The address of an empty virtual host for this module."""
    url = shared_servers.url("rabbitmq")
    with fresh_vhost(url, shared_servers.management_url) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def opensearch_url(shared_servers: SharedServers) -> Iterator[str]:
    """The address of OpenSearch, with a prefix for this module's indexes."""
    with fresh_prefix(shared_servers.url("opensearch")) as url:
        yield url


@contextmanager
def fresh_database(server: str, template: str | None = None) -> Generator[str]:
    """The address of a database on *server* that is gone after the block; a copy of *template*, to
    which nobody may be connected.
    """
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            SQL("CREATE DATABASE {} TEMPLATE {}").format(
                Identifier(name), Identifier(template or "template1")
            )
        )
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name))
            )


@contextmanager
def fresh_vhost(server: str, management_url: str) -> Generator[str]:
    """The address of a virtual host on *server* that is gone after the block, and its connections
    with it.
    """
    name, user = f"t-{secrets.token_hex(6)}", urlsplit(server).username
    management("PUT", f"{management_url}/vhosts/{name}")
    management(
        "PUT",
        f"{management_url}/permissions/{name}/{user}",
        {"configure": ".*", "write": ".*", "read": ".*"},
    )
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        management("DELETE", f"{management_url}/vhosts/{name}")


@contextmanager
def fresh_prefix(server: str) -> Generator[str]:
    """The address of OpenSearch at *server* with a prefix, whose indexes are gone after the
    block.
    """
    prefix = f"t-{secrets.token_hex(6)}"
    try:
        yield urlsplit(server)._replace(path=f"/{prefix}").geturl()
    finally:
        host = urlsplit(server).netloc.partition(",")[0]
        management(
            "DELETE", f"http://{host}/{prefix}*?expand_wildcards=all&ignore_unavailable=true"
        )


@contextmanager
def own_server(kind: type[S], **options: Any) -> Generator[S]:
    """A server of the test's own, ready, as children of this process; it is gone after the block.
    *options* are those of its class.
    """
    with own_folder() as folder:
        name = next(name for known, name in _NAMES.items() if issubclass(kind, known))
        server = kind(folder / name, **options)
        with _stopped(server):
            _or_skip(server.start)
            yield server


@contextmanager
def own_cluster(nodes: int = 3) -> Generator[list[OpenSearchServer]]:
    """An OpenSearch cluster of the test's own, ready; its address is
    :func:`scripts.servers.opensearch.cluster_url` of its nodes.
    """
    with own_folder() as folder:
        members = list(opensearch_nodes(folder, nodes))
        with _stopped(*members):
            for step in (
                *(member.begin for member in members),
                *(member.await_ready for member in members),
            ):
                _or_skip(step)
            yield members


@contextmanager
def own_folder() -> Generator[Path]:
    """A folder that servers can be started in; what runs there is ended after the block, and the
    folder is gone.
    """
    folder = _sets() / f"own-{secrets.token_hex(6)}"
    with _alone():
        _enter(folder)
    try:
        yield folder
    finally:
        _leave(folder)


@contextmanager
def _stopped(*servers: Server) -> Generator[None]:
    try:
        yield
    finally:
        for server in servers:
            server.kill()
            server.stop()


def _or_skip(step: Callable[[], T]) -> T:
    """What *step* gives; a test whose server cannot be had is left out, which is a failure while
    COMMERCE_SHARED is set.
    """
    try:
        return step()
    except NoServer as error:
        pytest.skip(str(error))


def _sets() -> Path:
    """Where sets of servers for tests lie, each with the processes that use it."""
    return reachable(Path(os.environ.get(_PLACE) or ROOT / "var" / "tests"))


@contextmanager
def _alone() -> Generator[None]:
    with (_sets() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _enter(folder: Path) -> None:
    """Note this process as a user of *folder*. What killed sessions left running is stopped on this
    occasion.
    """
    if not _user(folder).exists():
        for other in _sets().iterdir():
            if other.is_dir():
                _clear_unused(other)
        _user(folder).parent.mkdir(parents=True, exist_ok=True)
        _user(folder).write_text(str(process(os.getpid()).began))


def _leave(folder: Path) -> None:
    with _alone():
        _user(folder).unlink(missing_ok=True)
        if folder.exists():
            _clear_unused(folder)


def _user(folder: Path) -> Path:
    return folder / "users" / str(os.getpid())


def _clear_unused(folder: Path) -> None:
    """Stop the servers of *folder* and remove it, unless one of its users still runs."""
    users = (
        Process(int(user.name), int(user.read_text())) for user in (folder / "users").glob("*")
    )
    if not any(user.alive for user in users):
        servers_in(folder).discard()


def management(method: str, url: str, body: object = None) -> None:
    """A request to a server's own API, which must do what it is asked."""
    parts = urlsplit(url)
    headers = {"Content-Type": "application/json"}
    if parts.username:
        headers["Authorization"] = (
            "Basic " + base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        )
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
    try:
        connection.request(
            method, f"{parts.path}?{parts.query}", json.dumps(body) if body else None, headers
        )
        answer = connection.getresponse()
        words = answer.read()
        assert answer.status < 300, f"{method} {parts.path}: {answer.status} {words[:500]!r}"
    finally:
        connection.close()
