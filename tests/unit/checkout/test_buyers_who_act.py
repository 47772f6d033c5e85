"""Orders whose buyers have to act: asked, waited for, and given up in time."""

from datetime import timedelta
from functools import partial

import attrs
import pytest

from commerce_core.accounts import Account
from commerce_core.assembly import Parts
from commerce_core.checkout import Placed, PlaceOrder
from commerce_core.checkout.service.buyer import LOOK_EVERY, TIME_TO_ACT
from commerce_core.checkout.service.prepare import CheckoutRequest
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import SkuId
from commerce_core.notifications import Kind
from commerce_core.orders import Fact, OrderNotFound, OrderState, OrderStatus
from commerce_core.payment import Handle, PaymentInfo, Voided
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.shop import MemoryShop, memory_shop
from tests.unit.people import buyer_id, card, fill, order, register, see, sell, usd

CHALLENGED = "4000000000003220"
DECLINED_AFTER_CHALLENGE = "4000008400001629"
DECIDED_LATER = "4000000000000077"
APPROVED = {"result": "approved"}
SECOND = timedelta(seconds=1)


@pytest.fixture
def shop() -> MemoryShop:
    return memory_shop()


def checkout_request(shop: MemoryShop, payment: PaymentInfo) -> CheckoutRequest:
    """A request for one piece of something."""
    buyer = register(shop)
    cart_id = fill(shop, buyer, (sell(shop, quantity=3), 1))
    command = PlaceOrder(cart_id=cart_id, amount=usd("5.00"), payment_info=payment)
    return shop.checkout.request(buyer, command)


def asked(shop: MemoryShop, number: str = CHALLENGED) -> tuple[Account, Placed]:
    """An order that waits for its buyer."""
    buyer = register(shop)
    placed = order(shop, buyer, sell(shop, quantity=3), number=number)
    shop.run_to_rest()
    assert see(shop, placed).state is OrderState.AWAITING_BUYER
    return buyer, placed


def bring_back(shop: MemoryShop, placed: Placed, parameters: dict[str, str]) -> None:
    shop.payment_returns.bring_back(placed.key.buyer_id, placed.key.order_id, parameters)
    shop.run_to_rest()


def available(shop: MemoryShop, placed: Placed) -> int:
    sku: SkuId = see(shop, placed).order.lines[0].sku_id
    with shop.parts.database.snapshot() as tx:
        return shop.parts.stock.levels(tx, [sku])[sku].available


def kept(shop: MemoryShop) -> int:
    """How many actions are kept."""
    with shop.parts.database.snapshot() as tx:
        return len(tx.table("payment_action"))  # type: ignore[attr-defined]


def test_the_buyer_sees_what_is_to_be_done_until_when_and_the_goods_are_held(
    shop: MemoryShop,
) -> None:
    _, placed = asked(shop)
    view = see(shop, placed)
    assert (view.status, view.payment_status) == (OrderStatus.PENDING, "action-required")
    assert view.next_action is not None
    assert view.next_action.until == shop.clock.now() + TIME_TO_ACT
    assert view.next_action.action.url
    assert view.timeline[-1].fact is Fact.PAYMENT_ACTION_REQUIRED
    assert view.next_action.action.url not in repr(view)
    assert available(shop, placed) == 2


def test_who_approves_is_charged_and_gets_the_goods(shop: MemoryShop) -> None:
    _, placed = asked(shop)
    bring_back(shop, placed, APPROVED)
    view = see(shop, placed)
    assert (view.status, view.payment_status, view.next_action, kept(shop)) == (
        OrderStatus.COMPLETED,
        "paid",
        None,
        0,
    )
    assert shop.checker.check().violations == ()


