"""Whatever the shop writes is for the user who runs it alone: files 0600, folders 0700, also those
that were there before.
"""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce_bootstrap.settings import Settings
from commerce_core.kernel.private_files import private_folder
from tests.integration.market import open_market

OPEN_TO_OTHERS = 0o077


@pytest.fixture(autouse=True)
def generous_mask() -> Iterator[None]:
    """The usual mask of a shell, so that only the shop's own care counts."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> dict[str, str]:
    """What others may read or enter of *folder* and below, with its mode."""
    found = [folder, *folder.rglob("*")]
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in found}
    return {
        str(path.relative_to(folder.parent)): oct(mode)
        for path, mode in modes.items()
        if mode & OPEN_TO_OTHERS
    }


def sell_something(folder: Path) -> None:
    with open_market(folder, in_step=True) as market:
        market.buy(market.item(quantity=3))
        market.finish()
        assert open_to_others(folder) == {}


def test_what_a_shop_writes_is_closed_to_others(tmp_path: Path) -> None:
    sell_something(tmp_path / "new" / "shop")
    written = {path.name for path in (tmp_path / "new").rglob("*")}
    assert {
        "shop.db",
        "sandbox-payments.db",
        "sandbox-carrier.db",
        "search",
        "lock",
        "current",
        "meta.json",
    } <= written
    assert open_to_others(tmp_path / "new") == {}


def test_what_an_earlier_release_wrote_is_closed_when_it_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    sell_something(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    sell_something(folder)
    assert open_to_others(folder) == {}


def test_a_folder_with_something_else_in_it_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir(mode=0o755)
    (folder / "index.html").touch()
    sold = Settings.in_folder(folder)
    assert sold.database_url.endswith("/site/shop.db")
    with open_market(folder):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "index.html").stat().st_mode) == 0o644
    assert stat.S_IMODE((folder / "shop.db").stat().st_mode) == 0o600


def test_the_folder_that_is_worked_in_keeps_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "shop.db").touch()
    monkeypatch.chdir(tmp_path)
    private_folder(Path("."))
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_whatever_a_command_writes_is_closed_to_others(tmp_path: Path) -> None:
    program = "from commerce_cli.start import main; main()"
    for words in (["migrate"], ["search", "explain", "lamp"]):
        ran = subprocess.run(
            [sys.executable, "-c", program, *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode in (0, 1), ran.stderr
    assert (tmp_path / "var" / "shop.db").exists()
    assert open_to_others(tmp_path / "var") == {}
