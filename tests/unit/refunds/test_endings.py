"""What gateways make of refunds: carried out later, refused, or sent back days later."""

from datetime import timedelta
from typing import Final

import attrs
import pytest

from commerce_core.audit import OperatorDecision
from commerce_core.checkout import Placed
from commerce_core.kernel.paging import BadCursor, encode_cursor
from commerce_core.notifications import Kind
from commerce_core.orders import OrderKey
from commerce_core.refunds import Origin, Refund, RefundNotFound, RefundOrder, RefundState
from commerce_core.refunds.service import Requester
from commerce_testkit.memory.shop import MemoryShop, memory_shop
from tests.unit.people import GOOD_CARD, order, register, sell, usd

LATER: Final = "4000000000007726"
COMES_BACK: Final = "4000000000005126"
REFUSED: Final = "4000000000005563"
DAY: Final = timedelta(days=1)


def asked(card: str) -> tuple[MemoryShop, Placed]:
    """A shop with a refund of a completed order that was paid with *card*."""
    shop = memory_shop()
    placed = order(shop, register(shop), sell(shop), number=card)
    shop.run_to_rest()
    command = RefundOrder(amount=usd("2.00"), reason="broken")
    by = Requester(origin=Origin.OPERATOR, actor="ann", request="r-1")
    shop.refunds.request(placed.key.order_id, command, by)
    shop.run_to_rest()
    return shop, placed


def refund(shop: MemoryShop, placed: Placed) -> Refund:
    """The refund as it is now."""
    return shop.refunds.details(placed.key.order_id, 1).refunds[0]


def told(shop: MemoryShop, key: OrderKey) -> set[Kind]:
    """What the buyer was told of refunds."""
    listed = shop.notices.history(key.buyer_id, None, 50).items
    return {n.kind for n in listed} & {Kind.REFUND_COMPLETED, Kind.REFUND_FAILED}


def test_one_that_is_carried_out_later_is_waited_for() -> None:
    shop, placed = asked(LATER)
    waiting = refund(shop, placed)
    assert (waiting.state, waiting.attention) == (RefundState.PENDING, False)
    assert shop.checker.check().violations == ()
    shop.let_pass(timedelta(minutes=1))
    assert refund(shop, placed).state is RefundState.DONE
    assert shop.checker.check().violations == ()
    assert told(shop, placed.key) == {Kind.REFUND_COMPLETED}


def test_one_that_is_refused_is_for_a_person_and_stays_owed() -> None:
    shop, placed = asked(REFUSED)
    found = refund(shop, placed)
    assert (found.state, found.attention, found.failure) == (
        RefundState.REFUSED, True, "refund-refused: the card takes no money back",
    )  # fmt: skip
    assert shop.checker.check().violations == ()
    assert told(shop, placed.key) == {Kind.REFUND_FAILED}
    shop.let_pass(3 * DAY)
    assert refund(shop, placed).state is RefundState.REFUSED


def test_one_that_comes_back_days_later_is_owed_again() -> None:
    shop, placed = asked(COMES_BACK)
    assert refund(shop, placed).state is RefundState.DONE
    assert told(shop, placed.key) == {Kind.REFUND_COMPLETED}
    for _ in range(5):
        shop.let_pass(DAY)
    found = refund(shop, placed)
    assert (found.state, found.attention) == (RefundState.FAILED, True)
    assert told(shop, placed.key) == {Kind.REFUND_COMPLETED, Kind.REFUND_FAILED}
    assert shop.checker.check().violations == ()


def test_one_that_has_come_back_is_listed_and_tried_again_under_another_key() -> None:
    shop, placed = asked(COMES_BACK)
    for _ in range(5):
        shop.let_pass(DAY)
    assert [*shop.refund_desk.listed().items] == [refund(shop, placed)]
    why = OperatorDecision(actor="ann", reason="another card", evidence="ticket 7", request="k")
    decision = shop.refund_desk.retry(placed.key.order_id, 1, why)
    assert decision.outcome == "due"
    assert shop.checker.check().violations == ()
    shop.run_to_rest()
    found = refund(shop, placed)
    assert (found.state, found.attempt, found.attention) == (RefundState.DONE, 2, False)
    assert shop.refund_desk.retry(placed.key.order_id, 1, why) == decision
    assert shop.refund_desk.listed().items == []
    assert shop.checker.check().violations == ()
    other = attrs.evolve(why, request="k-2")
    assert shop.refund_desk.retry(placed.key.order_id, 1, other).outcome == "done"
    for no in (0, 2):
        with pytest.raises(RefundNotFound):
            shop.refund_desk.retry(placed.key.order_id, no, attrs.evolve(why, request="k-3"))


def test_the_list_goes_on_behind_a_place() -> None:
    shop, placed = asked(REFUSED)
    command = RefundOrder(amount=usd("1.00"), reason="broken")
    for no in range(2, 5):
        by = Requester(origin=Origin.OPERATOR, actor="ann", request=f"r-{no}")
        shop.refunds.request(placed.key.order_id, command, by)
    shop.run_to_rest()
    seen, cursor = list[int](), None
    for _ in range(4):
        page = shop.refund_desk.listed(cursor, 1)
        seen += [r.no for r in page.items]
        cursor = page.next_cursor
    assert (sorted(seen), cursor) == ([1, 2, 3, 4], None)
    for wrong in ("nonsense", encode_cursor("refunds", "yesterday", "x", 1)):
        with pytest.raises(BadCursor):
            shop.refund_desk.listed(wrong)


def test_one_that_stays_done_is_looked_at_for_a_month_and_no_longer() -> None:
    shop, placed = asked(GOOD_CARD)
    for _ in range(29):
        shop.let_pass(DAY)
        assert refund(shop, placed).next_at is not None
    for _ in range(3):
        shop.let_pass(DAY)
    found = refund(shop, placed)
    assert (found.state, found.next_at, found.attention) == (RefundState.DONE, None, False)
