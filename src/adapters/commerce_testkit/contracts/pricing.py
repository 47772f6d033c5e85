"""What everything that is charged beside the goods promises."""

from abc import abstractmethod
from typing import Final

import pytest

from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import SkuId
from commerce_core.kernel.money import Money
from commerce_core.pricing import Charges, CouponCharges, PricedLine

_HOME: Final = Address(
    name="Ada", line1="1 Main Street", city="Springfield", postal_code="12345", country="US"
)
_ONE: Final = PricedLine(sku_id=SkuId("sku-1"), unit_price=Money(1_599, "USD"), quantity=3)
_TWO: Final = PricedLine(sku_id=SkuId("sku-2"), unit_price=Money(1, "USD"), quantity=9_999)
_CARTS: Final = ((), (_ONE,), (_ONE, _TWO))


class ChargesContract:
    """Give ``charges`` of a shop that sells in US dollars."""

    @pytest.fixture
    @abstractmethod
    def charges(self) -> Charges:
        """The charges to examine."""

    @pytest.mark.parametrize("lines", _CARTS, ids=len)
    @pytest.mark.parametrize("address", [None, _HOME], ids=["nowhere", "home"])
    def test_the_same_cart_always_costs_the_same(
        self, charges: Charges, lines: tuple[PricedLine, ...], address: Address | None
    ) -> None:
        assert list(charges.adjustments(lines, address)) == list(
            charges.adjustments(lines, address)
        )

    @pytest.mark.parametrize("lines", _CARTS, ids=len)
    @pytest.mark.parametrize("address", [None, _HOME], ids=["nowhere", "home"])
    def test_what_is_charged_can_be_added_to_the_goods(
        self, charges: Charges, lines: tuple[PricedLine, ...], address: Address | None
    ) -> None:
        found = charges.adjustments(lines, address)
        assert {a.kind for a in found} <= {"shipping", "tax", "discount"}
        assert all(a.amount.minor <= 0 for a in found if a.kind == "discount")
        assert all(a.line_no is None or 1 <= a.line_no <= len(lines) for a in found)
        assert {a.amount.currency for a in found} <= {"USD"}


class CouponChargesContract(ChargesContract):
    """Give ``charges`` that know the coupon ``good``, which takes something off a full cart: three
    pieces of one SKU at 15.99 and 9,999 of another at 0.01.
    """

    good: str = "good"

    @pytest.fixture
    @abstractmethod
    def charges(self) -> CouponCharges:
        """The charges to examine."""

    @pytest.mark.parametrize("lines", _CARTS, ids=len)
    def test_each_coupon_is_answered_once(
        self, charges: CouponCharges, lines: tuple[PricedLine, ...]
    ) -> None:
        charged = charges.charge(lines, _HOME, (self.good, "no such coupon"))
        answered = [*charged.applied, *(r.code for r in charged.refused)]
        assert len(answered) == len(set(answered))
        assert set(answered) <= {self.good, "no such coupon"}
        assert "no such coupon" not in charged.applied
        assert all(r.reason and r.detail for r in charged.refused)
        assert charges.charge(lines, _HOME, (self.good, "no such coupon")) == charged

    def test_what_a_coupon_takes_off_names_it(self, charges: CouponCharges) -> None:
        charged = charges.charge(_CARTS[-1], _HOME, (self.good,))
        assert charged.applied == (self.good,)
        off = [a.amount.minor for a in charged.adjustments if a.coupon == self.good]
        assert sum(off) < 0
