"""Every interleaving of two runners and a buyer who has to act. The same with one runner is asked
for at every change; this takes longer.
"""

import pytest

from commerce_core.orders import OrderState
from tests.unit.checkout.one_order import Explorer
from tests.unit.checkout.one_order_world import Rules


@pytest.mark.parametrize(
    ("buyer", "pending", "stored"),
    [
        ("first", False, True),
        ("first", True, False),
        ("carried", False, False),
        ("challenge", False, False),
    ],
)
def test_no_interleaving_of_two_runners_and_a_buyer_breaks_an_invariant(
    buyer: str, pending: bool, stored: bool
) -> None:
    rules = Rules(buyer=buyer, pending=pending, stored=stored)
    explored = Explorer(rules, card_ok=True, carrier_ok=True).explore()
    assert {explored.state(w) for w in explored.came if explored.state(w).is_final} == {
        OrderState.COMPLETED,
        OrderState.CANCELLED,
    }
