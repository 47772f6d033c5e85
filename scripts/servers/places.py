"""Where servers keep their files, who they run as, and which ports they take."""

import hashlib
import os
import pwd
import random
import socket
import stat
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from scripts.servers.errors import NoServer

ROOT: Final = Path(__file__).resolve().parents[2]
#: Names another folder for a set of servers than ``var/services``.
FOLDER: Final = "SERVICES_DIR"
#: Who servers run as where we are root, which they refuse to be; ``None``: as we.
SERVANT: Final = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
#: Below what the system gives to outgoing connections: a server that is down for a while finds its
#: port still free.
_PORTS: Final = range(15_000, 32_000)


def services_folder() -> Path:
    """The folder of the set of servers that is asked for."""
    return reachable(Path(os.environ.get(FOLDER) or ROOT / "var" / "services"))


def reachable(folder: Path) -> Path:
    """*folder*, made; another one for the same purpose where the servers' user could not get to it.

    Raises:
        NoServer: somebody else has made that other one.
    """
    folder = folder.resolve()
    if SERVANT is None or all(
        p.stat().st_mode & stat.S_IXOTH for p in folder.parents if p.exists()
    ):
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder = (
            Path(tempfile.gettempdir()).resolve()
            / f"commerce-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
        )
        folder.mkdir(exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
            raise NoServer(f"{folder} belongs to somebody else: name another folder by {FOLDER}.")
    if SERVANT is not None:
        folder.chmod(0o755)
    return folder


def hand_over(path: Path) -> Path:
    """*path*, and what is in it, given to the servers' user."""
    if SERVANT is not None:
        for each in (path, *path.rglob("*")):
            os.chown(each, SERVANT.pw_uid, SERVANT.pw_gid, follow_symlinks=False)
    return path


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nobody listens.

    Raises:
        NoServer: there are not as many.
    """
    found: list[int] = []
    with ExitStack() as held:
        for port in random.sample(_PORTS, len(_PORTS)):
            if len(found) == count:
                return found
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            found.append(port)
    raise NoServer(f"There are no {count} free ports on 127.0.0.1.")
