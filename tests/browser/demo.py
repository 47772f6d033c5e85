"""A running demo, and the real browser that looks at it."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import attrs

from tests.live import COMMERCE

HERE: Final = Path(__file__).parent
PACKAGES: Final = HERE / "package.json"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Seconds: long enough for a machine that does much else.
_PATIENCE: Final = 480
_SAID_ALL: Final = "Paste these lines into another terminal:\n"


@attrs.frozen
class Demo:
    """A running demo, and what looks at it: a *browser*, driven by *programs* of npm."""

    address: str
    password: str
    browser: str
    programs: Path

    def run(self, program: str, *arguments: str) -> dict[str, Any]:
        """What *program* says; nothing that a browser would complain of has happened."""
        with tempfile.TemporaryDirectory() as folder:
            for path in HERE.glob("*.mjs"):
                shutil.copy(path, folder)
            Path(folder, "node_modules").symlink_to(self.programs)
            ran = subprocess.run(
                ["node", program, self.address, self.browser, self.password, *arguments],
                cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False,
            )  # fmt: skip
        assert ran.returncode == 0, ran.stderr[-4_000:]
        said: dict[str, Any] = json.loads(ran.stdout)
        assert said.pop("complaints") == []
        return said


def chromium() -> str | None:
    """Where Chromium is; ``None``: it is not here."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def open_demo(folder: Path, browser: str, programs: Path) -> Generator[Demo]:
    """A new demo in *folder*, gone at the end."""
    with (folder / "log").open("w") as log, subprocess.Popen(
        [COMMERCE, "demo", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            said = ""
            while not said.endswith(_SAID_ALL):
                line = process.stdout.readline()
                assert line, f"the demo ended: {said}"
                said += line
            address = re.search(r"open at (http://\S+)", said)
            password = re.search(r"the password of each is (\S+)", said)
            assert address is not None
            assert password is not None
            yield Demo(address[1], password[1], browser, programs)
        finally:
            process.kill()
