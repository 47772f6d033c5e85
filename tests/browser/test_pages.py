"""The demo's pages in a real browser: what it complains of, what axe finds, and buying through it.

Chromium is a package of most systems; the programs that drive it are installed by npm. Where one is
missing, the tests say so.
"""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from tests.live import COMMERCE
from tests.node import node_modules

HERE: Final = Path(__file__).parent
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_UNLESS: Final = "no page is looked at in a browser"
#: Long enough for a machine that does much else.
_PATIENCE: Final = 480
SLOW: Final = "The card that is slow: the first call times out, a repeat two seconds later pays"


@attrs.frozen
class Demo:
    """A running demo, and what looks at it."""

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


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    browser = next(filter(None, map(shutil.which, _NAMES)), None)
    if browser is None:
        pytest.skip(f"{_UNLESS}: Chromium is not here")
    programs = node_modules(HERE / "package.json", _UNLESS)
    folder = tmp_path_factory.mktemp("demo")
    with (folder / "log").open("w") as log, subprocess.Popen(
        [COMMERCE, "demo", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            said = ""
            while not said.endswith("Paste these lines into another terminal:\n"):
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


def test_no_page_has_a_fault_that_a_browser_or_axe_can_find(demo: Demo) -> None:
    """Light, dark and 320 pixels wide; WCAG 2.2, A and AA."""
    seen = demo.run("look.mjs")["seen"]
    assert {
        "visitor /", "visitor /shop", "visitor /shop/items/*", "visitor /log-in",
        "visitor /register", "buyer /shop/cart", "buyer /shop/checkout", "buyer /shop/orders",
        "buyer /shop/wishlist", "buyer /account", "buyer /account/leave", "seller /sell",
        "seller /sell/items", "seller /sell/items/*", "seller /sell/offer", "seller /sell/imports",
        "seller /sell/orders", "seller /sell/webhooks", "operator /console",
        "operator /console/orders",
    } <= set(seen)  # fmt: skip
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("scripts", ["scripts", "none"])
def test_a_person_finds_buys_and_sees_the_order_complete(demo: Demo, scripts: str) -> None:
    assert demo.run("buy.mjs", scripts)["done"]


def test_the_page_of_a_slow_order_moves_by_itself_while_the_console_shows_its_calls(
    demo: Demo,
) -> None:
    seen = demo.run("two_windows.mjs", SLOW)
    assert seen["done"]
    assert seen["calls"] >= 1
