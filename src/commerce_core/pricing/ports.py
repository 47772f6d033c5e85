"""What a shop adds to its prices or takes off them."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from commerce_core.kernel.address import Address
from commerce_core.pricing.model import Adjustment, PricedLine


class Charges(Protocol):
    """Shipping, tax and discounts: a pure function, so that the same cart always costs the same."""

    @abstractmethod
    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        """What comes on top of *lines* or off them when they go to *address*. No I/O; the same
        answer for the same question.

        Discounts may come to more than the rest: the total is nothing then, and what they have too
        much stands beside them.
        """
