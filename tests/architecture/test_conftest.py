"""The rules of tests/conftest.py, on a suite of its own: what is left out is said, and units open
no connection.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

SUITE = {
    "unit/test_network.py": """
        import socket
        import pytest

        @pytest.mark.parametrize("verb", ["bind", "connect"])
        def test_a_port(verb):
            with socket.socket() as s:
                getattr(s, verb)(("127.0.0.1", 0))

        def test_a_name():
            socket.getaddrinfo("localhost", 80)

        def test_a_pair():
            one, other = socket.socketpair()
            one.close(), other.close()
    """,
    "integration/test_network.py": """
        import socket

        def test_a_port():
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
    """,
    "integration/test_shared.py": """
        import pytest

        @pytest.mark.shared
        def test_data(shared):
            assert shared.is_dir()
    """,
    "integration/test_lazy.py": """
        import pytest

        def test_later():
            pytest.skip("some day")
    """,
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers = shared: x\naddopts = --import-mode=importlib -p no:cacheprovider -rA\n"
    )
    for name, source in SUITE.items():
        (folder / "tests" / name).parent.mkdir(exist_ok=True)
        (folder / "tests" / name).write_text("\n".join(line[8:] for line in source.splitlines()))
    return folder


def outcome(suite: Path, shared: Path | None, *options: str) -> str:
    environment = {
        k: v
        for k, v in os.environ.items()
        if k != "COMMERCE_SHARED" and not k.startswith("PYTEST_")
    }
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "200"}
    if shared:
        environment["COMMERCE_SHARED"] = str(shared)
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(
        command, cwd=suite, env=environment, capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "side by side"])
def test_without_shared_data_what_is_left_out_is_said(
    suite: Path, options: tuple[str, ...]
) -> None:
    words = outcome(suite, None, *options)
    assert "1 checks were left out, for COMMERCE_SHARED is not set" in words
    assert "\ntests/integration/test_shared.py::test_data\n" in words
    assert "COMMERCE_SHARED is not set: left out" in words
    assert "3 failed, 2 passed, 2 skipped" in words.splitlines()[-1]


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "side by side"])
def test_with_shared_data_a_skip_is_a_failure(
    suite: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    words = outcome(suite, tmp_path, *options)
    assert "PASSED tests/integration/test_shared.py::test_data" in words
    assert "FAILED tests/integration/test_lazy.py::test_later" in words
    assert "4 failed, 3 passed" in words.splitlines()[-1]


def test_units_open_no_connection_and_others_may(suite: Path) -> None:
    words = outcome(suite, None)
    for name in ("test_a_port[bind]", "test_a_port[connect]", "test_a_name"):
        assert (
            f"FAILED tests/unit/test_network.py::{name} - AssertionError: a unit or contract test "
            "opened a connection"
        ) in words
    assert "PASSED tests/unit/test_network.py::test_a_pair" in words
    assert "PASSED tests/integration/test_network.py::test_a_port" in words
