"""Rules at checkout, as shops would write them, keep their promise."""

import attrs
import pytest

from commerce_core.checkout import CheckoutRefused, CheckoutRule, ProposedOrder
from commerce_core.kernel.address import Address
from commerce_testkit.contracts.checkout_rule import AN_ORDER, CheckoutRuleContract


class TooMany(CheckoutRefused):
    """More pieces than one household needs."""

    code = "too-many"


class Household(CheckoutRule):
    """Sells up to ten pieces of an item."""

    answers_at_once = True

    def check(self, order: ProposedOrder, /) -> None:
        if any(line.quantity > 10 for line in order.lines):
            raise TooMany("at most ten of a kind")


class Domestic(CheckoutRule):
    """Sends to one country alone, and needs no code of its own."""

    def check(self, order: ProposedOrder, /) -> None:
        if order.address is None or order.address.country != "US":
            raise CheckoutRefused("we send to the United States")


class TestHousehold(CheckoutRuleContract):
    @pytest.fixture
    def rule(self) -> CheckoutRule:
        return Household()

    @pytest.fixture
    def allowed(self) -> ProposedOrder:
        return AN_ORDER

    @pytest.fixture
    def refused(self) -> ProposedOrder:
        return attrs.evolve(AN_ORDER, lines=(attrs.evolve(AN_ORDER.lines[0], quantity=11),))


class TestDomestic(CheckoutRuleContract):
    @pytest.fixture
    def rule(self) -> CheckoutRule:
        return Domestic()

    @pytest.fixture
    def allowed(self) -> ProposedOrder:
        return AN_ORDER

    @pytest.fixture
    def refused(self) -> ProposedOrder:
        there = Address(name="Ada", line1="Unter den Linden 1", city="Berlin", country="DE")
        return attrs.evolve(AN_ORDER, address=there)
