"""Placing orders: groups in one transaction, read and decided again where the world has moved."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs
import pytest

from commerce_core.accounts import Account
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import ItemView
from commerce_core.checkout import (
    AmountMismatch,
    CartChanged,
    CartEmpty,
    CartNotFound,
    IdempotencyKeyReused,
    OutOfStock,
    Placed,
    PlaceOrder,
)
from commerce_core.checkout.service.prepare import PreparedPayment
from commerce_core.checkout.service.submit import request_digest
from commerce_core.inventory import SkuDemand, StockChange, StockLevel
from commerce_core.kernel.errors import Invalid, TransactionLost
from commerce_core.kernel.ids import BuyerId, CartId, OrderId, SkuId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import Fact, Order
from commerce_core.payment import PaymentInfo, Prepared
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.inventory import MemoryStockLedger
from commerce_testkit.memory.orders import MemoryOrderRepository
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from commerce_testkit.memory.transaction import MemoryDatabase, MemoryTransaction
from tests.unit import people
from tests.unit.people import (
    DECLINED_CARD,
    buyer_id,
    card,
    fill,
    free,
    order,
    pay,
    register,
    see,
    sell,
    usd,
)


class WatchedGateway(MemoryGateway):
    """Counts what is prepared and charged, and runs *before* each of it."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__(clock)
        self.prepared: list[OrderId] = []

    def prepare(
        self, order_id: OrderId, buyer_id: BuyerId, amount: Money, payment: PaymentInfo
    ) -> Prepared:
        self.prepared.append(order_id)
        return super().prepare(order_id, buyer_id, amount, payment)


def watched(**parts: object) -> tuple[MemoryShop, WatchedGateway]:
    made = MemoryParts(**parts)  # type: ignore[arg-type]
    gateway = WatchedGateway(made.clock)
    object.__setattr__(made, "gateway", gateway)
    return memory_shop(made), gateway


def prepared(
    shop: MemoryShop, buyer: Account, view: ItemView, quantity: int = 1
) -> PreparedPayment:
    """An order that only waits for its group."""
    cart_id = fill(shop, buyer, (view, quantity))
    command = PlaceOrder(cart_id=cart_id, amount=view.item.price * quantity, payment_info=card())
    return people.prepared(shop, shop.checkout.request(buyer, command))


def test_an_order_is_there_with_its_lines_its_timeline_and_its_hold(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 10, "5.00"), register(shop)
    view = see(shop, order(shop, buyer, mug, 2))
    assert [(x.name, x.quantity, x.unit_price) for x in view.order.lines] == [
        ("Mug", 2, usd("5.00"))
    ]
    assert [(e.seq, e.fact) for e in view.timeline] == [
        (1, Fact.ORDER_CREATED),
        (2, Fact.INVENTORY_RESERVED),
    ]
    assert (view.order.total, view.status.value, free(shop, mug)) == (usd("10.00"), "PENDING", 8)


def test_01_200_buyers_of_50_pieces_in_groups_get_exactly_50(shop: MemoryShop) -> None:
    mug = sell(shop, 50)
    wanted = [prepared(shop, register(shop), mug) for _ in range(200)]
    answers = [
        answer
        for i in range(0, 200, 30)
        for answer in shop.placement.place_many(wanted[i : i + 30])
    ]
    assert sum(isinstance(a, Placed) for a in answers) == 50
    assert sum(isinstance(a, OutOfStock) for a in answers) == 150
    assert (free(shop, mug), shop.checker.check().violations) == (0, ())


def test_02_what_ran_out_since_is_refused_before_any_payment_call() -> None:
    shop, gateway = watched()
    mug, first, late = sell(shop, 1), register(shop), register(shop)
    cart_id = fill(shop, late, (mug, 1))
    order(shop, first, mug)
    with pytest.raises(OutOfStock):
        pay(shop, late, cart_id, "5.00")
    assert len(gateway.prepared) == 1


def test_07_three_orders_of_one_unit_in_one_group_raise_the_counter_by_three(
    shop: MemoryShop,
) -> None:
    mug = sell(shop, 10)
    answers = shop.placement.place_many([prepared(shop, register(shop), mug) for _ in range(3)])
    assert [type(a) for a in answers] == [Placed] * 3
    assert free(shop, mug) == 7
    assert shop.checker.check().violations == ()


def test_05_carts_with_the_same_goods_in_opposite_order_are_both_placed(shop: MemoryShop) -> None:
    mug, cup, one, two = sell(shop, 4), sell(shop, 4), register(shop), register(shop)
    pay(shop, one, fill(shop, one, (mug, 1), (cup, 3)), "20.00")
    pay(shop, two, fill(shop, two, (cup, 1), (mug, 3)), "20.00")
    assert (free(shop, mug), free(shop, cup)) == (0, 0)


