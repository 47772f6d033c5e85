"""What every server is: processes, a folder and ports that stay the same from start to start."""

import json
import os
import secrets
import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from scripts.servers.errors import NoServer
from scripts.servers.places import free_ports, hand_over
from scripts.servers.processes import Process, spawn, until

_RECORD: Final = "server.json"
_START, _STOP, _DIE = 180.0, 60.0, 30.0


@dataclass(frozen=True)
class Part:
    """A process that a server consists of: what it is called, and how it is started."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]


@dataclass
class Record:
    """What is remembered of a server: where it listens, its password, and its processes by the
    names of their parts.
    """

    ports: dict[str, int]
    password: str
    processes: dict[str, Process] = field(default_factory=dict)


class Server(ABC):
    """A server below *folder*. It runs on when its starter ends, and a later object for the same
    folder finds it again.

    Whoever starts it in a test holds its processes as children and waits for them: one that is
    nobody's child any more may look alive for seconds after ``kill -9``. Its last part is the
    server; parts before it are what it needs beside it.
    """

    #: What its ports are for.
    ports: ClassVar[Sequence[str]]
    #: What it ends on in good order, with clients connected.
    ends_on: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = self._remembered() or self._new_record()

    @property
    def log(self) -> Path:
        """What its processes print."""
        return self.folder / "server.log"

    @property
    def data(self) -> Path:
        """The folder that belongs to it alone."""
        return self.folder / "data"

    @property
    def process(self) -> Process | None:
        """The server itself, if it was ever started."""
        return list(self.record.processes.values())[-1] if self.record.processes else None

    @property
    def alive(self) -> bool:
        """Whether its process runs, be it able to answer or not."""
        return self.process is not None and self.process.alive

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether it takes requests."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Its address as a setting of the shop."""

    @abstractmethod
    def install(self) -> None:
        """Make sure that its programs are there. Idempotent.

        Raises:
            NoServer: they cannot be had.
        """

    @abstractmethod
    def parts(self) -> Sequence[Part]:
        """Its processes, in the order in which they start."""

    @abstractmethod
    def prepare(self) -> None:
        """Lay out what is needed before it starts. Idempotent."""

    def finish(self) -> None:  # noqa: B027 (most need nothing)
        """Do what can only be done once it takes requests. Idempotent."""

    def start(self) -> None:
        """Start it and wait until it is ready. Nothing happens to one that is.

        Raises:
            NoServer: it cannot be installed, ends at once or is not ready in time.
        """
        self.begin()
        self.await_ready()

    def begin(self) -> None:
        """Start its processes without waiting for it to be ready."""
        if self.alive:
            return
        self.install()
        self.data.mkdir(parents=True, exist_ok=True)
        hand_over(self.data)
        self.prepare()
        for part in self.parts():
            running = self.record.processes.pop(part.name, None)
            if running is None or not running.alive:
                _await_burial(running)
                environment = {"PATH": os.defpath, "LANG": "C.UTF-8", **part.environment}
                running = spawn(
                    part.command, folder=self.data, log=self.log, environment=environment
                )
            self.record.processes[part.name] = running
            self._remember()

    def await_ready(self) -> None:
        """Wait until it takes requests.

        Raises:
            NoServer: it has ended, or is not ready in time.
        """
        until(lambda: not self.alive or self.ready, _START)
        if not self.alive:
            raise NoServer(f"{self.folder.name} ended while it was starting: {self._last_words()}")
        if not self.ready:
            raise NoServer(
                f"{self.folder.name} was not ready within {_START:.0f} s; its log is {self.log}."
            )
        self.finish()

    def stop(self, number: signal.Signals | None = None) -> None:
        """End it and what it needs beside it in good order, or by *number*; by force if that takes
        too long. Idempotent.
        """
        self.resume()
        for name, process in reversed(self.record.processes.items()):
            family = process.family()
            process.send(number or self.ends_on if process == self.process else signal.SIGTERM)
            if not _gone(family, _STOP):
                self._end(name, process)
        if self.record.processes:
            self.record.processes.clear()
            self._remember()

    def kill(self) -> None:
        """End it as a power cut would, every process of it. It has ended when this returns.
        Idempotent.
        """
        for name, process in list(self.record.processes.items())[-1:]:
            self._end(name, process)

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing is answered."""
        self._tell(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after :meth:`pause`. Idempotent."""
        self._tell(signal.SIGCONT)

    def restart(self) -> None:
        """Stop it and start it again, with the same data and the same address."""
        self.stop()
        self.start()

    def _tell(self, number: signal.Signals) -> None:
        for member in self.process.family() if self.process else ():
            member.send(number)

    def _end(self, name: str, process: Process) -> None:
        family = process.family()
        for member in family:
            member.send(signal.SIGKILL)
        if not _gone(family, _DIE):
            raise NoServer(f"{name} of {self.folder} does not end, pid {process.pid}.")

    def _last_words(self) -> str:
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines()]
        reasons = [
            line for line in lines if line and not line.startswith("at ")
        ]  # no stack of Java's
        return " / ".join(reasons[-5:]) or "it said nothing."

    def _new_record(self) -> Record:
        return Record(
            ports=dict(zip(self.ports, free_ports(len(self.ports)), strict=True)),
            password=secrets.token_hex(12),
        )

    def _remembered(self) -> Record | None:
        try:
            known = json.loads((self.folder / _RECORD).read_text())
        except FileNotFoundError:
            return None
        return Record(
            **{
                **known,
                "processes": {
                    name: Process(**process) for name, process in known["processes"].items()
                },
            }
        )

    def _remember(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        new = self.folder / f"{_RECORD}.new"
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(self.record)))
        new.replace(self.folder / _RECORD)


def _await_burial(ended: Process | None) -> None:
    """PostgreSQL would not start beside one that was killed a moment ago, as long as the system
    lists it.
    """
    until(lambda: ended is None or not ended.listed, _DIE)


def _gone(family: Sequence[Process], seconds: float) -> bool:
    return until(lambda: not any(member.alive for member in family), seconds)
