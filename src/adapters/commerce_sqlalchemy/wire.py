"""Waking those who wait for work in other processes, by PostgreSQL's LISTEN and NOTIFY."""

import logging
import os
import select
import threading
from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier

from commerce_sqlalchemy import postgres

_LOG: Final = logging.getLogger(__name__)
#: Seconds before a broken connection is opened again: at first, and at most.
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
#: Seconds that the thread has to end. One that asks a server that is frozen never does.
_GOODBYE: Final = 3.0


class PostgresNotifier:
    """A thread with a connection of its own that hears when other processes have work, and tells
    them when this one has.

    A wake-up only, so nothing rests on it: who does not hear finds the work by looking. It is told
    after the commit and beside it, once for any number of commits that were made meanwhile: NOTIFY
    within a transaction would make commits wait for one another.

    Args:
        url: the address of the database.
        heard: called on this thread whenever another process has notified of work, and at both
            ends of an outage, when one may have.
    """

    def __init__(self, url: str, heard: Callable[[], None]) -> None:
        self._channel = Identifier(postgres.channel_of(postgres.schema_of(url)))
        self._url = url
        self._heard = heard
        self._asleep, self._awake = os.pipe()
        self._told = threading.Event()
        self._closed = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
        self._thread.start()

    def tell(self) -> None:
        """Let other processes know that there is work. Returns at once."""
        if not self._told.is_set() and not self._closed.is_set():
            self._told.set()
            os.write(self._awake, b"!")

    def listening(self) -> bool:
        """Whether other processes are heard now, as far as is known."""
        return self._listening.is_set()

    def close(self) -> None:
        """End the thread; one that waits for the server is left behind. Idempotent."""
        if not self._closed.is_set():
            self._closed.set()
            os.write(self._awake, b"!")
            self._thread.join(_GOODBYE)
            if not self._thread.is_alive():  # else it may look at them yet
                os.close(self._asleep)
                os.close(self._awake)

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closed.is_set():
            try:
                with postgres.connect(self._url) as connection:
                    connection.execute(SQL("LISTEN {}").format(self._channel))
                    self._listening.set()
                    self._heard()
                    pause = _FIRST_PAUSE
                    self._pass_on(connection)
            except psycopg.Error as error:
                if self._listening.is_set():
                    self._listening.clear()
                    self._heard()  # who waits for a ring looks for itself from now on
                _LOG.warning(
                    "other processes are not heard for %.1f s: %s",
                    pause,
                    str(error).strip().partition("\n")[0],
                )
                self._closed.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _pass_on(self, connection: "psycopg.Connection[Any]") -> None:
        looking = select.poll()
        for descriptor in (connection.fileno(), self._asleep):
            looking.register(descriptor, select.POLLIN)
        while not self._closed.is_set():
            ready = {descriptor for descriptor, _ in looking.poll()}
            if self._asleep in ready:
                os.read(self._asleep, 64)
                if self._told.is_set():
                    self._told.clear()  # before it is told: what happens from now on is told again
                    connection.execute(SQL("NOTIFY {}").format(self._channel))
            ours = connection.info.backend_pid
            if [told for told in connection.notifies(timeout=0) if told.pid != ours]:
                self._heard()