def test_12_a_changed_price_refuses_and_reserves_nothing_and_calls_nobody() -> None:
    shop, gateway = watched()
    mug, buyer = sell(shop, 3), register(shop)
    with pytest.raises(AmountMismatch):
        pay(shop, buyer, fill(shop, buyer, (mug, 1)), "4.99")
    assert (free(shop, mug), gateway.prepared) == (3, [])


def test_13_a_retry_after_a_lost_answer_gives_the_first_order_and_prepares_nothing_more() -> None:
    shop, gateway = watched()
    mug, buyer = sell(shop, 3), register(shop)
    cart_id = fill(shop, buyer, (mug, 1))
    first = pay(shop, buyer, cart_id, "5.00", key="k")
    again = pay(shop, buyer, cart_id, "5.00", key="k")
    assert (again.key, first.replayed, again.replayed, len(gateway.prepared), free(shop, mug)) == (
        first.key,
        False,
        True,
        1,
        2,
    )


def test_13_the_key_of_another_request_is_refused_and_nothing_is_done(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 3), register(shop)
    pay(shop, buyer, fill(shop, buyer, (mug, 1)), "5.00", key="k")
    with pytest.raises(IdempotencyKeyReused):
        pay(shop, buyer, fill(shop, buyer, (mug, 2)), "10.00", key="k")
    assert free(shop, mug) == 2


def test_a_key_that_was_refused_is_free_for_the_corrected_request(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 3), register(shop)
    cart_id = fill(shop, buyer, (mug, 1))
    with pytest.raises(AmountMismatch):
        pay(shop, buyer, cart_id, "1.00", key="k")
    assert not pay(shop, buyer, cart_id, "5.00", key="k").replayed


def test_somebody_elses_cart_does_not_exist(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 3), register(shop)
    with pytest.raises(CartNotFound):
        pay(shop, register(shop), fill(shop, buyer, (mug, 1)), "5.00")


def test_a_cart_that_nothing_was_ever_put_into_is_empty(shop: MemoryShop) -> None:
    buyer = register(shop)
    cart = shop.carts.view(Shopper(buyer_id=buyer_id(buyer))).cart
    with pytest.raises(CartEmpty):
        pay(shop, buyer, cart.id, "0.00")


def test_a_payment_that_cannot_be_taken_places_nothing(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 3), register(shop)
    info = PaymentInfo(payment_type="card", token="tok_nobody")
    with pytest.raises(Invalid):
        shop.checkout.place(
            buyer,
            PlaceOrder(cart_id=fill(shop, buyer, (mug, 1)), amount=usd("5.00"), payment_info=info),
        )
    assert (free(shop, mug), shop.checker.check().orders) == (3, 0)


def test_36_an_edit_between_look_and_placement_is_never_paid_at_the_old_amount(
    shop: MemoryShop,
) -> None:
    mug, buyer = sell(shop, 9), register(shop)
    waiting = prepared(shop, buyer, mug, 1)
    fill(shop, buyer, (mug, 4))
    answer = shop.placement.place_many([waiting])[0]
    assert isinstance(answer, AmountMismatch)
    assert shop.carts.view(Shopper(buyer_id=buyer_id(buyer))).cart.lines[0].quantity == 4


def test_36_an_edit_after_the_placement_goes_into_a_cart_of_its_own(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 9), register(shop)
    placed = order(shop, buyer, mug, 1)
    change = CartChange(
        shopper=Shopper(buyer_id=buyer_id(buyer)),
        quantities=(SetQuantity(item_id=mug.item.id, quantity=4),),
    )
    assert shop.carts.change(change).cart.id != placed.cart_id
    assert see(shop, placed).order.lines[0].quantity == 1


def test_36_a_cart_version_that_was_not_seen_is_refused(shop: MemoryShop) -> None:
    mug, buyer = sell(shop, 9), register(shop)
    cart_id = fill(shop, buyer, (mug, 1))
    command = PlaceOrder(cart_id=cart_id, amount=usd("5.00"), payment_info=card(), cart_version=99)
    with pytest.raises(CartChanged):
        shop.checkout.place(buyer, command)


# --- the world moves between read and write


