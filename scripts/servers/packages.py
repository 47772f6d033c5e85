"""Programs, found or installed by the system's package manager."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.servers.errors import NoServer
from scripts.servers.places import ROOT

_POLICY: Final = Path("/usr/sbin/policy-rc.d")
_LOCK_WAIT: Final = 600


def newest(*patterns: str, holding: str) -> Path | None:
    """of the folders below the root that match, the one with the highest version in its name that
    has the program *holding*.
    """
    found = [
        folder
        for pattern in patterns
        for folder in Path("/").glob(pattern)
        if os.access(folder / holding, os.X_OK)
    ]
    return max(
        found, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], default=None
    )


def install(packages: Sequence[str]) -> None:
    """Install *packages*, without a question and without starting any server that is in them.

    Raises:
        NoServer: there is no package manager, no right to use it, or it fails.
    """
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise NoServer(
            f"{wanted} must be installed, and there is no apt-get here: install it by hand, or "
            "run Docker."
        )
    with _alone():
        _apt(wanted, "update")
        with _nothing_started():
            _apt(wanted, "install", "--yes", "--no-install-recommends", *packages)


def first_known(candidates: Sequence[str]) -> str | None:
    """The first of *candidates* that the package manager knows."""
    if shutil.which("apt-cache") is None:
        return None
    for name in candidates:
        if (
            subprocess.run(["apt-cache", "show", name], capture_output=True, check=False).returncode
            == 0
        ):
            return name
    return None


def refresh() -> None:
    """Let the package manager look at what there is."""
    with _alone():
        _apt("what is needed", "update")


def _apt(wanted: str, *arguments: str) -> None:
    command = [
        "apt-get",
        "--quiet",
        "--quiet",
        "-o",
        f"DPkg::Lock::Timeout={_LOCK_WAIT}",
        *arguments,
    ]
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            raise NoServer(
                f"{wanted} must be installed, and only root may: apt-get install {wanted}"
            )
        command = ["sudo", "--non-interactive", "DEBIAN_FRONTEND=noninteractive", *command]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()
        raise NoServer(
            f"{wanted} could not be installed (apt-get {arguments[0]}): "
            f"{reason[-1] if reason else 'no reason was given'}"
        )


@contextmanager
def _alone() -> Generator[None]:
    """One of this checkout installs at a time: apt-get update does not wait for another one."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _nothing_started() -> Generator[None]:
    """Debian starts a server when its package is installed, unless this file says no."""
    if os.geteuid() != 0 or _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
