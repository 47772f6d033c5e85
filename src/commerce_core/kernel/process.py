"""Which process a part belongs to: threads, locks and connections do not survive a fork."""

import os


class _Here:
    """This process. The system is asked once, as whoever guards a lock looks at it every time."""

    pid = os.getpid()


def _forked() -> None:
    _Here.pid = os.getpid()


os.register_at_fork(after_in_child=_forked)


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
        self._pid = _Here.pid

    @property
    def is_elsewhere(self) -> bool:
        """Whether the calling process is another one."""
        return _Here.pid != self._pid

    def check(self) -> None:
        """Refuse to go on in another process.

        Raises:
            UsedAfterFork: this is not the process that made the part.
        """
        if _Here.pid != self._pid:
            raise UsedAfterFork(
                f"the {self._part} was made in process {self._pid} and is used in process"
                f" {_Here.pid}, forked from it: build the shop after the fork"
            )
