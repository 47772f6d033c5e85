"""Wakes other processes that wait for work, by PostgreSQL's LISTEN and NOTIFY."""

import logging
import os
import select
import threading
from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier

from commerce_core.kernel.errors import TransactionLost
from commerce_sqlalchemy import postgres

_LOG: Final = logging.getLogger("commerce.database")
#: Seconds before a broken connection is opened again: at first, and at most.
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
#: Seconds that the thread has to end. With a frozen server it never does.
_GOODBYE: Final = 3.0


class PostgresNotifier:
    """A thread with its own connection that notifies other processes of work, and listens to them.

    A hint only: a process that misses a notification finds the work by polling. It is sent after
    the commit, once for any number of commits made meanwhile: NOTIFY within a transaction would
    make commits wait for one another.

    Args:
        connect: opens a connection outside every transaction.
        schema: where the tables are; other shops in the database are not woken.
        on_notify: called on this thread when another process has sent a notification, and at both
            ends of an outage, when one may have.
    """

    def __init__(
        self,
        connect: "Callable[[], psycopg.Connection[Any]]",
        schema: str | None,
        on_notify: Callable[[], None],
    ) -> None:
        self._channel = Identifier(postgres.channel_of(schema))
        self._connect = connect
        self._on_notify = on_notify
        self._wake_read, self._wake_write = os.pipe()
        self._pending = threading.Event()
        self._closed = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
        self._thread.start()

    def notify(self) -> None:
        """Notify other processes that there is work. Returns at once."""
        if not self._pending.is_set() and not self._closed.is_set():
            self._pending.set()
            os.write(self._wake_write, b"!")

    def listening(self) -> bool:
        """Whether notifications of other processes arrive now, as far as is known."""
        return self._listening.is_set()

    def close(self) -> None:
        """End the thread; one that waits for the server is abandoned. Idempotent."""
        if not self._closed.is_set():
            self._closed.set()
            os.write(self._wake_write, b"!")
            self._thread.join(_GOODBYE)
            if not self._thread.is_alive():  # else it may still use them
                os.close(self._wake_read)
                os.close(self._wake_write)

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closed.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(SQL("LISTEN {}").format(self._channel))
                    self._listening.set()
                    self._on_notify()
                    pause = _FIRST_PAUSE
                    self._relay(connection)
            except (psycopg.Error, TransactionLost) as error:
                if self._listening.is_set():
                    self._listening.clear()
                    self._on_notify()  # waiting threads poll from now on
                _LOG.warning(
                    "no notifications from other processes for %.1f s: %s",
                    pause,
                    str(error).strip().partition("\n")[0],
                )
                self._closed.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _relay(self, connection: "psycopg.Connection[Any]") -> None:
        poller = select.poll()
        for descriptor in (connection.fileno(), self._wake_read):
            poller.register(descriptor, select.POLLIN)
        while not self._closed.is_set():
            ready = {descriptor for descriptor, _ in poller.poll()}
            if self._wake_read in ready:
                os.read(self._wake_read, 64)
                if self._pending.is_set():
                    self._pending.clear()  # first: what happens from now on is notified again
                    connection.execute(SQL("NOTIFY {}").format(self._channel))
            ours = connection.info.backend_pid
            if [
                notification
                for notification in connection.notifies(timeout=0)
                if notification.pid != ours
            ]:
                self._on_notify()
