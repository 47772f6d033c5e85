"""What comes before placing: a group is looked at together, prepared one by one, and nobody's
trouble is his neighbours'.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import attrs
import pytest

from commerce_core.accounts import Account
from commerce_core.assembly import Parts
from commerce_core.cart import Cart
from commerce_core.catalog import ItemView
from commerce_core.checkout import CartChanged, OutOfStock, Placed, PlaceOrder
from commerce_core.checkout.service.decide import Accepted
from commerce_core.checkout.service.prepare import CheckoutRequest, Preparation, in_one_group
from commerce_core.kernel.batching import MOST_WEIGHT, check_weight, isolate_failures
from commerce_core.kernel.errors import StaleRead, TransactionLost
from commerce_core.kernel.ids import BuyerId, CartId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.payment import PaymentInfo, PaymentUnavailable, Prepared
from commerce_testkit.memory.cart import MemoryCartRepository
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import buyer_id, card, fill, free, order, register, see, sell


class Moody(MemoryGateway):
    """Is away for one buyer, and remembers for whom it has prepared."""

    away_for: BuyerId | None = None

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        if buyer_id == self.away_for:
            raise PaymentUnavailable("not for you")
        self.__dict__.setdefault("seen", []).append(buyer_id)
        return super().prepare(order_id, buyer_id, amount, payment)


class Swapping(MemoryGateway):
    """Takes so long that the buyer does something in another tab."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        self.meanwhile()
        return super().prepare(order_id, buyer_id, amount, payment)


class Torn(MemoryCartRepository):
    """Cannot read the cart of one buyer."""

    unreadable: BuyerId | None = None

    def load(
        self, tx: Transaction, keys: Sequence[tuple[BuyerId, CartId]]
    ) -> Mapping[CartId, Cart]:
        if any(owner == self.unreadable for owner, _ in keys):
            raise ValueError("a cart that cannot be read")
        return super().load(tx, keys)


def request_for(shop: MemoryShop, buyer: Account, view: ItemView) -> CheckoutRequest:
    command = PlaceOrder(
        cart_id=fill(shop, buyer, (view, 1)), amount=view.item.price, payment_info=card()
    )
    return shop.checkout.request(buyer, command)


def moody_shop(**parts: object) -> tuple[MemoryShop, Moody]:
    made = MemoryParts(**parts)  # type: ignore[arg-type]
    gateway = Moody(made.clock)
    object.__setattr__(made, "gateway", gateway)
    return memory_shop(made), gateway


def place(shop: MemoryShop, group: Sequence[CheckoutRequest]) -> Sequence[Placed | Exception]:
    """The whole way of a group."""
    preparation = Preparation({"memory": shop.parts.gateway})
    return in_one_group(shop.placement.preview, preparation, shop.placement.place_many)(group)


def test_a_group_is_answered_in_its_order_whoever_the_gateway_refuses() -> None:
    shop, gateway = moody_shop()
    mug, buyers = sell(shop, 9), [register(shop) for _ in range(5)]
    group = [request_for(shop, buyer, mug) for buyer in buyers]
    gateway.away_for = buyer_id(buyers[2])
    answers = place(shop, group)
    assert [type(a) for a in answers] == [Placed, Placed, PaymentUnavailable, Placed, Placed]
    assert [a.key.buyer_id for a in answers if isinstance(a, Placed)] == [
        buyer_id(b) for b in buyers if b is not buyers[2]
    ]
    assert (free(shop, mug), shop.checker.check().violations) == (5, ())


def test_what_would_be_refused_is_not_begun_at_the_gateway() -> None:
    shop, gateway = moody_shop()
    mug = sell(shop, 1)
    late = request_for(shop, register(shop), mug)
    order(shop, register(shop), mug)
    before = len(gateway.__dict__["seen"])
    assert [type(a) for a in place(shop, [late])] == [OutOfStock]
    assert len(gateway.__dict__["seen"]) == before


@pytest.mark.parametrize("version", [None, "named"])
def test_36_goods_swapped_for_others_of_the_same_price_during_preparation_are_not_ordered(
    version: str | None,
) -> None:
    made = MemoryParts()
    gateway = Swapping(made.clock)
    object.__setattr__(made, "gateway", gateway)
    shop = memory_shop(made)
    (mug, bowl), buyer = (sell(shop, 9), sell(shop, 9, name="Bowl")), register(shop)
    one = request_for(shop, buyer, mug)
    if version:
        one = attrs.evolve(one, draft=attrs.evolve(one.draft, cart_version=1))
    gateway.meanwhile = lambda: fill(shop, buyer, (mug, 0), (bowl, 1))
    placed = shop.checkout.submit(one)
    assert isinstance(placed.exception(), CartChanged)
    assert (free(shop, mug), free(shop, bowl), shop.checker.check().orders) == (9, 9, 0)
    gateway.meanwhile = lambda: None
    assert [line.item_id for line in see(shop, order(shop, buyer, bowl)).order.lines] == [
        bowl.item.id
    ]


