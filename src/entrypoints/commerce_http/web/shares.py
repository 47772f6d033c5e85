"""A part of a scarce thing for each sender: who asks for much leaves room for others."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager

from commerce_core.kernel.errors import Unavailable


class TooManySearches(Unavailable):
    """One address has too many searches under way; another may follow when one was answered."""

    code = "too-many-searches"
    retry_after = 1


def too_many_searches() -> TooManySearches:
    """The refusal of a share of the searches."""
    return TooManySearches("too many searches of yours are under way")


class Shares:
    """Counts what each sender has under way. Lives on the event loop.

    Args:
        most_of_one: of one sender.
        refusal: makes the error for what is beyond it.
    """

    def __init__(self, most_of_one: int, refusal: Callable[[], Unavailable]) -> None:
        self._most_of_one = most_of_one
        self._refusal = refusal
        self._of_one: Counter[str] = Counter()

    @contextmanager
    def room(self, sender: str) -> Generator[None]:
        """A place in the share of *sender* while the block lasts.

        Raises:
            Unavailable: the refusal; all its places are taken.
        """
        if self._of_one[sender] >= self._most_of_one:
            raise self._refusal()
        self._of_one[sender] += 1
        try:
            yield
        finally:
            self._of_one[sender] -= 1
            if not self._of_one[sender]:
                del self._of_one[sender]
