"""Which process a part belongs to: threads, locks and connections do not survive a fork."""

import os


class _CurrentProcess:
    """This process. Its id is cached: guards of locks compare it on every call."""

    pid = os.getpid()


def _after_fork() -> None:
    _CurrentProcess.pid = os.getpid()


os.register_at_fork(after_in_child=_after_fork)


class UsedAfterFork(RuntimeError):
    """A part is used in a process that was forked from the one that made it. Nothing was done."""


class ProcessGuard:
    """Remembers the process that made it.

    A child made by ``fork`` has copies of locks that nobody will release, no thread to serve what
    is queued, and sockets that the parent goes on reading: a call would hang or mix up answers.
    Whatever holds one of these checks its guard before it takes a lock.
    """

    def __init__(self, part: str) -> None:
        self._part = part
        self._pid = _CurrentProcess.pid

    @property
    def is_another_process(self) -> bool:
        """Whether the calling process is another one."""
        return _CurrentProcess.pid != self._pid

    def check(self) -> None:
        """Refuse to go on in another process.

        Raises:
            UsedAfterFork: this is not the process that made the part.
        """
        if _CurrentProcess.pid != self._pid:
            raise UsedAfterFork(
                f"the {self._part} was made in process {self._pid} and is used in process"
                f" {_CurrentProcess.pid}, forked from it: build the shop after the fork"
            )
