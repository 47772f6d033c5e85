"""The check names refunds that were counted wrong, and those that nobody looks at."""

from datetime import timedelta

import attrs
import pytest

from commerce_core.kernel.money import Money
from commerce_core.refunds import Origin, Refund, RefundOrder, RefundState
from commerce_core.refunds.service import Requester
from commerce_testkit.memory.shop import MemoryShop, memory_shop
from tests.unit.people import order, register, sell, usd


def asked() -> tuple[MemoryShop, Refund]:
    """A shop with a refund, and the refund."""
    shop = memory_shop()
    placed = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    by = Requester(origin=Origin.OPERATOR, actor="ann", request="r-1")
    command = RefundOrder(amount=usd("2.00"), reason="broken")
    return shop, shop.refunds.request(placed.key.order_id, command, by).refunds[0]


def change(shop: MemoryShop, refund: Refund) -> None:
    """Have *refund* in place of what is stored."""
    with shop.parts.database.begin() as tx:
        tx.table("payment_refund")[refund.key.buyer_id, refund.key.order_id, refund.no] = refund
        tx.commit()


def found(shop: MemoryShop) -> list[str]:
    """The invariants that do not hold."""
    return [violation.invariant for violation in shop.checker.check().violations]


def test_refunds_that_do_not_sum_to_what_is_counted_are_named() -> None:
    shop, refund = asked()
    assert found(shop) == []
    change(shop, attrs.evolve(refund, amount=Money(199, "USD")))
    assert found(shop) == ["S23"]


def test_more_than_was_captured_is_named() -> None:
    shop, refund = asked()
    with shop.parts.database.begin() as tx:
        shared = tx.table("payment_sum")
        for key, known in shared.items():
            shared[key] = attrs.evolve(known, given=Money(501, "USD"))
        tx.commit()
    change(shop, attrs.evolve(refund, amount=Money(501, "USD")))
    assert "S23" in found(shop)


def test_money_that_went_back_without_a_refund_is_named() -> None:
    shop, refund = asked()
    shop.run_to_rest()
    assert found(shop) == []
    (done,) = shop.refunds.details(refund.key.order_id, 1).refunds
    change(shop, attrs.evolve(done, state=RefundState.REFUSED, attention=True))
    assert found(shop) == ["L2"]


@pytest.mark.parametrize("state", [RefundState.REFUSED, RefundState.FAILED])
def test_one_that_a_person_has_to_look_at_is_marked(state: RefundState) -> None:
    shop, refund = asked()
    change(shop, attrs.evolve(refund, state=state, next_at=None))
    assert found(shop) == ["L17"]
    change(shop, attrs.evolve(refund, state=state, next_at=None, attention=True))
    assert found(shop) == []


def test_one_that_is_open_for_more_than_a_day_is_marked() -> None:
    shop, refund = asked()
    shop.clock.advance(timedelta(hours=25))
    assert found(shop) == []
    shop.clock.advance(timedelta(hours=2))
    assert found(shop) == ["L17"]
    change(shop, attrs.evolve(refund, attention=True))
    assert found(shop) == []
