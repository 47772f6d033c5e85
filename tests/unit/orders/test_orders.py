"""What buyers and sellers read of orders, and the projection that sellers read."""

from collections.abc import Sequence

import pytest

from commerce_core.accounts import Account
from commerce_core.checkout import Placed
from commerce_core.kernel.delivery import deliver
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.messaging import Message
from commerce_core.kernel.paging import BadCursor
from commerce_core.orders import (
    EVENT_OF,
    Fact,
    OrderNotFound,
    OrderState,
    OrderStatus,
    TimelineCursor,
    status_of,
)
from commerce_core.orders.service import SellerOrderProjection
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import DECLINED_CARD, buyer_id, fill, order, pay, register, see, sell, usd

NOWHERE = "019b7000-0000-7000-8000-ffffffffffff"


def test_a_state_is_shown_to_a_buyer_as_one_of_five() -> None:
    assert {state: status_of(state) for state in OrderState} == {
        OrderState.PLACED: OrderStatus.PENDING,
        OrderState.CHARGING: OrderStatus.PENDING,
        OrderState.AWAITING_BUYER: OrderStatus.PENDING,
        OrderState.SHIPPING: OrderStatus.PAID,
        OrderState.COMPENSATING: OrderStatus.CANCELLING,
        OrderState.FINISHING: OrderStatus.COMPLETED,
        OrderState.COMPLETED: OrderStatus.COMPLETED,
        OrderState.CANCELLED: OrderStatus.CANCELLED,
    }


def test_every_fact_has_an_event_and_events_have_names_with_versions() -> None:
    assert set(EVENT_OF) == set(Fact)
    names = [event.name for event in EVENT_OF.values()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("orders.") and name.endswith(".v1") for name in names)


@pytest.mark.parametrize("order_id", ["", "x", NOWHERE])
def test_an_order_that_does_not_exist_is_not_found(shop: MemoryShop, order_id: str) -> None:
    with pytest.raises(OrderNotFound):
        shop.orders.details(buyer_id(register(shop)), order_id)
    with pytest.raises(OrderNotFound):
        shop.orders.seller_details(SellerId("s"), order_id)
    with pytest.raises(OrderNotFound):
        shop.cancellations.cancel(buyer_id(register(shop)), order_id)


