"""Programs that others wrote in Go and tests run, built from their modules once for each checkout:
``python -m tests.go_programs`` builds all of them, so that no test has to wait for it.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT

TOOLS: Final = ROOT / "var" / "tools"
#: The module of each program, and its version.
MODULES: Final = {
    "mailpit": ("github.com/axllent/mailpit", "v1.33.1"),
    "stripe-mock": ("github.com/stripe/stripe-mock", "v0.203.0"),
    "versitygw": ("github.com/versity/versitygw/cmd/versitygw", "v1.8.0"),
}
#: Seconds; on a machine that has never seen a module all that it needs is fetched and compiled.
_PATIENCE: Final = 1_200


class NotBuiltError(Exception):
    """Why a program cannot be had."""


def program(name: str) -> Path:
    """Where the program *name* is. The test is skipped where it cannot be built."""
    try:
        return _built(name)
    except NotBuiltError as error:
        pytest.skip(str(error))


def _built(name: str) -> Path:
    """The program, built if it is not there: by one process, while others wait for it."""
    module, version = MODULES[name]
    place = TOOLS / f"{name}-{version}"
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            _install(f"{module}@{version}", name, place)
    return place


def _install(package: str, name: str, place: Path) -> None:
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not Path(go).exists():
        raise NotBuiltError(f"{name} is built with Go, which is not installed")
    folder = TOOLS / f"build-{name}"
    done = subprocess.run(
        [go, "install", package],
        env={**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod -p=2"},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode:
        raise NotBuiltError(f"{name} cannot be built: {done.stderr[-300:]}")
    (folder / name).replace(place)
    folder.rmdir()


def main() -> None:
    """Build all; of what cannot be built the tests that need it say so as well."""
    for name in MODULES:
        try:
            _built(name)
        except NotBuiltError as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
