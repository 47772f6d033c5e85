"""The same set of servers as containers, by the project's compose.yaml."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Final

from scripts.servers.errors import NoServer
from scripts.servers.places import ROOT

_PORTS: Final = {"postgres": 5432, "rabbitmq": 5672, "opensearch": 9200}
_MANAGEMENT: Final = 15672
_PATIENCE: Final = 10.0
_MARK: Final = "containers"


class Containers:
    """The servers of *folder* as one project of Docker Compose; a folder is a project of its
    own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = folder / _MARK
        self._project = f"commerce-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]}"

    @property
    def used(self) -> bool:
        """Whether this set was started as containers and not taken down since."""
        return self._mark.exists()

    @staticmethod
    def possible() -> bool:
        """Whether a Docker daemon answers, and its Compose is there."""
        if shutil.which("docker") is None:
            return False
        try:
            pings = [
                subprocess.run(
                    ["docker", *ask], capture_output=True, check=False, timeout=_PATIENCE
                )
                for ask in (["info"], ["compose", "version"])
            ]
        except subprocess.TimeoutExpired:
            return False
        return not any(answer.returncode for answer in pings)

    def install(self, names: Collection[str]) -> None:
        """Fetch the images of *names*.

        Raises:
            NoServer: they cannot be had.
        """
        self._compose("pull", "--quiet", *names)

    def up(self, names: Collection[str], nodes: int = 1) -> None:
        """Start *names* and wait until they are healthy. Idempotent.

        Raises:
            NoServer: one cannot be had, or a cluster is asked for.
        """
        if nodes != 1:
            raise NoServer(
                "In containers OpenSearch is a single node; a cluster of three runs natively only."
            )
        self._mark.touch()
        self._compose("up", "--detach", "--wait", "--quiet-pull", *names)

    def down(self, names: Collection[str]) -> None:
        """Stop *names*; their data stays. Idempotent."""
        if self.used:
            self._compose("stop", *names)
            if not self._running():
                self._compose("down")
                self._mark.unlink()

    def discard(self) -> None:
        """End all of them, and forget their data. Idempotent."""
        if self.used:
            self._compose("down", "--volumes")
        shutil.rmtree(self._folder)

    def state(self, name: str) -> str:
        """How it is with the server called *name*: in a few words, of which the first is up, down
        or mute.
        """
        health = self._running().get(name)
        return (
            "down"
            if health is None
            else f"{'up' if health == 'healthy' else 'mute'}, in a container"
        )

    def url(self, name: str) -> str:
        """The address of *name*, which is up, as a setting of the shop."""
        at = self._published(name, _PORTS[name])
        if name == "postgres":
            return f"postgresql://commerce:{_password('POSTGRES_PASSWORD')}@{at}/commerce"
        return (
            f"amqp://commerce:{_password('RABBITMQ_PASSWORD')}@{at}/%2F"
            if name == "rabbitmq"
            else f"opensearch://{at}"
        )

    @property
    def management_url(self) -> str:
        """The address of RabbitMQ's management API."""
        host = self._published("rabbitmq", _MANAGEMENT)
        return f"http://commerce:{_password('RABBITMQ_PASSWORD')}@{host}/api"

    def _running(self) -> dict[str, str]:
        lines = self._compose("ps", "--format", "json").splitlines() if self.used else []
        found = [json.loads(line) for line in lines if line.strip()]
        return {each["Service"]: each["Health"] for each in found if each["State"] == "running"}

    def _published(self, name: str, port: int) -> str:
        return self._compose("port", name, str(port)).strip()

    def _compose(self, *arguments: str) -> str:
        command = [
            "docker",
            "compose",
            "--project-name",
            self._project,
            "--file",
            str(ROOT / "compose.yaml"),
            *arguments,
        ]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            reason = done.stderr.strip().splitlines()
            raise NoServer(
                f"docker compose {arguments[0]} failed: "
                f"{reason[-1] if reason else 'no reason was given'}"
            )
        return done.stdout


def _password(name: str) -> str:
    """What compose.yaml makes of the same variable."""
    return os.environ.get(name) or "commerce"
