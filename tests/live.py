"""A shop in a process of its own: `commerce serve` on a free port, its files in a folder."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_PATIENCE: Final = 120.0
#: Seconds in which a process that is aborted writes what its threads are at.
_LAST_WORDS: Final = 10.0
_TELLS: Final = {"PYTHONFAULTHANDLER": "1"}
#: Every shop that was started in this process and not ended by whoever started it.
_running: "Final[list[LiveShop]]" = []


def _command() -> str:
    """A `commerce` that is run by this interpreter and imports what the tests import, whatever is
    on the PATH or installed.
    """
    (script,) = entry_points(group="console_scripts", name="commerce")
    specs = [find_spec(name) for name in PACKAGES]
    roots = dict.fromkeys(str(Path(s.origin).parent.parent) for s in specs if s and s.origin)
    folder = Path(tempfile.mkdtemp(prefix="commerce-under-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = folder / "commerce"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[:0] = {[*roots]!r}\nfrom {script.module} import "
        f"{script.attr}\nsys.exit({script.attr}())\n"
    )
    program.chmod(0o700)
    return str(program)


#: One package of each folder of sources.
PACKAGES: Final = ("commerce_core", "commerce_sqlalchemy", "commerce_cli")
COMMERCE: Final = _command()
#: What a shop on PostgreSQL must be told to play.
SANDBOX: Final = {"COMMERCE_PAYMENT_URLS": "sandbox://", "COMMERCE_CARRIER_URL": "sandbox://"}


class LiveShop:
    """A running shop. ``kill`` is SIGKILL and waits for the end: a process that is no child of ours
    may look alive for seconds.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        command: tuple[str, ...] = (COMMERCE, "serve", "--port", "0"),
    ) -> None:
        self.folder = folder
        self.log = folder / "shop.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**SANDBOX, **os.environ, **settings, **_TELLS},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        _running.append(self)
        try:
            self.address = self._announced()
        except BaseException:
            self.kill()
            raise

    def _announced(self) -> str:
        """The address that the shop prints when it takes requests."""
        assert self.process.stdout is not None
        overdue = threading.Timer(_PATIENCE, self.process.kill)
        overdue.start()
        try:
            for line in self.process.stdout:
                if "http://" in line:
                    return "http://" + line.rpartition("http://")[2].strip()
        finally:
            overdue.cancel()
        raise AssertionError(f"the shop did not open: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self._ended()

    def stop(self) -> None:
        """End it in good order. Nothing happens to one that has ended."""
        if self.process.poll() is None:
            self.process.terminate()
        self._ended()

    def _ended(self) -> None:
        """Wait for its end. One that does not come to it says where it hangs, and is gone all the
        same.
        """
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired as late:
            self.process.send_signal(signal.SIGABRT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_LAST_WORDS)
            self.process.kill()
            self.process.wait(_PATIENCE)
            raise AssertionError(f"{late}: {self.log.read_text()[-8000:]}") from late
        finally:
            if self in _running:
                _running.remove(self)
            if self.process.stdout is not None:
                self.process.stdout.close()


def running() -> list[LiveShop]:
    """The shops that were started in this process and not ended yet."""
    return [*_running]


@contextmanager
def live_shop(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[LiveShop]:
    """A shop that runs as long as the block."""
    shop = LiveShop(folder, settings or {})
    try:
        yield shop
    finally:
        shop.stop()
