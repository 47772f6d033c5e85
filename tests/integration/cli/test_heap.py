"""What a request took for a moment is not kept by the process for ever."""

import ctypes
import gc
import sys
import threading
import time
from pathlib import Path

import pytest

from commerce_cli.heap import loading, trimming

_MEGABYTE = 1 << 20


def held() -> int:
    """Bytes of memory that this process holds."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def of_glibc() -> bool:
    try:
        return hasattr(ctypes.CDLL(None), "malloc_trim")
    except OSError:
        return False


@pytest.mark.skipif(
    sys.platform != "linux" or not of_glibc(), reason="only glibc keeps what was freed, and trims"
)
def test_39_what_was_freed_below_something_that_is_kept_goes_back_to_the_system() -> None:
    taken = [bytearray(64 * 1024) for _ in range(1_600)]  # each below what is mapped by itself
    kept = [taken[at] for at in range(0, len(taken), 100)]
    before = held()
    with trimming(every=0.05):
        del taken
        until = time.monotonic() + 5
        while held() > before - 80 * _MEGABYTE and time.monotonic() < until:
            time.sleep(0.05)
        assert held() <= before - 80 * _MEGABYTE
    assert len(kept) == 16


def test_nothing_goes_on_after_the_block() -> None:
    with trimming(every=0.01):
        pass
    for thread in threading.enumerate():
        if thread.name == "heap":
            thread.join(5)
            assert not thread.is_alive()


def test_nothing_is_collected_while_libraries_are_loaded_however_that_ends() -> None:
    def load() -> None:
        with loading():
            assert not gc.isenabled()
            raise ImportError("nothing of that name")

    with pytest.raises(ImportError):
        load()
    assert gc.isenabled()


def test_what_was_loaded_is_not_looked_at_by_the_collector_again() -> None:
    gc.unfreeze()
    try:
        with loading():
            loaded: list[list[object]] = [[]]
        assert all(kept is not loaded for kept in gc.get_objects())
    finally:
        gc.unfreeze()
