"""Rules at checkout: who may have which order, asked in the place that each can be asked in."""

from functools import partial
from typing import Any, Final, Self

import pytest

from commerce_core.accounts import Account
from commerce_core.assembly import Parts
from commerce_core.catalog import ItemView
from commerce_core.checkout import (
    AmountMismatch,
    CheckoutRefused,
    CheckoutRule,
    Placed,
    PlaceOrder,
    ProposedOrder,
)
from commerce_core.checkout.service.prepare import CheckoutRequest
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from commerce_testkit.memory.transaction import MemoryDatabase, MemoryTransaction
from tests.unit.people import card, fill, free, order, pay, prepared, register, see, sell, usd

OPEN: Final[list[MemoryTransaction]] = []


class NotSoldThere(CheckoutRefused):
    """The goods are not sold in that country."""

    code = "not-sold-there"


class Region(CheckoutRule):
    """Sells to one country, and remembers whom it was asked about."""

    answers_at_once = True

    def __init__(self, country: str = "DE") -> None:
        self._country = country
        self.calls: list[ProposedOrder] = []

    def check(self, order: ProposedOrder, /) -> None:
        self.calls.append(order)
        if order.address is None or order.address.country != self._country:
            raise NotSoldThere("we sell to Germany alone", country=self._country)


class Waiting(Region):
    """May have to wait for somebody outside."""

    answers_at_once = False


class Broken(CheckoutRule):
    """Has a defect that shows with one buyer."""

    answers_at_once = True
    fails_for: str | None = None

    def check(self, order: ProposedOrder, /) -> None:
        if order.buyer_id == self.fails_for:
            raise ZeroDivisionError("a defect")


def with_rules(*rules: CheckoutRule, on: MemoryParts | None = None) -> MemoryShop:
    return memory_shop(on, partial(Parts, rules=rules))


def calls(shop: MemoryShop, buyer: Account, view: ItemView) -> CheckoutRequest:
    command = PlaceOrder(
        cart_id=fill(shop, buyer, (view, 1)), amount=view.item.price, payment_info=card()
    )
    return shop.checkout.request(buyer, command)


@pytest.mark.parametrize("kind", [Region, Waiting])
def test_a_refusal_holds_no_stock_and_leaves_the_idempotency_key_free(kind: type[Region]) -> None:
    shop = with_rules(kind())
    mug, buyer = sell(shop, 3), register(shop)
    cart_id = fill(shop, buyer, (mug, 2))
    with pytest.raises(NotSoldThere, match="Germany") as refused:
        pay(shop, buyer, cart_id, "10.00", key="k", country="FR")
    assert (refused.value.facts, free(shop, mug)) == ({"country": "DE"}, 3)
    placed = pay(shop, buyer, cart_id, "10.00", key="k", country="DE")
    assert (placed.replayed, free(shop, mug)) == (False, 1)
    assert shop.checker.check().violations == ()


def test_a_rule_reads_the_order_as_it_would_be() -> None:
    rule = Region()
    shop = with_rules(rule)
    mug, buyer = sell(shop, 3), register(shop)
    placed = order(shop, buyer, mug, 2)
    seen, stored = rule.calls[-1], see(shop, placed).order
    assert (seen.order_id, seen.buyer_id, seen.email) == (stored.id, stored.buyer_id, buyer.email)
    assert (seen.address, seen.quote.total) == (stored.address, stored.total)
    assert [(x.offer.name, x.offer.price, x.quantity) for x in seen.lines] == [
        ("Mug", usd("5.00"), 2)
    ]
    assert seen.metadata == stored.metadata


def test_all_rules_have_to_agree_and_the_first_that_does_not_is_named() -> None:
    shop = with_rules(first := Region(), Region("FR"), last := Region())
    with pytest.raises(NotSoldThere) as refused:
        order(shop, register(shop), sell(shop))
    assert refused.value.facts == {"country": "FR"}
    assert (len(first.calls), len(last.calls)) == (1, 0)


def test_no_rule_is_asked_about_what_is_refused_anyhow_or_placed_already() -> None:
    shop = with_rules(rule := Region())
    mug, buyer = sell(shop), register(shop)
    cart_id = fill(shop, buyer, (mug, 1))
    with pytest.raises(AmountMismatch):
        pay(shop, buyer, cart_id, "4.00")
    assert rule.calls == []
    first = pay(shop, buyer, cart_id, "5.00", key="k")
    times = len(rule.calls)
    again = pay(shop, buyer, cart_id, "5.00", key="k")
    assert (again.key, again.replayed, len(rule.calls)) == (first.key, True, times)


def test_one_buyers_refusal_or_a_rules_defect_leaves_the_others_of_a_group_alone() -> None:
    shop = with_rules(rule := Broken())
    mug, buyers = sell(shop, 5), [register(shop) for _ in range(5)]
    ready = [prepared(shop, calls(shop, buyer, mug)) for buyer in buyers]
    rule.fails_for = buyers[2].id
    answers = shop.placement.place_many(ready)
    assert [type(a) for a in answers] == [Placed, Placed, ZeroDivisionError, Placed, Placed]
    assert free(shop, mug) == 1


def test_a_rule_is_asked_in_a_transaction_of_the_callers_too() -> None:
    shop = with_rules(rule := Broken())
    mug, buyer = sell(shop, 5), register(shop)
    ready = prepared(shop, calls(shop, buyer, mug))
    rule.fails_for = buyer.id
    with pytest.raises(ZeroDivisionError):
        shop.placement.within(shop.parts.database).place(ready)
    assert free(shop, mug) == 5


class Counted(MemoryTransaction):
    """Is counted as long as it is open."""

    def __enter__(self) -> Self:
        OPEN.append(self)
        return super().__enter__()

    def __exit__(self, *ended: Any) -> None:
        OPEN.remove(self)
        super().__exit__(*ended)


class Watched(MemoryDatabase):
    """Its transactions are counted."""

    def begin(self) -> MemoryTransaction:
        return Counted(self, write=True)

    def snapshot(self) -> MemoryTransaction:
        return Counted(self, write=False)


class Looking(CheckoutRule):
    """Notes how many transactions are open when it is asked."""

    def __init__(self, *, answers_at_once: bool) -> None:
        self.answers_at_once = answers_at_once
        self.open: list[int] = []

    def check(self, order: ProposedOrder, /) -> None:
        self.open.append(len(OPEN))


def test_a_rule_that_may_wait_is_asked_while_no_transaction_is_open() -> None:
    patient, quick = Looking(answers_at_once=False), Looking(answers_at_once=True)
    shop = with_rules(patient, quick, on=MemoryParts(database=Watched()))
    order(shop, register(shop), sell(shop))
    assert (patient.open, quick.open[-1]) == ([0], 1)


@pytest.mark.parametrize("code", ["Too Young", "", "a" * 61, "x/../y", "-x"])
def test_a_code_that_no_address_could_hold_is_refused_where_it_is_written(code: str) -> None:
    with pytest.raises(TypeError, match="a code is up to 60"):
        type("Odd", (CheckoutRefused,), {"code": code})
