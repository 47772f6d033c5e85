"""Money of completed orders goes back, exactly, once, and never more than was captured."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce_core.assembly import Parts
from commerce_core.checkout import Placed
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderNotFound
from commerce_core.payment import Capabilities, Handle, PaymentUnknown, RefundOutcome
from commerce_core.refunds import (
    NotCompleted,
    NotPaid,
    Origin,
    Refund,
    RefundKeyReused,
    RefundNotFound,
    RefundOrder,
    RefundState,
    RefundTooLarge,
)
from commerce_core.refunds.service import OrderRefunds, Reader, Requester
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import DECLINED_CARD, buyer_id, order, register, see, sell, usd

HOUR: Final = timedelta(hours=1)


def paid(shop: MemoryShop, price: str = "5.00") -> Placed:
    """An order that is completed."""
    placed = order(shop, register(shop), sell(shop, price=price))
    shop.run_to_rest()
    return placed


def by(request: str = "r-1", actor: str = "ann") -> Requester:
    """An operator who asks."""
    return Requester(origin=Origin.OPERATOR, actor=actor, request=request)


def ask(
    shop: MemoryShop, placed: Placed, amount: str, request: str = "r-1", reason: str = "broken"
) -> Refund:
    """Ask for *amount* back."""
    command = RefundOrder(amount=usd(amount), reason=reason)
    return one(shop.refunds.request(placed.key.order_id, command, by(request)))


def one(found: OrderRefunds) -> Refund:
    """The only one of them."""
    (refund,) = found.refunds
    return refund


def refunds(shop: MemoryShop, placed: Placed) -> list[Refund]:
    """The refunds of an order as they are now."""
    return [*shop.refunds.listed(placed.key.order_id).refunds]


def in_the_books(shop: MemoryShop | MemoryGateway, placed: Placed) -> list[int]:
    """What the gateway has given back of an order, in minor units."""
    gateway = shop.parts.gateway if isinstance(shop, MemoryShop) else shop
    entries = gateway.books([placed.key.order_id])
    return [e.amount.minor for e in entries if e.kind == "refund"]


class Tricky(MemoryGateway):
    """Answers refunds as a test says."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__(clock)
        self.keys: list[str] = []
        self.before: Callable[[], None] = lambda: None
        self.loses_answers = self.is_deaf = False
        self.account = "sandbox"

    def capabilities(self) -> Capabilities:
        return attrs.evolve(super().capabilities(), account=self.account)

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        self.before()
        self.keys.append(key)
        if self.is_deaf:
            raise TimeoutError("no answer")
        answer = super().refund(handle, refund_no, amount, key)
        return PaymentUnknown("the answer was lost") if self.loses_answers else answer


def with_tricky() -> tuple[MemoryShop, Tricky]:
    """A shop whose gateway does as a test says."""
    parts = MemoryParts()
    gateway = Tricky(parts.clock)
    return memory_shop(parts, partial(Parts, gateways={"sandbox": gateway})), gateway


def test_an_amount_of_a_completed_order_goes_back() -> None:
    shop = memory_shop()
    placed = paid(shop)
    asked = ask(shop, placed, "2.00")
    assert (asked.no, asked.state, asked.origin) == (1, RefundState.REQUESTED, Origin.OPERATOR)
    assert in_the_books(shop, placed) == []
    shop.run_to_rest()
    (done,) = refunds(shop, placed)
    assert (done.state, done.amount, done.actor, done.reason) == (
        RefundState.DONE, usd("2.00"), "ann", "broken",
    )  # fmt: skip
    assert in_the_books(shop, placed) == [200]
    assert one(shop.refunds.details(placed.key.order_id, 1)) == done
    assert shop.checker.check().violations == ()


def test_what_became_of_it_is_an_event() -> None:
    shop = memory_shop()
    placed = paid(shop)
    ask(shop, placed, "2.00")
    shop.refund_runner.run_once(10)
    names = [m.name for m in shop.parts.outbox.read(range(1_000), 100)]
    assert names == ["payments.refund_succeeded.v1"]


def test_the_same_request_again_gives_nothing_back_twice() -> None:
    shop = memory_shop()
    placed = paid(shop)
    first = ask(shop, placed, "2.00")
    assert ask(shop, placed, "2.00") == first
    shop.run_to_rest()
    assert ask(shop, placed, "2.00").state is RefundState.DONE
    with pytest.raises(RefundKeyReused):
        ask(shop, placed, "2.01")
    with pytest.raises(RefundKeyReused):
        ask(shop, placed, "2.00", reason="something else")
    other = one(
        shop.refunds.request(
            placed.key.order_id, RefundOrder(amount=usd("2.00"), reason="broken"), by(actor="bob")
        )
    )
    assert other.no == 2
    shop.run_to_rest()
    assert in_the_books(shop, placed) == [200, 200]


