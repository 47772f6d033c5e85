"""What operators do in the features."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from commerce_testkit.shop import Visitor


@attrs.frozen(kw_only=True)
class Decided:
    """A decision as it is kept; *own*: it is of whoever asks."""

    decision_id: str
    own: bool
    action: str
    outcome: str
    reason: str
    evidence: str


@attrs.frozen(kw_only=True)
class Kept:
    """What keeps an order: the call that it waits for (``None``: none), and what is known of its
    money.
    """

    state: str
    waits_for: str | None
    captures: int


class OperatorDesk(Protocol):
    """Where operators sit. What is refused raises ``Refused``."""

    @abstractmethod
    def appoint(self, who: "Visitor") -> None:
        """Make *who*, who is registered, an operator.

        Raises:
            NotAppointed: nobody can do so here.
        """

    @abstractmethod
    def look(self, who: "Visitor", order_id: str) -> Kept:
        """What keeps an order."""

    @abstractmethod
    def decide(
        self,
        who: "Visitor",
        order_id: str,
        action: str,
        reason: str,
        evidence: str,
        *,
        outcome: str | None = None,
        key: str | None = None,
    ) -> Decided:
        """``retry``, ``resolve`` (with an *outcome*) or ``compensate`` an order."""

    @abstractmethod
    def decisions(self, who: "Visitor", subject: str) -> tuple[Decided, ...]:
        """What was decided over an order, newest first."""


class NotAppointed(Exception):
    """Operators are made by those who run the shop alone, and here is none of them."""
