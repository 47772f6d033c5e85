"""Programs that are built with Go from their modules, once for each checkout."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT

TOOLS: Final = ROOT / "var" / "tools"
#: Seconds; on a machine that has never seen the module all that it needs is fetched and compiled.
_PATIENCE: Final = 1_200


def built(module: str, version: str) -> Path:
    """The program of *module*, which is called as its last part; built if it is not there. The test
    is skipped where it cannot be.
    """
    name = module.rpartition("/")[2]
    program = TOOLS / f"{name}-{version}"
    if program.exists():
        return program
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not Path(go).exists():
        pytest.skip(f"{name} is built with Go, which is not installed")
    folder = TOOLS / f"build-{name}-{os.getpid()}"
    done = subprocess.run(
        [go, "install", f"{module}@{version}"],
        env={**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod -p=2"},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"{name} cannot be built: {done.stderr[-300:]}")
    (folder / name).replace(program)
    folder.rmdir()
    return program