def test_no_more_goes_back_than_was_captured() -> None:
    shop = memory_shop()
    placed = paid(shop)
    ask(shop, placed, "4.50")
    with pytest.raises(RefundTooLarge) as refused:
        ask(shop, placed, "0.51", "r-2")
    assert refused.value.facts["refundable"] == {"amount": "0.50", "currency": "USD"}
    assert ask(shop, placed, "0.50", "r-3").no == 2
    shop.run_to_rest()
    with pytest.raises(RefundTooLarge):
        ask(shop, placed, "0.01", "r-4")
    assert sum(in_the_books(shop, placed)) == 500
    assert shop.checker.check().violations == ()


def test_what_was_never_paid_or_goes_back_by_itself_is_refused() -> None:
    shop = memory_shop()
    declined = order(shop, register(shop), sell(shop), number=DECLINED_CARD)
    undone = order(shop, register(shop), sell(shop), country="AQ")
    with pytest.raises(NotPaid):
        ask(shop, declined, "1.00")
    shop.run_to_rest()
    for placed in (declined, undone):
        with pytest.raises(NotPaid):
            ask(shop, placed, "1.00")
        assert refunds(shop, placed) == []
    assert in_the_books(shop, undone) == [500]


def test_an_order_that_costs_nothing_gives_nothing_back() -> None:
    shop = memory_shop()
    with pytest.raises(NotPaid):
        ask(shop, paid(shop, "0.00"), "0.01")


def test_a_paid_order_under_way_is_waited_for() -> None:
    shop = memory_shop()
    placed = order(shop, register(shop), sell(shop))
    shop.parts.carrier.book = lambda *_: 1 / 0  # type: ignore[method-assign, assignment]
    shop.runner.run_once(10)
    assert see(shop, placed).status.value == "PAID"
    with pytest.raises(NotCompleted):
        ask(shop, placed, "1.00")


@pytest.mark.parametrize("order_id", ["nonsense", "0190b9c2-0000-7000-8000-000000000000"])
def test_an_order_that_is_not_there_is_not_found(order_id: str) -> None:
    shop = memory_shop()
    command = RefundOrder(amount=usd("1.00"), reason="broken")
    with pytest.raises(OrderNotFound):
        shop.refunds.request(order_id, command, by())
    with pytest.raises(OrderNotFound):
        shop.refunds.listed(order_id)


def test_another_currency_is_refused_and_so_is_nothing() -> None:
    shop = memory_shop()
    placed = paid(shop)
    command = RefundOrder(amount=Money(100, "EUR"), reason="broken")
    with pytest.raises(Invalid, match="/amount"):
        shop.refunds.request(placed.key.order_id, command, by())
    for minor in (0, -1):
        with pytest.raises(ValueError, match="more than nothing"):
            RefundOrder(amount=Money(minor, "USD"), reason="broken")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "card 4242 4242 4242 4242"])
def test_a_reason_is_a_sentence_without_a_card(reason: str) -> None:
    with pytest.raises(ValueError, match="must"):
        RefundOrder(amount=usd("1.00"), reason=reason)


def test_a_buyer_sees_the_own_orders_refunds_alone() -> None:
    shop = memory_shop()
    placed = paid(shop)
    asked = ask(shop, placed, "1.00")
    stranger = register(shop)
    own = Reader(buyer_id=placed.key.buyer_id)
    assert one(shop.refunds.listed(placed.key.order_id, own)) == asked
    with pytest.raises(OrderNotFound):
        shop.refunds.details(placed.key.order_id, 1, Reader(buyer_id=buyer_id(stranger)))
    with pytest.raises(RefundNotFound):
        shop.refunds.details(placed.key.order_id, 2)


def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice() -> None:
    shop, gateway = with_tricky()
    placed = paid(shop)
    gateway.loses_answers = True
    ask(shop, placed, "2.00")
    shop.run_to_rest()
    (lost,) = refunds(shop, placed)
    assert (lost.state, lost.failure) == (RefundState.SENT, "the answer was lost")
    shop.let_pass(timedelta(seconds=2))
    assert refunds(shop, placed)[0].state is RefundState.DONE
    assert (len(gateway.keys), in_the_books(gateway, placed)) == (1, [200])
    assert shop.checker.check().violations == ()


def test_what_the_gateway_shows_nothing_of_is_sent_again_under_the_same_key() -> None:
    shop, gateway = with_tricky()
    placed = paid(shop)
    gateway.is_deaf = True
    ask(shop, placed, "2.00")
    for _ in range(5):
        shop.let_pass(timedelta(minutes=5))
    gateway.is_deaf = False
    shop.let_pass(timedelta(minutes=5))
    assert refunds(shop, placed)[0].state is RefundState.DONE
    assert set(gateway.keys) == {f"{placed.key.order_id}:refund:1:1"}
    assert in_the_books(gateway, placed) == [200]


