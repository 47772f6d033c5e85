"""Which process a part belongs to: threads, locks and connections do not survive a fork."""

import os


class UsedAfterFork(RuntimeError):
    """A part is used in a process that was forked from the one that made it. Nothing was done."""


class ProcessGuard:
    """Remembers the process that made it.

    A child made by ``fork`` has copies of locks that nobody will release, no thread to answer what
    is queued, and sockets that the parent goes on reading: a call would hang or mix up answers.
    Whatever holds one of these asks its guard before it takes a lock.
    """

    def __init__(self, part: str) -> None:
        self._part = part
        self._pid = os.getpid()

    @property
    def is_elsewhere(self) -> bool:
        """Whether the calling process is another one."""
        return os.getpid() != self._pid

    def check(self) -> None:
        """Refuse to go on in another process.

        Raises:
            UsedAfterFork: this is not the process that made the part.
        """
        if self.is_elsewhere:
            raise UsedAfterFork(
                f"the {self._part} was made in process {self._pid} and is used in process"
                f" {os.getpid()}, forked from it: build the shop after the fork"
            )