@pytest.mark.parametrize(
    ("number", "result", "code"),
    [
        (CHALLENGED, "failed", "authentication-failed"),
        (DECLINED_AFTER_CHALLENGE, "approved", "card-declined"),
    ],
)
def test_who_fails_gets_the_lines_back(
    shop: MemoryShop, number: str, result: str, code: str
) -> None:
    _, placed = asked(shop, number)
    bring_back(shop, placed, {"result": result})
    view = see(shop, placed)
    assert (view.status, view.payment_status) == (OrderStatus.CANCELLED, "declined")
    declined = next(e for e in view.timeline if e.fact is Fact.PAYMENT_DECLINED)
    assert declined.detail["code"] == code
    assert (available(shop, placed), kept(shop)) == (3, 0)
    assert isinstance(shop.parts.gateway.fetch(view.order.handle), Voided)
    assert shop.checker.check().violations == ()


def test_what_is_brought_back_decides_nothing_and_may_come_again(shop: MemoryShop) -> None:
    _, placed = asked(shop)
    for _ in range(3):
        bring_back(shop, placed, {"status": "succeeded"})
    assert see(shop, placed).state is OrderState.AWAITING_BUYER
    bring_back(shop, placed, APPROVED)
    bring_back(shop, placed, {"result": "failed"})
    assert see(shop, placed).status is OrderStatus.COMPLETED


def test_nobody_brings_anything_back_to_somebody_elses_order(shop: MemoryShop) -> None:
    _, placed = asked(shop)
    other = buyer_id(register(shop))
    for order_id in (placed.key.order_id, "no id", "019b7000-0000-7000-8000-ffffffffffff"):
        with pytest.raises(OrderNotFound):
            shop.payment_returns.bring_back(other, order_id, APPROVED)
    assert see(shop, placed).state is OrderState.AWAITING_BUYER


def test_who_never_acts_is_given_up_when_the_time_is_up_and_never_charged(
    shop: MemoryShop,
) -> None:
    _, placed = asked(shop)
    shop.let_pass(TIME_TO_ACT - SECOND)
    assert see(shop, placed).state is OrderState.AWAITING_BUYER
    shop.let_pass(SECOND)
    view = see(shop, placed)
    assert view.status is OrderStatus.CANCELLED
    assert view.cancellation is not None
    assert view.cancellation.code == "payment-abandoned"
    assert (available(shop, placed), kept(shop)) == (3, 0)
    bring_back(shop, placed, APPROVED)
    assert see(shop, placed).status is OrderStatus.CANCELLED
    assert shop.parts.gateway.books([placed.key.order_id]) == []
    assert shop.checker.check().violations == ()


def test_waiting_for_a_buyer_is_no_failure_and_alarms_nobody(shop: MemoryShop) -> None:
    _, placed = asked(shop)
    for _ in range(30):
        shop.let_pass(timedelta(seconds=30))
    row, _ = shop.operations.show(placed.key.order_id)
    assert (row.claims, row.attention, row.saga.state) == (0, False, OrderState.AWAITING_BUYER)
    assert shop.operations.alarmed() == []


def test_who_cancels_meanwhile_is_fenced(shop: MemoryShop) -> None:
    buyer, placed = asked(shop)
    shop.cancellations.cancel(buyer_id(buyer), placed.key.order_id)
    shop.run_to_rest()
    view = see(shop, placed)
    assert view.cancellation is not None
    assert (view.cancellation.code, kept(shop)) == ("cancelled-by-buyer", 0)
    assert isinstance(shop.parts.gateway.fetch(view.order.handle), Voided)


def test_a_buyer_who_acts_first_is_asked_with_the_answer_to_the_checkout(
    shop: MemoryShop,
) -> None:
    wallet = PaymentInfo(payment_type="card", token="tok_wallet")
    placed = shop.checkout.submit(checkout_request(shop, wallet)).result()
    assert placed.view is not None
    assert placed.view.next_action is not None
    assert placed.view.state is OrderState.AWAITING_BUYER
    assert [e.fact for e in placed.view.timeline] == [
        Fact.ORDER_CREATED,
        Fact.INVENTORY_RESERVED,
        Fact.PAYMENT_ACTION_REQUIRED,
    ]
    shop.run_to_rest()
    assert see(shop, placed).state is OrderState.AWAITING_BUYER
    bring_back(shop, placed, APPROVED)
    assert see(shop, placed).status is OrderStatus.COMPLETED
    assert shop.checker.check().violations == ()


