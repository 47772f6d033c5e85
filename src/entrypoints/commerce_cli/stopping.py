"""Graceful shutdown on a signal, and in time whatever hangs."""

import faulthandler
import logging
import os
import signal
import sys
import threading
from contextlib import ExitStack
from functools import cache
from typing import Any, Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
#: Seconds after a signal until the process is ended by force; a good end takes less.
LONGEST_END = 35.0
_STDERR: Final = 2


@cache
def end_in_time() -> None:
    """End the process after :data:`LONGEST_END` with exit code 1, if it still runs: what it hangs
    at goes to standard error.

    A thread of no interpreter's watches, so that nothing that Python waits for holds it up. What is
    left undone is taken over as after SIGKILL, when leases are over. Idempotent.
    """
    faulthandler.dump_traceback_later(LONGEST_END, exit=True, file=_STDERR)


def stop_on_signals(stop: threading.Event) -> None:
    """Set *stop* on SIGTERM and SIGINT, after which the process has :data:`LONGEST_END` to end. For
    the main thread only.

    A thread sets it, and no handler: a handler runs in the midst of whatever the main thread does.
    If that is taking or giving back the lock of *stop*, where a second signal finds it, it would
    wait for itself for ever. The operating system wakes the thread at a signal, whether or not the
    main thread gets to run.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def set_on_signal() -> None:
        os.read(reader, 1)
        end_in_time()
        stop.set()

    threading.Thread(target=set_on_signal, name="signals", daemon=True).start()
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, _ignore)


def _ignore(*_: object) -> None:
    """A signal without a handler is not written to the pipe."""


def leave_threads_behind() -> None:
    """End the process now, with exit code 0, if threads still run although everything is closed:
    they hang in a call to a server.

    The interpreter's own end is no matter of course then. It waits for the threads of pools without
    a limit, and a thread that comes back from a driver meanwhile and asks to run can hold it up for
    ever.
    """
    if threading.enumerate() != [threading.main_thread()]:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


class exit_on_signal(ExitStack):  # noqa: N801 (a context manager, used like a function)
    """A block that the first SIGINT or SIGTERM ends in good order, and with it the process, with
    exit code 0.

    Those that follow do not break into what is being closed.
    """

    def __enter__(self) -> "exit_on_signal":
        super().__enter__()
        self._stopping = False
        for number in _SIGNALS:
            self.callback(signal.signal, number, signal.signal(number, self._stop))
        return self

    def __exit__(self, *error: Any) -> bool | None:
        try:
            return super().__exit__(*error)
        finally:
            if self._stopping:
                leave_threads_behind()

    def _stop(self, *_: object) -> None:
        end_in_time()
        if not self._stopping:
            self._stopping = True
            raise SystemExit(0)