def test_31_somebody_elses_order_does_not_exist(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    for act in (shop.orders.details, shop.cancellations.cancel):
        with pytest.raises(OrderNotFound):
            act(buyer_id(register(shop)), placed.key.order_id)
    with pytest.raises(OrderNotFound):
        shop.orders.seller_details(SellerId(register(shop, "seller").id), placed.key.order_id)


def test_a_history_is_newest_first_page_by_page(shop: MemoryShop) -> None:
    ada, mug = register(shop), sell(shop, 50)
    ids = [order(shop, ada, mug).key.order_id for _ in range(5)]
    order(shop, register(shop), mug)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = shop.orders.history(buyer_id(ada), cursor, 2)
        seen += [view.order.id for view in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ids[::-1]


def test_a_page_that_is_just_full_is_the_last(shop: MemoryShop) -> None:
    ada, mug = register(shop), sell(shop)
    for _ in range(2):
        order(shop, ada, mug)
    assert shop.orders.history(buyer_id(ada), None, 2).next_cursor is None


def test_a_cursor_of_another_list_is_refused(shop: MemoryShop) -> None:
    ada, mug = register(shop), sell(shop)
    for _ in range(3):
        order(shop, ada, mug)
    cursor = shop.orders.history(buyer_id(ada), None, 1).next_cursor
    assert cursor is not None
    with pytest.raises(BadCursor):
        shop.orders.seller_history(mug.item.seller_id, cursor, 1)


def test_a_timeline_is_followed_from_any_entry(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    before = [TimelineCursor(placed.key, 2)]
    assert shop.orders.timelines_after(before) == {}
    shop.run_to_rest()
    entries = shop.orders.timelines_after(before)[placed.key.order_id]
    assert [(e.seq, e.fact.value) for e in entries] == [
        (3, "PaymentCompleted"),
        (4, "ShipmentReady"),
        (5, "OrderCompleted"),
    ]


@pytest.mark.parametrize(
    ("number", "country", "cancel", "expected"),
    [
        ("4242424242424242", "DE", False, "paid"),
        (DECLINED_CARD, "DE", False, "declined"),
        ("4242424242424242", "AQ", False, "refunded"),
        ("4242424242424242", "DE", True, "cancelled"),
    ],
)
def test_the_payment_status_is_one_word(
    shop: MemoryShop, number: str, country: str, cancel: bool, expected: str
) -> None:
    placed = order(shop, register(shop), sell(shop), number=number, country=country)
    assert see(shop, placed).payment_status == "pending"
    if cancel:
        shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.run_to_rest()
    assert see(shop, placed).payment_status == expected


# --- the sellers' list


def of_two_sellers(shop: MemoryShop) -> tuple[Placed, Account, Account]:
    one, two, ada = register(shop, "seller"), register(shop, "seller"), register(shop)
    mug, cup = sell(shop, 9, "5.00", "Mug", one), sell(shop, 9, "3.00", "Cup", two)
    return pay(shop, ada, fill(shop, ada, (mug, 2), (cup, 1)), "13.00"), one, two


def test_a_seller_sees_the_own_lines_and_no_buyer(shop: MemoryShop) -> None:
    placed, one, two = of_two_sellers(shop)
    shop.relay.run_once(100)
    seen = [shop.orders.seller_details(SellerId(s.id), placed.key.order_id) for s in (one, two)]
    assert [([x.name for x in o.lines], o.total, o.status) for o in seen] == [
        (["Mug"], usd("10.00"), OrderStatus.PENDING),
        (["Cup"], usd("3.00"), OrderStatus.PENDING),
    ]
    assert all(
        secret not in repr(o)
        for o in seen
        for secret in (placed.key.buyer_id, "@example.org", "Main Street")
    )


def test_the_sellers_list_follows_its_orders(shop: MemoryShop) -> None:
    placed, one, _ = of_two_sellers(shop)
    assert shop.orders.seller_history(SellerId(one.id), None, 5).items == []
    shop.run_to_rest()
    page = shop.orders.seller_history(SellerId(one.id), None, 5)
    assert [(o.order_id, o.status) for o in page.items] == [
        (placed.key.order_id, OrderStatus.COMPLETED)
    ]


def test_events_that_come_late_twice_and_out_of_order_change_nothing(shop: MemoryShop) -> None:
    placed, one, _ = of_two_sellers(shop)
    shop.runner.run_once(10)
    with shop.parts.database.snapshot() as tx:
        messages: Sequence[Message] = [
            m for m in tx.table("outbox").values() if m.name.startswith("orders.")
        ]
    projection = SellerOrderProjection(
        shop.parts.database, shop.parts.orders, shop.parts.seller_orders, shop.clock
    )
    for group in (messages[::-1], messages[:1], messages, messages[:2]):
        projection.handle(group)
        assert (
            shop.orders.seller_details(SellerId(one.id), placed.key.order_id).status
            is OrderStatus.COMPLETED
        )


def test_sellers_see_orders_whose_events_are_gone(shop: MemoryShop) -> None:
    """As after a restore."""
    placed, one, _ = of_two_sellers(shop)
    shop.runner.run_once(10)
    with shop.parts.database.begin() as tx:
        tx.table("outbox").clear()
        tx.commit()
    projection = SellerOrderProjection(
        shop.parts.database, shop.parts.orders, shop.parts.seller_orders, shop.clock
    )
    for _ in range(2):
        projection.follow([placed.key])
        assert (
            shop.orders.seller_details(SellerId(one.id), placed.key.order_id).status
            is OrderStatus.COMPLETED
        )


def test_21_a_message_that_cannot_be_read_is_parked_alone(shop: MemoryShop) -> None:
    of_two_sellers(shop)
    with shop.parts.database.snapshot() as tx:
        good: list[Message] = [
            m for m in tx.table("outbox").values() if m.name.startswith("orders.")
        ]
    bad = Message(
        id=good[0].id,
        name=good[0].name,
        partition_key="p",
        occurred_at=good[0].occurred_at,
        payload={"order_id": 5},
    )
    projection = SellerOrderProjection(
        shop.parts.database, shop.parts.orders, shop.parts.seller_orders, shop.clock
    )
    letters = deliver(projection, [good[0], bad, good[1]], shop.clock)
    assert [(letter.message, letter.consumer) for letter in letters] == [(bad, "seller-orders")]
    assert letters[0].reason.startswith("unreadable")
