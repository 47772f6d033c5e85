"""Processes, told apart from strangers that got the same number later."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.servers.places import SERVANT

_LOOK_EVERY: Final = 0.02
#: What this process has started and not waited for yet: until it has, they keep their numbers.
_CHILDREN: Final[dict[int, subprocess.Popen[bytes]]] = {}


@dataclass(frozen=True)
class Process:
    """A process by its number and the tick at which it began: the number alone is given out
    again.
    """

    pid: int
    began: int

    @property
    def alive(self) -> bool:
        """Whether it still runs. One that has ended and was not waited for by its parent has
        ended.
        """
        if (child := _CHILDREN.get(self.pid)) is not None and child.poll() is not None:
            del _CHILDREN[self.pid]
        now = _look(self.pid)
        return now is not None and now.began == self.began and now.runs

    @property
    def listed(self) -> bool:
        """Whether its number is still its own: until its parent has waited for it, others take it
        for alive.
        """
        now = _look(self.pid)
        return now is not None and now.began == self.began

    def family(self) -> list["Process"]:
        """It and all its descendants, as far as they run."""
        return [Process(look.pid, look.began) for look in _descent(self.pid)] if self.alive else []

    def send(self, number: signal.Signals) -> None:
        """Send it a signal. Nothing happens to one that has ended."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def spawn(
    command: Sequence[str | Path], *, folder: Path, log: Path, environment: Mapping[str, str]
) -> Process:
    """Start *command* in a session of its own, so that it outlives us, as somebody without rights
    where we are root.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **_rights(),
        )
    _CHILDREN[child.pid] = child
    return process(child.pid)


def process(pid: int) -> Process:
    """The process that has the number *pid* now, be it one that ended and was not waited for."""
    look = _look(pid)
    return Process(pid, look.began if look else -1)


def run(
    command: Sequence[str | Path], *, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Carry out *command* as :func:`spawn` would, to its end."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **_rights(),
    )


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for *condition*, for *seconds* at most; whether it came true."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY)
    return met


def _rights() -> dict[str, Any]:
    return (
        {}
        if SERVANT is None
        else {"user": SERVANT.pw_uid, "group": SERVANT.pw_gid, "extra_groups": []}
    )


@dataclass(frozen=True)
class _Look:
    pid: int
    state: str
    parent: int
    threads: int
    began: int

    @property
    def runs(self) -> bool:
        """The first thread may end before the others, which hold ports and files as before."""
        return self.state not in "ZX" or self.threads > 1


def _look(pid: int) -> _Look | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return _Look(
        pid=pid,
        state=fields[0],
        parent=int(fields[1]),
        threads=int(fields[17]),
        began=int(fields[19]),
    )


def _descent(pid: int) -> Iterator[_Look]:
    looks = [
        look
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and (look := _look(int(entry.name)))
    ]
    children: dict[int, list[_Look]] = {}
    for look in looks:
        children.setdefault(look.parent, []).append(look)
    waiting = [look for look in looks if look.pid == pid]
    while waiting:
        look = waiting.pop()
        waiting.extend(children.get(look.pid, ()))
        if look.runs:
            yield look