class RestlessLedger(MemoryStockLedger):
    """Shows, for some reads, more than there is: pieces that somebody takes before the group
    writes.
    """

    def __init__(self, lies: int) -> None:
        self.lies = lies
        self.groups: list[int] = []

    def levels(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Mapping[SkuId, StockLevel]:
        found = super().levels(tx, sku_ids)
        if not isinstance(tx, MemoryTransaction) or not tx._write or self.lies <= 0:
            return found
        self.lies -= 1
        return {
            sku_id: attrs.evolve(level, on_hand=level.on_hand + 100)
            for sku_id, level in found.items()
        }

    def hold(self, tx: Transaction, demands: Sequence[SkuDemand]) -> Mapping[SkuId, StockChange]:
        self.groups.append(sum(d.quantity for d in demands))
        return super().hold(tx, demands)


def test_stock_that_was_taken_between_read_and_write_is_read_and_decided_again() -> None:
    ledger = RestlessLedger(0)
    shop = memory_shop(MemoryParts(stock=ledger))
    mug = sell(shop, 2)
    group = [prepared(shop, register(shop), mug) for _ in range(4)]
    ledger.lies = 1
    answers = shop.placement.place_many(group)
    assert [type(a) for a in answers] == [Placed, Placed, OutOfStock, OutOfStock]
    assert ledger.groups == [4, 2]
    assert shop.checker.check().violations == ()


def test_a_group_that_cannot_be_written_after_all_tries_is_halved() -> None:
    ledger = RestlessLedger(0)
    shop = memory_shop(MemoryParts(stock=ledger))
    mug = sell(shop, 2)
    group = [prepared(shop, register(shop), mug) for _ in range(4)]
    ledger.lies = 3
    answers = shop.placement.place_many(group)
    assert ledger.groups[:4] == [4, 4, 4, 2]
    assert [type(a) for a in answers] == [Placed, Placed, OutOfStock, OutOfStock]


def test_a_single_order_that_never_gets_its_turn_is_asked_to_come_again() -> None:
    ledger = RestlessLedger(0)
    shop = memory_shop(MemoryParts(stock=ledger))
    waiting = prepared(shop, register(shop), mug := sell(shop, 1), 1)
    order(shop, register(shop), mug)
    ledger.lies = 99
    assert isinstance(shop.placement.place_many([waiting])[0], TransactionLost)


class SpoiltBook(MemoryOrderRepository):
    """Cannot store the order of one buyer."""

    spoilt: BuyerId | None = None

    def insert(self, tx: Transaction, orders: Sequence[Order]) -> None:
        if any(o.buyer_id == self.spoilt for o in orders):
            raise ValueError("a row that cannot be stored")
        super().insert(tx, orders)


def test_37_a_single_order_that_cannot_be_stored_is_refused_alone() -> None:
    book = SpoiltBook()
    shop = memory_shop(MemoryParts(orders=book))
    mug, buyers = sell(shop, 9), [register(shop) for _ in range(5)]
    group = [prepared(shop, buyer, mug) for buyer in buyers]
    book.spoilt = buyer_id(buyers[3])
    answers = shop.placement.place_many(group)
    assert [type(a) for a in answers] == [Placed, Placed, Placed, ValueError, Placed]
    assert (free(shop, mug), shop.checker.check().violations) == (5, ())


class LosingDatabase(MemoryDatabase):
    """Loses the connection after *losses* commits, each of which had landed."""

    losses = 0

    def begin(self) -> MemoryTransaction:
        return _LosingTransaction(self, write=True)


class _LosingTransaction(MemoryTransaction):
    def commit(self) -> None:
        super().commit()
        database = self._database
        assert isinstance(database, LosingDatabase)
        if database.losses > 0:
            database.losses -= 1
            raise TransactionLost("the connection broke while committing")


def test_16_a_commit_that_landed_although_its_answer_was_lost_is_one_order() -> None:
    database = LosingDatabase()
    shop = memory_shop(MemoryParts(database=database))
    mug = sell(shop, 9)
    group = [prepared(shop, register(shop), mug) for _ in range(3)]
    database.losses = 1
    answers = shop.placement.place_many(group)
    assert [(type(a), a.key.order_id, a.replayed) for a in answers if isinstance(a, Placed)] == [
        (Placed, p.draft.order_id, False) for p in group
    ]
    assert (free(shop, mug), shop.checker.check().orders) == (6, 3)


# --- what tells requests apart


def test_two_cards_are_told_apart_by_their_last_four_digits_and_a_code_is_never_looked_at() -> None:
    command = PlaceOrder(cart_id=CartId("c"), amount=usd("1.00"), payment_info=card())
    other_code = attrs.evolve(command, payment_info=attrs.evolve(card(), cvc="999"))
    other_card = attrs.evolve(command, payment_info=card(DECLINED_CARD))
    assert request_digest(command) == request_digest(other_code)
    assert (
        len(
            {
                request_digest(c)
                for c in (command, other_card, attrs.evolve(command, amount=usd("2.00")))
            }
        )
        == 3
    )


def test_a_group_takes_the_time_of_the_clock(shop: MemoryShop) -> None:
    shop.clock.advance(timedelta(days=1))
    placed = order(shop, register(shop), sell(shop))
    at: datetime = see(shop, placed).order.created_at
    assert at == shop.clock.now()
