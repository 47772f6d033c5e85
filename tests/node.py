"""Programs that npm installs below ``var/`` for tests in another language, once for every run of
the same ``package.json``. Where there is no npm, who wants them says so; with ``CI`` set it fails.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT


def node_modules(packages: Path, unless: str) -> Path:
    """The folder of what *packages* (a ``package.json``) asks for; *unless* says what is not done
    without it.
    """
    wanted = packages.read_bytes()
    place = ROOT / "var" / "clients" / hashlib.sha256(wanted).hexdigest()[:16]
    if not place.exists():
        making = place.with_suffix(f".{os.getpid()}")
        making.mkdir(parents=True)
        (making / "package.json").write_bytes(wanted)
        why = _installed(making)
        if why and os.environ.get("CI"):
            pytest.fail(why)
        if why:
            pytest.skip(f"{unless}: {why}")
        making.rename(place)
    return place / "node_modules"


def _installed(folder: Path) -> str:
    """Why npm has not installed what *folder* asks for; empty: it has."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not here"
    command = [npm, "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=600, check=False
        )
    except subprocess.TimeoutExpired:
        return "npm took more than ten minutes"
    return "" if done.returncode == 0 else f"npm: {done.stderr[-500:]}"
