"""Programs that others wrote to stand in for Stripe, each a process of its own: stripe-mock, which
checks the shape of every request, and localstripe, which knows declines and 3-D Secure. They
are built once, in ``var/tools``; localstripe has an environment of its own, as nothing imports it.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from scripts.servers.places import free_ports
from tests.go_programs import TOOLS, program
from tests.integration.http.people import until

_LOCAL: Final = "localstripe==1.15.10"


@contextmanager
def stripe_mock(folder: Path) -> Generator[str]:
    """The address of stripe-mock while the block lasts."""
    mock = program("stripe-mock")
    (port,) = free_ports(1)
    with _running([str(mock), "-http-addr", f"127.0.0.1:{port}"], port, folder):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def localstripe(folder: Path) -> Generator[str]:
    """The address of localstripe, with nothing in it, while the block lasts."""
    python = _installed()
    (port,) = free_ports(1)
    command = [str(python), "-m", "localstripe", "--port", str(port), "--from-scratch"]
    with _running(command, port, folder):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(command: Sequence[str], port: int, folder: Path) -> Generator[None]:
    with (folder / "stripe.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        until(lambda: _listens(port), 30)
        yield
    finally:
        process.kill()
        process.wait(10)


def _installed() -> Path:
    folder = TOOLS / _LOCAL.replace("==", "-")
    if not folder.exists():
        draft = TOOLS / f"build-{os.getpid()}"
        _done([sys.executable, "-m", "venv", str(draft)])
        _done([str(draft / "bin" / "python"), "-m", "pip", "install", "--quiet", _LOCAL])
        draft.replace(folder)
    return folder / "bin" / "python"


def _done(command: Sequence[str], **environment: str) -> None:
    TOOLS.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"{command[-1]} cannot be had: {done.stderr[-300:]}")


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
