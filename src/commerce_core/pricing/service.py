"""Adding up."""

from collections.abc import Sequence
from typing import Final

from commerce_core.kernel.address import Address
from commerce_core.kernel.money import Money
from commerce_core.pricing.model import Adjustment, PricedLine, Quote
from commerce_core.pricing.ports import Charges

#: The code of what discounts would have taken off beyond the whole.
NOT_BELOW_NOTHING: Final = "not-below-nothing"


class FreeOfCharges(Charges):
    """The default: prices are all there is to pay."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        return ()


class Pricer:
    """Prices carts in the shop's currency."""

    def __init__(self, currency: str, charges: Charges) -> None:
        self._nothing = Money.zero(currency)
        self._charges = charges

    def price(self, lines: Sequence[PricedLine], address: Address | None) -> Quote:
        """What *lines* cost when they go to *address*: never less than nothing, whatever is taken
        off. Pure.

        Raises:
            CurrencyMismatch: a line is in another currency.
        """
        subtotal = sum((line.total for line in lines), start=self._nothing)
        adjustments = tuple(self._charges.adjustments(lines, address))
        added = [a for a in adjustments if not a.included]
        if (total := sum((a.amount for a in added), start=subtotal)).minor < 0:
            beyond = Adjustment(
                kind="discount", code=NOT_BELOW_NOTHING, amount=self._nothing - total
            )
            adjustments, added = (*adjustments, beyond), [*added, beyond]
        return Quote(
            subtotal=subtotal,
            shipping=self._sum(added, "shipping"),
            tax=self._sum(added, "tax"),
            discount=self._sum(added, "discount"),
            total=max(total, self._nothing),
            adjustments=adjustments,
        )

    def _sum(self, adjustments: Sequence[Adjustment], kind: str) -> Money:
        return sum((a.amount for a in adjustments if a.kind == kind), start=self._nothing)
