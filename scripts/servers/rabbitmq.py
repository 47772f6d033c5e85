"""RabbitMQ from the system's packages, as a node of its own beside any that the system runs."""

import http.client
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.servers.errors import NoServer
from scripts.servers.packages import install, newest
from scripts.servers.places import hand_over
from scripts.servers.processes import run
from scripts.servers.server import Part, Server

_USER: Final = "commerce"
_GREETING: Final = b"AMQP\x00\x00\x09\x01"
_PATIENCE: Final = 2.0
_CONFIGURATION: Final = """\
listeners.tcp.default = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
default_user = {user}
default_pass = {password}
loopback_users = none
disk_free_limit.absolute = 50MB
"""


class RabbitServer(Server):
    """A node with one user, who may do anything, and the management plug-in; its own epmd beside
    it, which outlives the node.
    """

    ports = ("amqp", "management", "distribution", "epmd")

    @property
    def url(self) -> str:
        return self.url_of("%2F")

    def url_of(self, vhost: str) -> str:
        """The address of a virtual host of it, whose name is quoted as in an address."""
        return (
            f"amqp://{_USER}:{self.record.password}@127.0.0.1:{self.record.ports['amqp']}/{vhost}"
        )

    @property
    def management_url(self) -> str:
        """The address of its management API, with user and password."""
        return (
            f"http://{_USER}:{self.record.password}@127.0.0.1:{self.record.ports['management']}/api"
        )

    @property
    def ready(self) -> bool:
        return _speaks_amqp(self.record.ports["amqp"]) and _speaks_http(
            self.record.ports["management"]
        )

    def install(self) -> None:
        if programs() is None:
            install(["rabbitmq-server"])

    def prepare(self) -> None:
        texts = {
            "rabbitmq.conf": _CONFIGURATION.format(
                user=_USER, password=self.record.password, **self.record.ports
            ),
            "enabled_plugins": "[rabbitmq_management].\n",
        }
        for name, text in texts.items():
            file = self.data / name
            file.touch(mode=0o600)
            file.write_text(text)
            hand_over(file)

    def control(self, *arguments: str) -> str:
        """What ``rabbitmqctl`` answers; it takes a second or two.

        Raises:
            NoServer: it fails.
        """
        command: list[str | Path] = [_programs() / "rabbitmqctl", "--quiet", *arguments]
        done = run(
            command,
            folder=self.data,
            environment={"PATH": os.defpath, "LANG": "C.UTF-8", **self._environment()},
        )
        if done.returncode:
            raise NoServer(f"rabbitmqctl {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def parts(self) -> Sequence[Part]:
        epmd = ["epmd", "-port", str(self.record.ports["epmd"]), "-address", "127.0.0.1"]
        return [
            Part("epmd", epmd, {}),
            Part("rabbitmq", [_programs() / "rabbitmq-server"], self._environment()),
        ]

    def _environment(self) -> dict[str, str]:
        """Nothing is left to the defaults, which are the folders of the system's own node."""
        data = str(self.data)
        return {
            "HOME": data,  # Erlang's cookie lies there
            "ERL_EPMD_PORT": str(self.record.ports["epmd"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": "commerce@localhost",
            "RABBITMQ_DIST_PORT": str(self.record.ports["distribution"]),
            # Schedulers that spin while they wait would take the processors from what is tested
            # beside.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} "
                "+sbwt none +sbwtdcpu none +sbwtdio none"
            ),
            "RABBITMQ_CONF_ENV_FILE": f"{data}/rabbitmq-env.conf",
            "RABBITMQ_CONFIG_FILE": f"{data}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{data}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{data}/enabled_plugins",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{data}/generated",
            "RABBITMQ_MNESIA_BASE": f"{data}/mnesia",
            "RABBITMQ_PID_FILE": f"{data}/rabbitmq.pid",
            "RABBITMQ_LOG_BASE": f"{data}/log",
            "RABBITMQ_SCHEMA_DIR": f"{data}/schema",
        }


def programs() -> Path | None:
    """The folder of RabbitMQ's own scripts: the wrappers on the path insist on the system's
    node.
    """
    return newest("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin", holding="rabbitmq-server")


def _programs() -> Path:
    if (found := programs()) is None:
        raise NoServer("RabbitMQ is not installed: scripts/services install rabbitmq.")
    return found


def _speaks_amqp(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), _PATIENCE) as connection:
            connection.sendall(_GREETING)
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


def _speaks_http(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/api/overview")
        return connection.getresponse().status == http.client.UNAUTHORIZED
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
