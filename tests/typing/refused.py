"""What must not pass the type checkers: each line names what each of the two says about it."""

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import AccountId, BuyerId, OrderId, SkuId
from commerce_core.kernel.money import Money
from commerce_core.pricing import Adjustment, Charges, PricedLine, Pricer
from commerce_core.shipping import BookingGone, Carrier, ParcelLine


class Forgetful(Carrier):
    """Leaves out two of three promises."""

    def cancel(self, reference: str, key: str) -> BookingGone:
        return BookingGone()


class Generous(Charges):
    """Answers with something else."""

    def adjustments(  # refused: override, reportIncompatibleMethodOverride
        self, lines: str
    ) -> list[Money]:
        return []


class Sundial:
    """Tells the time as text."""

    def now(self) -> str:
        return "noon"


def buyers_order(buyer: BuyerId, order: OrderId) -> None:
    """Ids of different things are different types."""


CARRIER = Forgetful()  # refused: abstract, reportAbstractUsage
CLOCK: Clock = Sundial()  # refused: assignment, reportAssignmentType
PRICER = Pricer("USD", None)  # refused: arg-type, reportArgumentType
LINE = PricedLine(
    sku_id=SkuId("s"),
    unit_price=1.5,  # refused: arg-type, reportArgumentType
    quantity=1,
)
BARE = ParcelLine(SkuId("s"), "lamp", 1)  # refused: call-arg, reportCallIssue
HALF = Money(1, "USD") * 0.5  # refused: operator, reportOperatorIssue reportUnknownVariableType
SUM = Money(1, "USD") + 1  # refused: operator, reportOperatorIssue reportUnknownVariableType
LINE.quantity = 2  # refused: misc, reportAttributeAccessIssue
VAT = Money(1, "USD")
ADD = Adjustment(kind="tax", code="", amount=VAT, percent=1)  # refused: call-arg, reportCallIssue
buyers_order(AccountId("a"), OrderId("o"))  # refused: arg-type, reportArgumentType
