"""Memory that a process was done with, given back to the system, where the C library has a say
in it (glibc)."""

import ctypes
import gc
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final

_ARENA_MAX: Final = -8
_ARENAS: Final = 2
#: Seconds between two looks for what is free. One takes milliseconds.
_EVERY: Final = 10.0


def share_heaps() -> None:
    """Let threads share two heaps.

    By default each thread gets one of its own, which keeps what was freed in it: after an import
    of 20,000 products a serving process held 350 MB instead of 150.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


@contextmanager
def loading() -> Generator[None]:
    """Load libraries while the block lasts.

    What is loaded stays: to look through it for what could go, again and again as it grows, takes
    an eighth of a start. The collector leaves it alone afterwards as well.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def trimming(every: float = _EVERY) -> Generator[None]:
    """Give back what is free every so many seconds while the block lasts.

    The library itself gives back only what lies at a heap's end: what one client had the process
    take for a moment would be kept for ever.
    """
    over = threading.Event()
    with suppress(OSError, AttributeError):
        trim = ctypes.CDLL(None).malloc_trim
        threading.Thread(target=_trim, args=(trim, over, every), name="heap", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _trim(trim: Callable[[int], int], over: threading.Event, every: float) -> None:
    while not over.wait(every):
        trim(0)
