"""Nobody waits in line for a cluster that does not answer: one asks whether it is back, the others
fail at once.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from commerce_core.search import SearchUnavailable
from commerce_opensearch.refusals import Failed, Missing, Refused

#: So many requests in a row may fail before it is the cluster, and not one slow search.
_MOST_FAILURES: Final = 3


class Fuse:
    """Blows when request after request finds no host; whole again with the first one that does."""

    def __init__(self) -> None:
        self._failures = 0
        self._asking = threading.Lock()

    @contextmanager
    def guard(self) -> Generator[None]:
        """Make a request in the block, which raises SearchUnavailable when no host answers.

        Raises:
            SearchUnavailable: at once, while another thread finds out whether the cluster is back.
        """
        if self._failures < _MOST_FAILURES:
            with self._counted():
                yield
        elif self._asking.acquire(blocking=False):
            try:
                with self._counted():
                    yield
            finally:
                self._asking.release()
        else:
            raise SearchUnavailable("the search engine does not answer")

    @contextmanager
    def _counted(self) -> Generator[None]:
        try:
            yield
        except (Missing, Refused, Failed):
            self._failures = 0  # an answer all the same
            raise
        except SearchUnavailable:
            self._failures += 1
            raise
        self._failures = 0
