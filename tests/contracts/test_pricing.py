"""The charges keep their promise."""

from collections.abc import Sequence

import pytest

from commerce_core.kernel.address import Address
from commerce_core.kernel.money import Money
from commerce_core.pricing import (
    Adjustment,
    Charged,
    Charges,
    CouponCharges,
    FreeOfCharges,
    PricedLine,
    RefusedCoupon,
)
from commerce_testkit.contracts.pricing import ChargesContract, CouponChargesContract


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


class FirstOrder(CouponCharges):
    """One dollar off with the code ``good``, of a cart that is worth it."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        return ()

    def charge(
        self, lines: Sequence[PricedLine], address: Address | None, coupons: Sequence[str]
    ) -> Charged:
        if "good" not in coupons or not lines:
            return Charged()
        off = Adjustment(kind="discount", code="first", amount=Money(-100, "USD"), coupon="good")
        return Charged(adjustments=(off,), applied=("good",))


class TestFirstOrder(CouponChargesContract):
    @pytest.fixture
    def charges(self) -> CouponCharges:
        return FirstOrder()


class HalfPrice(FirstOrder):
    """Half of the goods with the code ``good``; without goods it says why it does not count."""

    def charge(
        self, lines: Sequence[PricedLine], address: Address | None, coupons: Sequence[str]
    ) -> Charged:
        goods = sum(line.total.minor for line in lines)
        if "good" in coupons and not goods:
            empty = RefusedCoupon(code="good", reason="nothing-in-it", detail="is for goods")
            return Charged(refused=(empty,))
        half = Money(-goods // 2, "USD")
        off = Adjustment(kind="discount", code="half", amount=half, coupon="good")
        return Charged(adjustments=(off,), applied=("good",)) if "good" in coupons else Charged()


class TestHalfPrice(CouponChargesContract):
    @pytest.fixture
    def charges(self) -> CouponCharges:
        return HalfPrice()


class Welcome(Charges):
    """A hundred dollars off, whatever it costs: the total is nothing then, and no less."""

    def adjustments(
        self, lines: Sequence[PricedLine], address: Address | None
    ) -> Sequence[Adjustment]:
        return [Adjustment(kind="discount", code="welcome", amount=Money(-10_000, "USD"))]


class TestWelcome(ChargesContract):
    @pytest.fixture
    def charges(self) -> Charges:
        return Welcome()


class FreePostage(FlatParcel, CouponCharges):
    """Every parcel costs, and POSTAGE takes that off again."""

    def charge(
        self, lines: Sequence[PricedLine], address: Address | None, coupons: Sequence[str]
    ) -> Charged:
        postage = Adjustment(kind="shipping", code="parcel", amount=Money(495, "USD"))
        if "POSTAGE" not in coupons:
            return Charged(adjustments=(postage,))
        off = Adjustment(kind="shipping", code="free", amount=Money(-495, "USD"), coupon="POSTAGE")
        return Charged(adjustments=(postage, off), applied=("POSTAGE",))


class TestFreePostage(CouponChargesContract):
    good = "POSTAGE"

    @pytest.fixture
    def charges(self) -> CouponCharges:
        return FreePostage()
