"""Numbers that people call orders by: given once, before anything is placed, and never to two."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import pytest

from commerce_core.accounts import Account
from commerce_core.assembly import Parts
from commerce_core.catalog import ItemView
from commerce_core.checkout import (
    OrderNumbers,
    OrderNumberUnavailable,
    Placed,
    PlaceOrder,
    ProposedOrder,
)
from commerce_core.checkout.service.prepare import (
    CheckoutRequest,
    Preparation,
    PreparedPayment,
    in_one_group,
)
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import Order, OrderKey
from commerce_testkit.memory.orders import MemoryOrderRepository
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import (
    buyer_id,
    card,
    fill,
    free,
    order,
    pay,
    prepared,
    register,
    see,
    sell,
)

LONGEST: Final = "9" * 64


class Counter(OrderNumbers):
    """Counts; gives *wrong* answers in place of a number, or raises them: in turn, or whenever it
    is asked about a buyer.
    """

    answers_at_once = True

    def __init__(self, wrong: Mapping[int | str, Any] | None = None) -> None:
        self.wrong = dict(wrong or {})
        self.asked: list[list[ProposedOrder]] = []
        self._last = 0

    def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
        self.asked.append([*orders])
        return [self._number(order.buyer_id) for order in orders]

    def _number(self, buyer: str) -> str:
        self._last += 1
        said = self.wrong.get(self._last, f"26-{self._last}")
        answer = self.wrong.get(buyer, said)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]


class Waiting(Counter):
    """May have to wait for somebody outside."""

    answers_at_once = False


def numbered(counter: OrderNumbers, on: MemoryParts | None = None) -> MemoryShop:
    return memory_shop(on, partial(Parts, numbers=counter))


def asked(shop: MemoryShop, buyer: Account, view: ItemView, key: str | None) -> CheckoutRequest:
    command = PlaceOrder(
        cart_id=fill(shop, buyer, (view, 1)), amount=view.item.price, payment_info=card()
    )
    return shop.checkout.request(buyer, command, key)


def together(
    shop: MemoryShop, counter: OrderNumbers, requests: Sequence[CheckoutRequest]
) -> list[Placed | Exception]:
    """One group of requests, where nobody waits."""
    preparation = Preparation({"memory": shop.parts.gateway}, numbers=counter)
    place = in_one_group(shop.placement.preview, preparation, shop.placement.place_many)
    return [*place(requests)]


def told(answer: Placed | Exception) -> str | None:
    if isinstance(answer, Exception):
        assert isinstance(answer, OrderNumberUnavailable), answer
        return "refused"
    assert answer.view is not None
    return answer.view.order.number


def test_without_numbers_an_order_has_its_id_alone(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop))
    assert see(shop, placed).order.number is None
    assert shop.parts.database.tables.get("order_number", {}) == {}


@pytest.mark.parametrize("kind", [Counter, Waiting])
def test_an_order_is_called_by_its_number_everywhere(kind: type[Counter]) -> None:
    shop = numbered(counter := kind())
    seller, buyer = register(shop, "seller"), register(shop)
    mug = sell(shop, seller=seller)
    placed = order(shop, buyer, mug)
    heard = [m.payload for m in shop.parts.outbox.read(range(64), 100) if "seq" in m.payload]
    assert {payload["number"] for payload in heard} == {"26-1"}
    shop.run_to_rest()
    assert told(placed) == see(shop, placed).order.number == "26-1"
    seen = shop.orders.seller_details(SellerId(seller.id), placed.key.order_id)
    (listed,) = shop.orders.history(buyer_id(buyer), None, 9).items
    assert (seen.number, listed.order.number) == ("26-1", "26-1")
    assert [row.saga.key for row in shop.operations.numbered("26-1")] == [placed.key]
    assert [order.order_id for some in counter.asked for order in some] == [placed.key.order_id]
    assert shop.checker.check().clean


def test_every_event_of_an_order_has_its_number() -> None:
    shop = numbered(Counter())
    heard: list[Any] = []
    publish = shop.broker.publish
    shop.broker.publish = (  # type: ignore[method-assign]
        lambda messages: heard.extend(messages) or publish(messages)
    )
    order(shop, register(shop), sell(shop), country="AQ")
    shop.run_to_rest()
    events = {m.name: m.payload["number"] for m in heard if m.name.startswith("orders.")}
    assert set(events.values()) == {"26-1"}
    assert {"orders.order_created.v1", "orders.order_cancelled.v1"} < events.keys()


def test_a_number_finds_the_orders_of_those_who_may_see_it_and_of_nobody_else() -> None:
    shop = numbered(Counter())
    seller, other, buyer, stranger = (
        register(shop, role) for role in ("seller", "seller", "buyer", "buyer")
    )
    placed = order(shop, buyer, sell(shop, seller=seller))
    order(shop, buyer, sell(shop, seller=other))
    shop.run_to_rest()

    def bought(who: Account, number: str) -> list[OrderKey]:
        page = shop.orders.history(buyer_id(who), None, 9, number=number)
        assert page.next_cursor is None
        return [OrderKey(v.order.buyer_id, v.order.id) for v in page.items]

    def sold(who: Account, number: str) -> list[str]:
        page = shop.orders.seller_history(SellerId(who.id), None, 9, number=number)
        return [order.order_id for order in page.items]

    assert bought(buyer, "26-1") == [placed.key]
    assert bought(stranger, "26-1") == bought(buyer, "26-9") == bought(buyer, "26") == []
    assert sold(seller, "26-1") == [placed.key.order_id]
    assert sold(other, "26-1") == sold(seller, "26-9") == []


def test_a_repeated_request_is_answered_with_the_same_number_and_asks_for_none() -> None:
    shop = numbered(counter := Counter())
    buyer = register(shop)
    cart_id = fill(shop, buyer, (sell(shop), 1))
    first, again = (pay(shop, buyer, cart_id, "5.00", key="k") for _ in range(2))
    assert (again.replayed, again.key) == (True, first.key)
    assert see(shop, again).order.number == "26-1"
    assert len(counter.asked) == 1


def test_two_requests_of_a_group_under_one_key_are_one_order_of_one_number() -> None:
    shop = numbered(counter := Counter())
    buyer, mug = register(shop), sell(shop)
    requests = [asked(shop, buyer, mug, "k") for _ in range(2)]
    first, second = together(shop, counter, requests)
    assert isinstance(first, Placed)
    assert isinstance(second, Placed)
    assert (first.key, see(shop, second).order.number) == (second.key, "26-1")


def test_a_placement_that_is_tried_again_keeps_its_number() -> None:
    shop = numbered(counter := Counter())
    ready = prepared(shop, asked(shop, register(shop), sell(shop), "k"))
    places = [shop.placement.place(ready) for _ in range(2)]
    assert [see(shop, placed).order.number for placed in places] == ["26-1", "26-1"]
    assert len(counter.asked) == 1


def test_a_group_is_given_its_numbers_at_once_and_what_is_refused_gets_none() -> None:
    shop = numbered(counter := Counter())
    mug, gone = sell(shop), sell(shop, 1)
    order(shop, register(shop), gone)
    counter.asked.clear()
    requests = [asked(shop, register(shop), view, None) for view in (mug, gone, mug)]
    answers = together(shop, counter, requests)
    assert [isinstance(answer, Placed) for answer in answers] == [True, False, True]
    assert [[o.order_id for o in some] for some in counter.asked] == [
        [requests[0].draft.order_id, requests[2].draft.order_id]
    ]
    assert counter.asked[0][0].lines[0].offer.name == "Mug"


@pytest.mark.parametrize(
    "answer",
    [
        "", LONGEST + "9", "26\n1", "26\x00", "26\N{ZERO WIDTH SPACE}1", "26\ud800", " 26", "26 ",
        None, 26, b"26", ValueError("a defect"), Unavailable("away"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_number_that_cannot_be_used_is_the_matter_of_its_order_alone(answer: object) -> None:
    shop = numbered(counter := Counter())
    buyers, mug = [register(shop) for _ in range(4)], sell(shop)
    counter.wrong[buyers[2].id] = answer
    requests = [asked(shop, buyer, mug, f"k{no}") for no, buyer in enumerate(buyers)]
    if isinstance(answer, Unavailable):  # said for all who are asked about at once
        answers = [told(together(shop, counter, [request])[0]) for request in requests]
    else:
        answers = [told(one) for one in together(shop, counter, requests)]
    assert (answers[2], answers.count("refused"), len(set(answers))) == ("refused", 1, 4)
    assert free(shop, mug) == 7
    counter.wrong.clear()
    again = together(shop, counter, requests)
    assert all(isinstance(one, Placed) for one in again)
    assert free(shop, mug) == 6
    assert shop.checker.check().violations == ()


def test_the_longest_number_can_be_used() -> None:
    shop = numbered(Counter({1: LONGEST}))
    assert told(order(shop, register(shop), sell(shop))) == LONGEST


def test_too_few_or_too_many_numbers_are_nobodys() -> None:
    class Miscounting(Counter):
        def numbers(self, orders: Sequence[ProposedOrder], /) -> Sequence[str]:
            return [*super().numbers(orders), *super().numbers(orders)]

    shop = numbered(counter := Miscounting())
    mug = sell(shop)
    requests = [asked(shop, register(shop), mug, None) for _ in range(3)]
    assert [told(one) for one in together(shop, counter, requests)] == ["refused"] * 3


def test_a_number_that_cannot_be_had_is_requested_once_in_a_group() -> None:
    shop = numbered(counter := Counter({no: Unavailable("away") for no in range(1, 9)}))
    mug = sell(shop)
    requests = [asked(shop, register(shop), mug, None) for _ in range(3)]
    assert [told(one) for one in together(shop, counter, requests)] == ["refused"] * 3
    assert len(counter.asked) == 1
    assert free(shop, mug) == 10


def test_a_number_that_another_order_has_is_not_given_again() -> None:
    shop = numbered(Counter({2: "26-1"}))
    mug, buyer, second = sell(shop), register(shop), register(shop)
    first = order(shop, buyer, mug)
    cart_id = fill(shop, second, (mug, 1))
    with pytest.raises(OrderNumberUnavailable, match="another order has"):
        pay(shop, second, cart_id, "5.00", key="k")
    assert free(shop, mug) == 9
    assert told(pay(shop, second, cart_id, "5.00", key="k")) == "26-3"
    assert see(shop, first).order.number == "26-1"
    assert shop.checker.check().violations == ()


class Tried(MemoryOrderRepository):
    """Counts how often orders are written."""

    times = 0

    def insert(self, tx: Transaction, orders: Sequence[Order]) -> None:
        self.times += 1
        super().insert(tx, orders)


def test_of_two_in_a_group_the_first_has_the_number_and_nothing_is_tried_twice() -> None:
    shop = numbered(counter := Counter({2: "26-1"}), on=MemoryParts(orders=(tried := Tried())))
    mug = sell(shop)
    requests = [asked(shop, register(shop), mug, None) for _ in range(3)]
    assert [told(one) for one in together(shop, counter, requests)] == ["26-1", "refused", "26-3"]
    assert (free(shop, mug), tried.times) == (8, 1)


class Unsighted(MemoryOrderRepository):
    """Sees no number the first time: another process takes it between a read and a write."""

    looks = 0

    def numbered(self, tx: Transaction, numbers: Sequence[str]) -> Mapping[str, OrderKey]:
        self.looks += bool(numbers)
        return {} if self.looks in (2, 3) else super().numbered(tx, numbers)


def test_a_number_that_is_taken_meanwhile_spoils_nobody_elses_order() -> None:
    book = Unsighted()
    shop = numbered(counter := Counter({2: "26-1"}), on=MemoryParts(orders=book))
    mug = sell(shop)
    order(shop, register(shop), mug)
    requests = [asked(shop, register(shop), mug, None) for _ in range(2)]
    assert [told(one) for one in together(shop, counter, requests)] == ["refused", "26-3"]
    assert book.looks > 3
    assert free(shop, mug) == 8


def test_a_number_is_part_of_what_is_prepared_for_those_who_place_it_themselves() -> None:
    shop = numbered(Counter())
    ready = prepared(shop, asked(shop, register(shop), sell(shop), None))
    assert isinstance(ready, PreparedPayment)
    assert ready.draft.number == "26-1"


def test_an_order_that_costs_nothing_has_a_number_too() -> None:
    shop = numbered(Counter())
    buyer = register(shop)
    cart_id = fill(shop, buyer, (sell(shop, price="0.00"), 1))
    assert told(pay(shop, buyer, cart_id, "0.00")) == "26-1"
