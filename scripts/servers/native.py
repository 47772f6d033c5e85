"""A set of servers as processes of this machine."""

import fcntl
import shutil
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.servers.errors import NoServer
from scripts.servers.opensearch import OpenSearchServer, cluster, cluster_url
from scripts.servers.postgres import PostgresServer
from scripts.servers.rabbitmq import RabbitServer
from scripts.servers.server import Server

#: Every server, and the setting of the shop that holds its address.
SETTINGS: Final = {
    "postgres": "COMMERCE_DATABASE_URL",
    "rabbitmq": "COMMERCE_BROKER_URL",
    "opensearch": "COMMERCE_SEARCH_URL",
}


#: How many nodes of OpenSearch may form a cluster: an even number would lose its majority as soon
#: as the next lower one.
_CLUSTERS: Final = (1, 3)


def opensearch_nodes(folder: Path, count: int) -> Sequence[OpenSearchServer]:
    """The *count* nodes of a cluster below *folder*, none of them started. A cluster of another
    size keeps its data elsewhere.
    """
    names = (
        ["opensearch"]
        if count == 1
        else [f"opensearch-{no}-of-{count}" for no in range(1, count + 1)]
    )
    return cluster([OpenSearchServer(folder / name) for name in names])


class NativeServers:
    """The servers whose files lie below *folder*; each folder is a set of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def running(self) -> bool:
        """Whether any of them runs."""
        return any(server.alive for name in SETTINGS for server in self._nodes(name))

    def install(self, names: Collection[str]) -> None:
        """Make sure that the programs of *names* are there. Idempotent.

        Raises:
            NoServer: they cannot be had.
        """
        for name in names:
            self._nodes(name)[0].install()

    def up(self, names: Collection[str], nodes: int = 1) -> None:
        """Start *names*, all at the same time, and wait until they are ready; OpenSearch as a
        cluster of *nodes*. Idempotent.

        Raises:
            NoServer: one cannot be had, or runs with another number of nodes.
        """
        with self._alone():
            servers = [server for name in names for server in self._asked(name, nodes)]
            for server in servers:
                server.begin()
            for server in servers:
                server.await_ready()

    def down(self, names: Collection[str]) -> None:
        """Stop *names*; their data stays. Idempotent."""
        with self._alone():
            for name in names:
                for server in self._nodes(name):
                    server.stop()

    def discard(self) -> None:
        """End all of them at once, and forget their data. Idempotent."""
        with self._alone():
            for server in (server for name in SETTINGS for server in self._nodes(name)):
                server.kill()
                server.stop()
        shutil.rmtree(self._folder)

    def state(self, name: str) -> str:
        """How it is with the server called *name*: in a few words, of which the first is up, down
        or mute.
        """
        nodes = self._nodes(name)
        if not any(server.alive for server in nodes):
            return "down"
        word = "up" if all(server.alive and server.ready for server in nodes) else "mute"
        alive = [str(node.process.pid) for node in nodes if node.process and node.alive]
        return f"{word}, pid {', '.join(alive)}"

    def url(self, name: str) -> str:
        """The address of *name*, which is up, as a setting of the shop."""
        nodes = self._nodes(name)
        searching = [node for node in nodes if isinstance(node, OpenSearchServer)]
        return cluster_url(searching) if searching else nodes[0].url

    @property
    def management_url(self) -> str:
        """The address of RabbitMQ's management API."""
        return RabbitServer(self._folder / "rabbitmq").management_url

    def _asked(self, name: str, nodes: int) -> Sequence[Server]:
        present = self._nodes(name)
        if name != "opensearch" or len(present) == nodes:
            return present
        if any(node.alive for node in present):
            raise NoServer(
                f"OpenSearch runs as {len(present)} nodes, not {nodes}: take it down first."
            )
        return opensearch_nodes(self._folder, nodes)

    def _nodes(self, name: str) -> Sequence[Server]:
        if name == "postgres":
            return [PostgresServer(self._folder / name)]
        if name == "rabbitmq":
            return [RabbitServer(self._folder / name)]
        clusters = [opensearch_nodes(self._folder, nodes) for nodes in _CLUSTERS]
        return next((c for c in clusters if any(node.alive for node in c)), clusters[0])

    @contextmanager
    def _alone(self) -> Generator[None]:
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