def test_a_request_that_is_repeated_within_a_group_is_placed_once() -> None:
    shop, _ = moody_shop()
    mug, buyer = sell(shop, 9), register(shop)
    once = request_for(shop, buyer, mug)
    again = shop.checkout.request(
        buyer, PlaceOrder(cart_id=once.draft.cart_id, amount=mug.item.price, payment_info=card())
    )  # fmt: skip
    first, second = place(shop, [once, again])
    assert isinstance(first, Placed)
    assert isinstance(second, Placed)
    assert (first.key, second.replayed, free(shop, mug)) == (second.key, True, 8)


def test_37_a_cart_that_cannot_be_read_is_its_buyers_trouble_alone() -> None:
    carts = Torn()
    shop, _ = moody_shop(carts=carts)
    mug, buyers = sell(shop, 9), [register(shop) for _ in range(5)]
    group = [request_for(shop, buyer, mug) for buyer in buyers]
    carts.unreadable = buyer_id(buyers[3])
    previews = shop.placement.preview([one.draft for one in group])
    assert [type(p) for p in previews] == [Accepted, Accepted, Accepted, ValueError, Accepted]
    answers = place(shop, group)
    assert [type(a) for a in answers] == [Placed, Placed, Placed, ValueError, Placed]


def test_a_lost_transaction_fails_the_whole_group_at_once() -> None:
    tried: list[int] = []

    def lost(group: Sequence[int]) -> Sequence[int]:
        tried.append(len(group))
        raise TransactionLost("the database is away")

    assert [type(a) for a in isolate_failures(lost, [1, 2, 3])] == [TransactionLost] * 3
    assert tried == [3]


def test_a_group_that_others_outran_is_tried_in_smaller_ones() -> None:
    tried: list[int] = []

    def outrun(group: Sequence[int]) -> Sequence[int]:
        tried.append(len(group))
        if len(group) > 1 or group[0] == 3:
            raise StaleRead("others were quicker")
        return group

    assert [type(a) for a in isolate_failures(outrun, [1, 2, 3])] == [int, int, StaleRead]
    assert tried == [3, 1, 2, 1, 1]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_group_is_halved_down_to_the_one_that_spoils_it(size: int) -> None:
    def spoilt(group: Sequence[int]) -> Sequence[int]:
        if 0 in group:
            raise ValueError("no")
        return [n * 10 for n in group]

    answers = isolate_failures(spoilt, list(range(size)))
    assert [type(a) for a in answers] == [ValueError, *[int] * (size - 1)]
    assert answers[1:] == [n * 10 for n in range(1, size)]
    assert isolate_failures(spoilt, []) == []


def test_a_group_that_is_too_heavy_is_answered_in_portions_in_its_order() -> None:
    seen: list[list[int]] = []

    def heavy(group: Sequence[int]) -> Sequence[int]:
        check_weight(group)
        seen.append(list(group))
        return [n + 1 for n in group]

    group = [900, 1_000, 1, 100, 5_000, 1, MOST_WEIGHT, 7]
    assert isolate_failures(heavy, group) == [n + 1 for n in group]
    assert seen == [[900, 1_000, 1], [100], [5_000], [1], [MOST_WEIGHT], [7]]


@pytest.mark.parametrize("lines", [10, 120])
def test_39_orders_of_many_lines_are_not_all_placed_in_one_transaction(lines: int) -> None:
    shop, _ = moody_shop()
    seller = register(shop, "seller")
    goods, buyers = (
        [sell(shop, 99, "1.00", f"{n}", seller) for n in range(lines)],
        [register(shop) for _ in range(40)],
    )
    group: list[CheckoutRequest] = []
    for buyer in buyers:
        command = PlaceOrder(
            cart_id=fill(shop, buyer, *((view, 1) for view in goods)),
            amount=Money(100 * lines, "USD"),
            payment_info=card(),
        )
        group.append(shop.checkout.request(buyer, command))
    begun: list[None] = []
    really = shop.parts.database.begin
    object.__setattr__(shop.parts.database, "begin", lambda: begun.append(None) or really())
    answers = place(shop, group)
    assert [type(a) for a in answers] == [Placed] * 40
    assert len(begun) == (
        1 if lines == 10 else 1 + 3
    )  # the whole, which is found too heavy, and sixteen orders at a time


def test_a_route_says_which_gateway_takes_which_payment_and_the_order_remembers_it() -> None:
    made = MemoryParts()
    cards, invoices = Moody(made.clock), Moody(made.clock)

    def route(payment: PaymentInfo, total: Money) -> str:
        if total.minor > 1_000:
            return "nobody"
        return "invoices" if total.minor > 500 else "cards"

    gateways = {"cards": cards, "invoices": invoices}
    shop = memory_shop(made, partial(Parts, gateways=gateways, route=route))
    mug, buyer = sell(shop, 9), register(shop)
    placed = [order(shop, buyer, mug, quantity) for quantity in (1, 2)]
    assert [see(shop, one).order.handle.gateway for one in placed] == ["cards", "invoices"]
    shop.run_to_rest()
    assert {see(shop, one).status.value for one in placed} == {"COMPLETED"}
    assert [len(g.__dict__["seen"]) for g in (cards, invoices)] == [1, 1]
    with pytest.raises(PaymentUnavailable, match="no gateway is called 'nobody'"):
        order(shop, buyer, mug, 3)
    assert (free(shop, mug), shop.checker.check().violations) == (6, ())