def test_a_key_is_as_old_as_its_own_intent_and_an_old_one_is_only_looked_up() -> None:
    shop, gateway = with_tricky()
    placed = paid(shop)
    shop.clock.advance(100 * HOUR)  # the order's age says nothing
    gateway.is_deaf = True
    ask(shop, placed, "2.00")
    shop.run_to_rest()
    shop.clock.advance(22 * HOUR)
    shop.run_to_rest()
    assert len(gateway.keys) == 2
    shop.clock.advance(2 * HOUR)
    gateway.is_deaf = False
    shop.run_to_rest()
    (waiting,) = refunds(shop, placed)
    assert (len(gateway.keys), waiting.state, waiting.attention) == (2, RefundState.SENT, True)
    assert shop.checker.check().violations == ()


def test_the_intent_is_stored_before_anything_is_sent() -> None:
    shop, gateway = with_tricky()
    placed = paid(shop)
    ask(shop, placed, "2.00")
    seen: list[Refund] = []
    gateway.before = lambda: seen.extend(refunds(shop, placed))
    shop.run_to_rest()
    assert [(r.state, r.intended_at) for r in seen] == [(RefundState.SENT, shop.clock.now())]


def test_a_runner_that_was_overtaken_writes_nothing() -> None:
    shop, gateway = with_tricky()
    placed = paid(shop)
    ask(shop, placed, "2.00")

    def overtake() -> None:
        gateway.before = lambda: None
        shop.clock.advance(HOUR)
        shop.refund_runner.run_once(1)

    gateway.before = overtake
    shop.refund_runner.run_once(1)
    (refund,) = refunds(shop, placed)
    assert (refund.state, refund.fence) == (RefundState.DONE, 2)
    assert in_the_books(gateway, placed) == [200]


def test_a_gateway_that_does_not_answer_holds_nobody_else_up() -> None:
    shop, gateway = with_tricky()
    first, second = paid(shop), paid(shop)
    gateway.is_deaf = True
    ask(shop, first, "1.00")
    ask(shop, second, "1.00")
    assert shop.refund_runner.run_once(10) == 1
    gateway.is_deaf = False
    assert shop.refund_runner.run_once(10) == 1
    assert {r.state for p in (first, second) for r in refunds(shop, p)} == {
        RefundState.DONE,
        RefundState.SENT,
    }


def test_a_gateway_that_asks_for_a_pause_gets_it_from_refunds_too() -> None:
    parts = MemoryParts()
    gateway = Limited(parts.clock)
    shop = memory_shop(parts, partial(Parts, gateways={"sandbox": gateway}))
    first, second = paid(shop), paid(shop)
    ask(shop, first, "1.00")
    ask(shop, second, "1.00")
    assert shop.refund_runner.run_once(10) == 1
    assert gateway.limited == 1
    shop.clock.advance(timedelta(minutes=2))
    while shop.refund_runner.run_once(10):
        pass
    states = {one(shop.refunds.listed(p.key.order_id)).state for p in (first, second)}
    assert states == {RefundState.DONE}


class Limited(MemoryGateway):
    """Takes no refund for a minute at the first call."""

    limited = 0

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        if self.limited == 0:
            self.limited = 1
            return PaymentUnknown("too many calls", timedelta(minutes=1))
        return super().refund(handle, refund_no, amount, key)


def test_a_gateway_that_is_gone_is_waited_for() -> None:
    gateways = {"sandbox": MemoryGateway(SettableClock())}
    shop = memory_shop(MemoryParts(), partial(Parts, gateways=gateways))
    placed = paid(shop)
    ask(shop, placed, "1.00")
    gateways.clear()
    shop.run_to_rest()
    (refund,) = refunds(shop, placed)
    assert (refund.state, refund.failure) == (RefundState.SENT, "no gateway is called sandbox")


def test_nothing_is_asked_of_another_account_than_was_paid_to() -> None:
    shop, gateway = with_tricky()
    placed = paid(shop)
    ask(shop, placed, "1.00")
    gateway.account = "another"
    shop.run_to_rest()
    (waiting,) = refunds(shop, placed)
    assert (waiting.state, gateway.keys) == (RefundState.SENT, [])
    assert waiting.failure == "sandbox is account another, and was paid at its account sandbox"
    gateway.account = "sandbox"
    shop.let_pass(timedelta(minutes=5))
    assert refunds(shop, placed)[0].state is RefundState.DONE


@settings(deadline=None, max_examples=60)
@given(parts=st.lists(st.integers(1, 700), max_size=12), price=st.integers(1, 1_500))
def test_whatever_parts_are_asked_for_the_sum_is_exact(parts: list[int], price: int) -> None:
    shop = memory_shop()
    placed = paid(shop, Money(price, "USD").amount)
    left = price
    for no, part in enumerate(parts):
        amount = Money(part, "USD").amount
        if part > left:
            with pytest.raises(RefundTooLarge) as refused:
                ask(shop, placed, amount, f"r-{no}")
            assert refused.value.facts["refundable"]["amount"] == Money(left, "USD").amount
        else:
            ask(shop, placed, amount, f"r-{no}")
            left -= part
        if no % 3 == 0:
            shop.run_to_rest()
    shop.run_to_rest()
    assert left >= 0
    assert sum(in_the_books(shop, placed)) == price - left
    assert shop.checker.check().violations == ()
