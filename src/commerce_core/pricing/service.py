"""Adding up."""

from collections.abc import Sequence
from typing import Final

from commerce_core.kernel.address import Address
from commerce_core.kernel.money import Money
from commerce_core.pricing.model import Adjustment, Charged, PricedLine, Quote, RefusedCoupon
from commerce_core.pricing.ports import Charges, CouponCharges

#: The code of what discounts would have taken off beyond the whole.
NOT_BELOW_NOTHING: Final = "not-below-nothing"


#: Why a coupon code does not count that nobody knows.
UNKNOWN_COUPON: Final = "coupon-unknown"


class FreeOfCharges(Charges):
    """The default: prices are all there is to pay, and no coupon is known."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        return ()


class Pricer:
    """Prices carts in the shop's currency."""

    def __init__(self, currency: str, charges: Charges) -> None:
        self._nothing = Money.zero(currency)
        self._charges = charges

    def price(
        self, lines: Sequence[PricedLine], address: Address | None, coupons: Sequence[str] = ()
    ) -> Quote:
        """What *lines* cost when they go to *address*, with *coupons*: never less than nothing,
        whatever is taken off. Pure.

        Raises:
            CurrencyMismatch: a line is in another currency.
        """
        subtotal = sum((line.total for line in lines), start=self._nothing)
        charged = self._charged(lines, address, coupons) if coupons else None
        adjustments = (
            charged.adjustments if charged else tuple(self._charges.adjustments(lines, address))
        )
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
            applied=charged.applied if charged else (),
            refused=charged.refused if charged else (),
        )

    def _charged(
        self, lines: Sequence[PricedLine], address: Address | None, coupons: Sequence[str]
    ) -> Charged:
        """What the charges say, each of *coupons* answered once."""
        if isinstance(self._charges, CouponCharges):
            charged = self._charges.charge(lines, address, coupons)
        else:
            charged = Charged(adjustments=tuple(self._charges.adjustments(lines, address)))
        refused = {r.code: r for r in charged.refused}
        return Charged(
            adjustments=tuple(charged.adjustments),
            applied=tuple(c for c in coupons if c in charged.applied and c not in refused),
            refused=tuple(
                refused.get(c) or _unknown(c)
                for c in coupons
                if c in refused or c not in charged.applied
            ),
        )

    def _sum(self, adjustments: Sequence[Adjustment], kind: str) -> Money:
        return sum((a.amount for a in adjustments if a.kind == kind), start=self._nothing)


def _unknown(code: str) -> RefusedCoupon:
    return RefusedCoupon(code=code, reason=UNKNOWN_COUPON, detail="is not known in this shop")
