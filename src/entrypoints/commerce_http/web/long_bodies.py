"""Room for long bodies: each takes memory, the event loop's time while it arrives, and a processor
while it is read.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.errors import Unavailable
from commerce_http.web.frame import headers_of

#: A body beyond so many bytes is read in a thread: on the event loop it would hold up everybody.
LONG_BODY: Final = 1 << 14


class TooManyLongBodies(Unavailable):
    """One sender has too many long bodies on their way; another may follow when one has been
    read.
    """

    code = "too-many-long-bodies"
    retry_after = 1


class LongBodies:
    """Counts the long bodies that are on their way or being read. Lives on the event loop.

    Args:
        most: in all.
        most_of_one: of one sender, an account or the origin of somebody without one.
    """

    def __init__(self, most: int = 64, most_of_one: int = 8) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._of_one: Counter[str] = Counter()
        self._all = 0

    @contextmanager
    def room(self, scope: Any, sender: str) -> Generator[None]:
        """Room for the body of the request of *scope*, which *sender* sends, while the block lasts.
        A short one needs none.

        Raises:
            TooManyLongBodies: so many are this sender's already. Nothing of it was read.
            Overloaded: there are too many in all.
        """
        if not _is_long(scope):
            yield
            return
        if self._of_one[sender] >= self._most_of_one:
            raise TooManyLongBodies("too many long bodies of yours are on their way")
        if self._all >= self._most:
            raise Overloaded("too many long bodies are on their way")
        self._all += 1
        self._of_one[sender] += 1
        try:
            yield
        finally:
            self._all -= 1
            self._of_one[sender] -= 1
            if not self._of_one[sender]:
                del self._of_one[sender]


def _is_long(scope: Any) -> bool:
    """Whether the body is long, or may be: the length of a chunked one is not announced."""
    headers = headers_of(scope)
    announced = headers.get("content-length")
    if announced is None:
        return headers.get("transfer-encoding") is not None
    return announced.isdecimal() and int(announced) > LONG_BODY
