"""What the tests start, they end: also where a test fails."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests import live
from tests.live import LiveShop, running

_ROOT: Final = Path(__file__).parents[2]
#: A test that starts something that lives on, and fails.
_FAILS: Final = """
import sys
from tests.live import LiveShop

TELLS = "import os, time; print(f'at http://{os.getpid()}', flush=True); time.sleep(600)"

def test_it_fails(tmp_path):
    shop = LiveShop(tmp_path, {}, (sys.executable, "-c", TELLS))
    open(%r, "w").write(str(shop.process.pid))
    assert False, "and nobody stops it"
"""

#: It hears no SIGTERM.
_DEAF: Final = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def hangs_here():
    print("at http://nowhere", flush=True)
    time.sleep(600)
hangs_here()
"""


def test_a_test_that_fails_leaves_no_process_behind(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    (tmp_path / "conftest.py").write_text((_ROOT / "tests" / "e2e" / "conftest.py").read_text())
    (tmp_path / "test_failing.py").write_text(_FAILS % str(noted))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)


def test_a_shop_that_does_not_open_is_ended(tmp_path: Path) -> None:
    before = running()
    with pytest.raises(AssertionError, match="did not open"):
        LiveShop(tmp_path, {}, (sys.executable, "-c", "pass"))
    assert running() == before


def test_a_process_that_does_not_end_says_where_it_hangs_and_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_PATIENCE", 2.0)
    before = running()
    shop = LiveShop(tmp_path, {}, (sys.executable, "-c", _DEAF))
    with pytest.raises(AssertionError, match="in hangs_here"):
        shop.stop()
    assert shop.process.returncode is not None
    assert shop.process.stdout is not None
    assert shop.process.stdout.closed
    assert running() == before
