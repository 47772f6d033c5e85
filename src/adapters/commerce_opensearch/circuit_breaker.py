"""A circuit breaker for the cluster: while it is open, one request probes and the others fail."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from commerce_core.search import SearchUnavailable
from commerce_opensearch.refusals import Failed, Missing, Refused

#: Failed requests in a row that open the circuit; a single slow search does not.
_MOST_FAILURES: Final = 3


class CircuitBreaker:
    """Opens when request after request finds no host; closes with the first one that does."""

    def __init__(self) -> None:
        self._failures = 0
        self._probing = threading.Lock()

    @contextmanager
    def guard(self) -> Generator[None]:
        """Make a request in the block, which raises SearchUnavailable when no host answers.

        Raises:
            SearchUnavailable: at once, while another thread finds out whether the cluster is back.
        """
        if self._failures < _MOST_FAILURES:
            with self._count_failures():
                yield
        elif self._probing.acquire(blocking=False):
            try:
                with self._count_failures():
                    yield
            finally:
                self._probing.release()
        else:
            raise SearchUnavailable("the search engine does not answer")

    @contextmanager
    def _count_failures(self) -> Generator[None]:
        try:
            yield
        except (Missing, Refused, Failed):
            self._failures = 0  # an answer all the same
            raise
        except SearchUnavailable:
            self._failures += 1
            raise
        self._failures = 0
