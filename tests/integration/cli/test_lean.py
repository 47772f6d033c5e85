"""A command starts without what its libraries would load on the side."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from commerce_cli.lean import without_frameworks

_OPENS: Final = """
import sys
from pathlib import Path
from typing import Final
from commerce_bootstrap.settings import Settings
from commerce_cli.opening import open_shop

with open_shop(Settings.in_folder(Path(sys.argv[1]))):
    print([name for name in sys.argv[2:] if name in sys.modules])
"""


def test_a_shop_is_opened_without_what_is_installed_for_others_or_for_later(tmp_path: Path) -> None:
    others = ["fastapi", "scipy"]
    for name in others:
        pytest.importorskip(name)
    command = [sys.executable, "-c", _OPENS, str(tmp_path), *others]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_was_left_out_can_be_imported_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("starlette.requests")
    monkeypatch.delitem(sys.modules, "starlette.requests")
    with without_frameworks(), pytest.raises(ImportError):
        importlib.import_module("starlette.requests")
    assert importlib.import_module("starlette.requests")
