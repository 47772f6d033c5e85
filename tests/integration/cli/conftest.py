"""Commands on a shop of their own, in a folder of their own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_cli.main import main
from commerce_core.accounts import Register
from tests.live import SANDBOX

SELLER: Final = "sol@shop.example"
BUYER: Final = "bea@shop.example"


@attrs.frozen
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its one JSON document."""
        return json.loads(self.out)


@attrs.frozen
class Cli:
    """Runs commands in this process."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Ran:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, said.out, said.err)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the command is called: nothing is set, and there is no shop yet."""
    for name in [name for name in os.environ if name.startswith("COMMERCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def commerce(capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line."""
    return Cli(capsys)


@pytest.fixture
def shop(
    folder: Path, on_database: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """The shop that commands work on, on each database, with a seller and a buyer."""
    for name, value in (
        SANDBOX | {f"COMMERCE_{name.upper()}": value for name, value in on_database.items()}
    ).items():
        monkeypatch.setenv(name, value)
    opened = build_shop(Settings.in_folder(Path("var"), **on_database))
    for email, role in ((SELLER, "seller"), (BUYER, "buyer")):
        opened.accounts.register(
            Register(email=email, password="open-sesame", name="Sol", role=role)
        )
    yield opened
    opened.close()
