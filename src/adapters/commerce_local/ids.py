"""Ids that sort by the time they were made."""

import os
import threading
import time
from typing import Final

from commerce_core.kernel.ids import IdFactory

_RANDOM_BITS: Final = 74
_STEP_BITS: Final = 32
_LOW: Final = (1 << 62) - 1
#: Bytes that are fetched from the system at a time: each call lets other threads go first.
_FETCHED: Final = 4_096


class UuidFactory(IdFactory):
    """UUIDv7 (RFC 9562, section 6.2, method 2): within this process each id is greater than the one
    before.

    A clock that stands still or is set back does not break the order: the random part is then
    counted up from the last id, by a random step, so that ids can be neither guessed nor met by
    another process.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._last = 0
        self._random = b""
        self._process = os.getpid()

    def new(self) -> str:
        now = time.time_ns() // 1_000_000
        with self._turn:
            if now > self._last >> _RANDOM_BITS:
                fresh = now << _RANDOM_BITS | self._bits(_RANDOM_BITS - 1)
            else:
                fresh = self._last + 1 + self._bits(_STEP_BITS)
            self._last = fresh
        return _text(fresh)

    def _bits(self, count: int) -> int:
        """A number of *count* bits out of the system's generator. What was fetched is used once,
        and by the process that fetched it.
        """
        size = (count + 7) // 8
        if len(self._random) < size or self._process != os.getpid():
            self._random, self._process = os.urandom(_FETCHED), os.getpid()
        taken, self._random = self._random[:size], self._random[size:]
        return int.from_bytes(taken) >> (size * 8 - count)


def _text(value: int) -> str:
    """48 bits of milliseconds and 74 random ones, with version and variant put between them."""
    high, low = value >> 62, value & _LOW
    digits = f"{(high >> 12) << 80 | 0x7 << 76 | (high & 0xFFF) << 64 | 0x2 << 62 | low:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
