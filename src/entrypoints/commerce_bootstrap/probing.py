"""Probes of a part's health, which do not wait for one that never answers."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from commerce_bootstrap.database import reason
from commerce_core.kernel.errors import CommerceError, Unavailable

T = TypeVar("T")

_LOG: Final = logging.getLogger("commerce.health")

#: Seconds that a part has to answer; clients of health and metrics wait longer than that.
PATIENCE: Final = 2.0


class ProbeTimeout(Unavailable):
    """A part has not answered in time."""

    code = "late"


class Probe(Generic[T]):
    """Runs *call* on a thread of its own and waits *seconds* at most; a call that is still running
    is not made again.

    A call to a frozen server may never return.
    """

    def __init__(self, call: Callable[[], T], seconds: float = PATIENCE) -> None:
        self._call = call
        self._seconds = seconds
        self._lock = threading.Lock()
        self._running: Future[T] | None = None

    def __call__(self) -> T:
        """The result.

        Raises:
            ProbeTimeout: there is none yet.
            Exception: what the call raised.
        """
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                threading.Thread(
                    target=self._run, args=(self._running,), name="probe", daemon=True
                ).start()
            future = self._running
        try:
            return future.result(self._seconds)
        except TimeoutError as error:
            raise ProbeTimeout(f"no answer within {self._seconds:g} s") from error

    def _run(self, future: "Future[T]") -> None:
        try:
            future.set_result(self._call())
        except BaseException as error:  # noqa: BLE001 (raised where the result is awaited)
            future.set_exception(error)


def down_check(part: str, call: Callable[[], object]) -> Callable[[], str | None]:
    """A check: why *call* fails or is late; ``None``: it succeeds.

    The reason, which may name hosts and users, is logged whenever it changes.
    """
    probe = Probe(call)
    last_failure: str | None = None

    def failure() -> str | None:
        try:
            probe()
        except CommerceError as error:
            return error.detail
        except SQLAlchemyError as error:
            return reason(error)
        return None

    def check() -> str | None:
        nonlocal last_failure
        error_text = failure()
        if error_text != last_failure:
            last_failure = error_text
            _LOG.warning("%s is %s", part, f"down: {error_text}" if error_text else "up again")
        return error_text

    return check
