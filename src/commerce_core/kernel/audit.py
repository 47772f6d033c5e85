"""What is found wrong in what a shop has stored, and what looks for it."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Protocol

import attrs


@attrs.frozen(kw_only=True)
class Violation:
    """An invariant that does not hold, of what, and how."""

    invariant: str
    subject: str
    detail: str


class Audit(Protocol):
    """Looks through what one capability has stored, a page at a time, each in a snapshot of its
    own. Changes nothing.
    """

    @abstractmethod
    def violations(self) -> Iterator[Violation]:
        """Everything that is wrong."""
