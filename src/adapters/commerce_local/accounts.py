"""Passwords and session secrets."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import VerifyMismatchError

from commerce_core.accounts import PasswordHasher, TokenFactory
from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.process import ProcessGuard

R = TypeVar("R")


class Argon2Hasher(PasswordHasher):
    """argon2id with 19 MiB, two passes and one lane.

    It has threads of its own: an allocator keeps the 19 MiB for every thread that ever hashed.

    Args:
        at_once: how many are hashed at the same time: each takes its 19 MiB and a processor for
            some 20 ms.
        waiting: how many more may wait for their turn.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._process = ProcessGuard("pool that checks passwords")
        self._argon2 = Argon2(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="passwords")
        self._room = threading.BoundedSemaphore(at_once + waiting)

    def close(self) -> None:
        """End its threads; it hashes nothing more. Idempotent."""
        self._threads.shutdown()

    def hash(self, password: str) -> str:
        return self._in_turn(lambda: self._argon2.hash(_bytes(password)))

    def verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._in_turn(lambda: self._argon2.verify(password_hash, _bytes(password)))
        except VerifyMismatchError:
            return False

    def _in_turn(self, call: Callable[[], R]) -> R:
        self._process.check()
        if not self._room.acquire(blocking=False):
            raise Overloaded("too many passwords are being checked; try again in a moment")
        try:
            return self._threads.submit(call).result()
        finally:
            self._room.release()


def _bytes(password: str) -> bytes:
    """What is hashed of *password*. An encoder that refuses a text would raise an error with all of
    it.
    """
    return password.encode(errors="surrogatepass")


class RandomTokens(TokenFactory):
    """256 bits from the operating system."""

    def new(self) -> str:
        return secrets.token_urlsafe(32)