def test_a_payment_that_is_decided_later_is_waited_for(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop), number=DECIDED_LATER)
    shop.run_to_rest()
    row, view = shop.operations.show(placed.key.order_id)
    assert (view.state, row.claims) == (OrderState.CHARGING, 0)
    shop.let_pass(timedelta(seconds=2))
    assert see(shop, placed).status is OrderStatus.COMPLETED


@pytest.mark.parametrize(
    "url", ["https://evil.example/back", "https://shop.example.evil/", "https://shop.example@evil/"]
)
def test_nobody_is_sent_back_to_a_page_that_is_not_the_shops(url: str) -> None:
    shop = memory_shop(own=with_origin("https://shop.example"))
    request = checkout_request(shop, attrs.evolve(card(), return_url=url))
    with pytest.raises(Invalid, match="origin"):
        shop.checkout.submit(request).result()
    good = attrs.evolve(card(), return_url="https://shop.example/paid?order=1")
    assert shop.checkout.submit(attrs.evolve(request, payment=good)).result().view


def with_origin(origin: str) -> "partial[Parts]":
    return partial(Parts, return_origins=[origin])


def test_the_check_names_goods_that_are_not_held_and_secrets_that_are_kept(
    shop: MemoryShop,
) -> None:
    _, placed = asked(shop)
    assert shop.checker.check().violations == ()
    with shop.parts.database.begin() as tx:
        shop.parts.stock.release(tx, [placed.key.order_id])
        tx.commit()
    assert "S21" in {v.invariant for v in shop.checker.check().violations}
    done = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    with shop.parts.database.begin() as tx:
        action = see(shop, placed).next_action
        assert action is not None
        shop.parts.sagas.ask_buyers(tx, {done.key: action})
        tx.commit()
    found = shop.checker.check().violations
    assert ("L15", f"order {done.key.order_id}") in {(v.invariant, v.subject) for v in found}


def test_a_runner_whose_clock_is_ahead_gives_up_early_and_charges_nobody(
    shop: MemoryShop,
) -> None:
    """By its clock the time is up: it asks for the fence, which is sure whatever the time."""
    _, placed = asked(shop)
    ahead = SettableClock(shop.clock.now() + TIME_TO_ACT)
    own = attrs.evolve(shop.parts, clock=ahead)
    other = memory_shop(own)
    other.runner.run_once(10)
    bring_back(shop, placed, APPROVED)
    assert see(shop, placed).status is OrderStatus.CANCELLED
    assert shop.parts.gateway.books([placed.key.order_id]) == []


def test_its_buyer_is_told_once_that_something_is_to_be_done(shop: MemoryShop) -> None:
    buyer, _ = asked(shop)
    page = shop.notices.history(buyer.id, None, 20)
    assert [n.kind for n in page.items].count(Kind.PAYMENT_ACTION_REQUIRED) == 1


def test_what_comes_back_while_the_gateway_is_asked_is_seen_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = memory_shop()
    _, placed = asked(shop)
    gateway = shop.parts.gateway
    fetch, brought = gateway.fetch, list[str]()

    def meanwhile(handle: Handle) -> object:
        shown = fetch(handle)
        if not brought:
            brought.append("back")
            shop.clock.advance(SECOND)
            shop.payment_returns.bring_back(placed.key.buyer_id, placed.key.order_id, APPROVED)
        return shown

    monkeypatch.setattr(gateway, "fetch", meanwhile)
    shop.clock.advance(LOOK_EVERY)
    shop.run_to_rest()
    assert brought
    assert see(shop, placed).status is OrderStatus.COMPLETED
