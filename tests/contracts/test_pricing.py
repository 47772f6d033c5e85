"""The charges keep their promise."""

from collections.abc import Sequence

import pytest

from commerce_core.kernel.address import Address
from commerce_core.kernel.money import Money
from commerce_core.pricing import Adjustment, Charges, FreeOfCharges, PricedLine
from commerce_testkit.contracts.pricing import ChargesContract


class FlatParcel(Charges):
    """A price rule as a shop would write it: parcels cost, and from 50 dollars on they do not."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        goods = sum((line.total for line in lines), start=Money.zero("USD"))
        return (
            [Adjustment(kind="shipping", code="parcel", amount=Money(495, "USD"))]
            if lines and goods.minor < 5_000
            else []
        )


class TestFreeOfCharges(ChargesContract):
    @pytest.fixture
    def charges(self) -> Charges:
        return FreeOfCharges()


class TestFlatParcel(ChargesContract):
    @pytest.fixture
    def charges(self) -> Charges:
        return FlatParcel()
