"""What every rule at checkout promises."""

from abc import abstractmethod
from typing import Final

import attrs
import pytest

from commerce_core.catalog import Offer
from commerce_core.checkout import CheckoutRefused, CheckoutRule, ProposedLine, ProposedOrder
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, ItemId, OrderId, SellerId, SkuId
from commerce_core.kernel.money import Money
from commerce_core.pricing import Quote

_NOTHING: Final = Money.zero("USD")
_PRICE: Final = Money(1_599, "USD")
_OFFER: Final = Offer(
    sku_id=SkuId("sku-1"), item_id=ItemId("item-1"), variant_id=None, seller_id=SellerId("seller"),
    sku="MUG", name="Mug", options={}, image=None, price=_PRICE, on_sale=True
)  # fmt: skip
#: Three mugs for somebody in the United States: change what your rule looks at.
AN_ORDER: Final = ProposedOrder(
    order_id=OrderId("order-1"),
    buyer_id=BuyerId("buyer-1"),
    email="ada@example.org",
    lines=(ProposedLine(offer=_OFFER, quantity=3, metadata={}),),
    address=Address(
        name="Ada", line1="1 Main Street", city="Springfield", postal_code="12345", country="US"
    ),
    quote=Quote(
        subtotal=_PRICE * 3, shipping=_NOTHING, tax=_NOTHING, discount=_NOTHING, total=_PRICE * 3,
        adjustments=()
    ),
    metadata={},
)  # fmt: skip


class CheckoutRuleContract:
    """Give the ``rule``, an order that it lets be placed (``allowed``), and one that it does not
    (``refused``).
    """

    @pytest.fixture
    @abstractmethod
    def rule(self) -> CheckoutRule:
        """The rule to examine."""

    @pytest.fixture
    @abstractmethod
    def allowed(self) -> ProposedOrder:
        """An order that may be placed; ``attrs.evolve(AN_ORDER, …)`` makes one."""

    @pytest.fixture
    @abstractmethod
    def refused(self) -> ProposedOrder:
        """An order that may not."""

    def test_asking_has_no_effect_on_what_is_answered_next(
        self, rule: CheckoutRule, allowed: ProposedOrder, refused: ProposedOrder
    ) -> None:
        recorded: list[str] = []
        for _ in range(2):
            rule.check(allowed)
            with pytest.raises(CheckoutRefused) as refusal:
                rule.check(refused)
            recorded.append(refusal.value.code)
        rule.check(attrs.evolve(allowed, order_id=OrderId("order-2")))
        assert recorded[0] == recorded[1]

    def test_a_refusal_says_why(self, rule: CheckoutRule, refused: ProposedOrder) -> None:
        with pytest.raises(CheckoutRefused) as refusal:
            rule.check(refused)
        assert refusal.value.detail
