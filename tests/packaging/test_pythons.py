"""The built wheel, in an empty environment of each Python that it is for, sells what the tutorial
sells.

A Python that is not on this machine's PATH is left out. What is installed is what is locked, from
the registry that pip is set up with.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import PYPROJECT, ROOT
from tests.docs.test_examples import fenced
from tests.live import LiveShop
from tests.packaging.test_wheel import wheel

__all__ = ["wheel"]

_CLASSIFIER: Final = "Programming Language :: Python :: "
_CLASSIFIERS: Final = PYPROJECT["project"]["classifiers"]
VERSIONS: Final = [c.removeprefix(_CLASSIFIER) for c in _CLASSIFIERS if c.startswith(_CLASSIFIER)]
_PATIENCE: Final = 600


def test_the_oldest_python_that_is_named_is_the_oldest_that_is_taken() -> None:
    assert PYPROJECT["project"]["requires-python"] == f">={VERSIONS[0]}"


def whole(version: str) -> str | None:
    """The interpreter of *version* on this machine; ``None``: there is none with all its parts."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    python = shutil.which(f"python{version}")
    probe = [python or "", "-c", "import ensurepip, ssl, sqlite3"]
    if python is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        return None
    return python


#: Those that are here; the one that runs the tests always is.
PYTHONS: Final = {version: python for version in VERSIONS if (python := whole(version))}


def run(*command: str | Path, folder: Path | None = None, **variables: str) -> str:
    """What *command* writes, in *folder* and with *variables* in its environment."""
    environment = {**os.environ, **variables, "PYTHONPATH": ""}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("version", PYTHONS)
def test_the_wheel_sells_what_the_tutorial_sells(version: str, wheel: Path, tmp_path: Path) -> None:
    sells_what_the_tutorial_sells(version, "run.txt", wheel, tmp_path)


@pytest.mark.parametrize("version", [VERSIONS[0]] if VERSIONS[0] in PYTHONS else [])
def test_it_does_so_with_the_lowest_versions_that_are_allowed(
    version: str, wheel: Path, tmp_path: Path
) -> None:
    sells_what_the_tutorial_sells(version, "lowest.txt", wheel, tmp_path)


def sells_what_the_tutorial_sells(version: str, lock: str, wheel: Path, tmp_path: Path) -> None:
    """Follow the tutorial with *wheel* on this Python, and with what is in *lock*."""
    run(PYTHONS[version], "-m", "venv", tmp_path / "venv")
    programs = tmp_path / "venv" / "bin"
    pip = [programs / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(*pip, "--require-hashes", "--requirement", ROOT / "requirements" / lock)
    run(*pip, "--no-deps", wheel)
    assert run(programs / "python", "--version").startswith(f"Python {version}.")
    (tmp_path / "shop").mkdir()
    command = (str(programs / "commerce"), "serve", "--port", "0")
    shop = LiveShop(tmp_path / "shop", {"PYTHONPATH": ""}, command)
    try:
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        typed = "\n".join(fenced("bash", "tutorial.md"))
        bash = ("bash", "-euo", "pipefail", "-c", typed)
        written = run(*bash, folder=shop.folder, SHOP=shop.address, PATH=path)
    finally:
        shop.stop()
    assert written == "".join(fenced("text", "tutorial.md"))
