"""Clients that nobody here wrote, made from the document, are sound to their own compilers and buy
something in a running shop.

Python's by openapi-python-client, which is among the development requirements; TypeScript's by
openapi-typescript, which npm installs below ``var/``. Where there is no npm, the test of it says
so; with ``CI`` set it fails instead.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT
from tests.integration.http.people import Town, open_town
from tests.node import node_modules

HERE: Final = Path(__file__).parent
PACKAGES: Final = HERE / "package.json"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("generated")) as opened:
        yield opened


@pytest.fixture
def folder(town: Town, tmp_path: Path) -> Path:
    """A folder with the document of the shop in it."""
    (tmp_path / "shop.json").write_bytes(town.guest("GET", "/schema/openapi.json").content)
    return tmp_path


def run(folder: Path, *command: str | Path, seconds: float = 300) -> str:
    """What *command* prints; it must succeed."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-8_000:]
    return done.stdout


@pytest.fixture
def node() -> Path:
    """The programs that npm has installed."""
    return node_modules(PACKAGES, "the TypeScript client is not checked")


def test_a_python_client_is_typed_and_buys(town: Town, folder: Path) -> None:
    here = Path(sys.executable).parent
    generate = ["generate", "--path", "shop.json", "--meta", "none", "--output-path", "shop_client"]
    run(folder, here / "openapi-python-client", *generate)
    shutil.copy(HERE / "buy.py", folder)
    run(folder, here / "mypy", "--strict", "--config-file=", "--explicit-package-bases",
        "--cache-dir", ROOT / ".mypy_cache" / "clients", "buy.py", "shop_client")  # fmt: skip
    assert run(folder, sys.executable, "buy.py", str(town.client.base_url)).startswith("bought ")


def test_a_typescript_client_is_typed_and_buys(town: Town, folder: Path, node: Path) -> None:
    for name in ("buy.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, folder)
    (folder / "node_modules").symlink_to(node)
    run(folder, node / ".bin" / "openapi-typescript", "shop.json", "-o", "shop.d.ts")
    run(folder, node / ".bin" / "tsc", "-p", ".")
    assert run(folder, "node", "buy.js", str(town.client.base_url)).startswith("bought ")


def test_a_client_that_reads_what_is_not_told_does_not_compile(folder: Path) -> None:
    here = Path(sys.executable).parent
    generate = ["generate", "--path", "shop.json", "--meta", "none", "--output-path", "shop_client"]
    run(folder, here / "openapi-python-client", *generate)
    wrong = (HERE / "buy.py").read_text().replace("details.total.amount", "details.total_amount")
    (folder / "buy.py").write_text(wrong)
    with pytest.raises(AssertionError, match="total_amount"):
        run(folder, here / "mypy", "--strict", "--config-file=", "--explicit-package-bases",
            "--cache-dir", ROOT / ".mypy_cache" / "clients", "buy.py")  # fmt: skip
