"""The checker names every violation that is planted."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from commerce_core.cart import CartLine
from commerce_core.checkout import CallStatus, MoneyFact, Operation, SagaRow
from commerce_core.inventory import Hold, HoldStatus
from commerce_core.kernel.ids import BuyerId, OrderId, SkuId
from commerce_core.orders import Fact, OrderKey, OrderState
from commerce_core.payment import BookEntry, Captured, CardNumber, Charge, PaymentInfo
from commerce_core.pricing import Adjustment
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import DECLINED_CARD, order, register, sell, usd

NOBODY = OrderId("nobody")
PAYMENT = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242424242424242"))
INVARIANTS = {
    "S1",
    "S2",
    "S3",
    "S4",
    "S5",
    "S6",
    "S7",
    "S8",
    "S9",
    "S11",
    "S13",
    "S16",
    "S17",
    "S18",
    "L2",
    "L5",
    "L8",
    "L11",
}


class Scene:
    """A shop with three orders: one completed, one cancelled after its charge, one that waits."""

    def __init__(self, shop: MemoryShop) -> None:
        self.shop = shop
        mug = sell(shop, 20)
        self.sku = mug.item.variants[0].sku_id
        self.done = order(shop, register(shop), mug, 2).key.order_id
        self.undone = order(shop, register(shop), mug, 2, country="AQ").key.order_id
        self.declined = order(shop, register(shop), mug, 1, number=DECLINED_CARD).key.order_id
        shop.run_to_rest()
        self.mug, self.buyer = mug, register(shop)
        self.waiting = order(shop, self.buyer, mug, 3).key.order_id

    def table(self, name: str) -> dict[Any, Any]:
        return self.shop.parts.database.tables[name]

    def change(self, name: str, key: Any, **changes: Any) -> None:
        self.table(name)[key] = attrs.evolve(self.table(name)[key], **changes)

    def saga(self, order_id: str, **changes: Any) -> None:
        row: SagaRow = self.table("saga")[order_id]
        self.change("saga", order_id, saga=attrs.evolve(row.saga, **changes))

    def call(self, order_id: str, operation: Operation, status: CallStatus) -> None:
        row: SagaRow = self.table("saga")[order_id]
        self.change("saga", order_id, saga=row.saga.with_result(operation, status))

    def book(self, order_id: str, kind: str, amount: str, *, known: bool = True) -> None:
        """Have the gateway's books show one more entry."""
        gateway, entry = (
            self.shop.parts.gateway,
            BookEntry(order_id=order_id, ref="planted", kind=kind, amount=usd(amount)),
        )
        truth = gateway.books
        gateway.books = (  # type: ignore[method-assign]
            lambda ids: [*truth(ids), *([entry] if order_id in ids else [])]
        )
        if known:
            key = self.table("saga")[order_id].saga.key
            self.table("gateway_fact")[order_id, "planted", kind] = MoneyFact(
                key=key, ref="planted", kind=kind, amount=usd(amount)
            )

    def hold(self, order_id: str, status: HoldStatus) -> None:
        self.change("reservation", (order_id, self.sku), status=status)

    def cart_of(self, order_id: str) -> tuple[Any, Any]:
        placed = self.table("orders")[order_id]
        return placed.buyer_id, placed.cart_id

    def key_of(self, order_id: str) -> OrderKey:
        key: OrderKey = self.table("saga")[order_id].saga.key
        return key

    def tell(self, order_id: str, seq: int, fact: Fact) -> None:
        self.change("saga_event", (order_id, seq), fact=fact)

    def gateway_outcome(self, order_id: str, outcome: object) -> None:
        entry: Any = self.shop.parts.gateway._entries[f"handle-{order_id}"]
        entry.outcome = outcome


def more_in_the_cart(s: Scene) -> None:
    cart = s.table("cart")[s.cart_of(s.waiting)]
    line: CartLine = attrs.evolve(cart.lines[0], quantity=9)
    s.table("cart")[s.cart_of(s.waiting)] = attrs.evolve(cart, lines=(line,))


PLANTS: list[tuple[str, str, Callable[[Scene], object]]] = [
    ("S1", "reserved", lambda s: s.change("stock", s.sku, reserved=99)),
    ("S2", "movements", lambda s: s.change("stock", s.sku, on_hand=19)),
    ("S2", "holds sum", lambda s: s.change("stock", s.sku, reserved=1)),
    ("S2", "what was ordered", lambda s: s.change("reservation", (s.done, s.sku), quantity=1)),
    ("S2", "what was ordered", lambda s: s.table("reservation").pop((s.done, s.sku))),
    ("S3", "sold and", lambda s: s.table("stock_movement").update({(s.sku, "opening", s.sku): 4})),
    ("S4", "captured 2 times", lambda s: s.book(s.done, "capture", "10.00")),
    (
        "S5",
        "for a total",
        lambda s: s.gateway_outcome(s.done, Captured(ref=f"capture-{s.done}", amount=usd("9.99"))),
    ),
    ("S6", "more than was captured", lambda s: s.book(s.undone, "refund", "0.01")),
    ("S7", "for another request", lambda s: s.saga(s.done, digest="another")),
    (
        "S8",
        "not known to have happened",
        lambda s: s.call(s.undone, Operation.CHARGE, CallStatus.UNKNOWN),
    ),
    ("S9", "gaps", lambda s: s.table("saga_event").pop((s.done, 1))),
    (
        "S9",
        "ShipmentReady after InventoryReserved",
        lambda s: s.tell(s.done, 3, Fact.SHIPMENT_READY),
    ),
    ("S9", "the timeline ends with", lambda s: s.saga(s.done, state=OrderState.SHIPPING)),
    ("S9", "the timeline ends with", lambda s: s.saga(s.waiting, state=OrderState.COMPLETED)),
    ("S11", "with its idempotency key", lambda s: share(s, idem_key="key-1")),
    ("S13", "neither a completed order nor a refund", lambda s: plant_fact(s)),
    ("S16", "made of its cart", lambda s: share(s, cart_id=s.cart_of(s.waiting)[1])),
    ("S16", "cart is gone", lambda s: s.table("cart").pop(s.cart_of(s.waiting))),
    ("S16", "was changed", lambda s: s.change("cart", s.cart_of(s.waiting), version=77)),
    ("S16", "not those of its cart", more_in_the_cart),
    ("S17", "the total is", lambda s: s.change("orders", s.waiting, total=usd("14.99"))),
    (
        "S17",
        "the total is",
        lambda s: s.change(
            "orders",
            s.waiting,
            adjustments=(Adjustment(kind="tax", code="vat", amount=usd("0.01")),),
        ),
    ),
    ("S18", "does not lead to it", lambda s: s.change("orders", s.done, number="26-1")),
    ("S18", "does not lead to it", lambda s: share(s, number="26-1")),
    ("S18", "which does not have it", lambda s: lead(s, "26-1", s.key_of(s.done))),
    ("S18", "which does not have it", lambda s: lead(s, "26-1", OrderKey(BuyerId("b"), NOBODY))),
    ("L2", "the net charge is not", lambda s: s.book(s.done, "refund", "1.00")),
    (
        "L2",
        "the buyer's money is kept",
        lambda s: s.shop.parts.gateway._entries[f"handle-{s.undone}"].refunds.clear(),
    ),
    ("L2", "did not leave", lambda s: s.hold(s.done, HoldStatus.HELD)),
    ("L2", "have no shipment", lambda s: s.table("shipment").pop(s.done)),
    ("L2", "goods are not free", lambda s: s.hold(s.undone, HoldStatus.HELD)),
    ("L2", "may be on its way", lambda s: s.call(s.undone, Operation.UNSHIP, CallStatus.UNKNOWN)),
    ("L5", "a lease is held", lambda s: s.change("saga", s.done, lease_until=s.shop.clock.now())),
    ("L8", "books do not show", lambda s: plant_fact(s)),
    ("L8", "books have more", lambda s: s.book(s.done, "refund", "0.00", known=False)),
    (
        "L11",
        "in no cart",
        lambda s: s.change(
            "saga_event", (s.declined, 5), detail={"code": "x", "detail": "", "cartId": None}
        ),
    ),
    (
        "L11",
        "in no cart",
        lambda s: s.change(
            "saga_event", (s.declined, 5), detail={"code": "x", "detail": "", "cartId": "gone"}
        ),
    ),
]


def lead(s: Scene, number: str, key: OrderKey) -> None:
    """Have a number lead to an order."""
    s.shop.parts.database.tables.setdefault("order_number", {})[number] = key


def share(s: Scene, **fields: Any) -> None:
    """Give two orders of one buyer something in common."""
    for order_id in (s.waiting, order(s.shop, s.buyer, s.mug).key.order_id):
        s.change("orders", order_id, **fields)


def plant_fact(s: Scene) -> None:
    key = s.table("saga")[s.declined].saga.key
    s.table("gateway_fact")[s.declined, "planted", "capture"] = MoneyFact(
        key=key, ref="planted", kind="capture", amount=usd("5.00")
    )


def test_a_shop_that_nobody_meddled_with_is_clean(shop: MemoryShop) -> None:
    Scene(shop)
    report = shop.checker.check()
    assert (report.clean, report.at_rest) == (True, False)
    assert (report.skus, report.orders, report.unfinished, report.alarmed, report.dead_letters) == (
        1,
        4,
        1,
        0,
        0,
    )
    shop.run_to_rest()
    assert shop.checker.check().at_rest


@pytest.mark.parametrize(
    ("invariant", "detail", "plant"), PLANTS, ids=[f"{i}-{d}" for i, d, _ in PLANTS]
)
def test_a_planted_violation_is_named(
    shop: MemoryShop, invariant: str, detail: str, plant: Callable[[Scene], object]
) -> None:
    plant(Scene(shop))
    found = shop.checker.check().violations
    assert any(v.invariant == invariant and detail in v.detail for v in found), found


def test_every_invariant_that_the_checker_claims_is_planted_once() -> None:
    assert {p[0] for p in PLANTS} == INVARIANTS


def test_a_hold_of_another_sku_is_no_hold_of_the_order(shop: MemoryShop) -> None:
    scene = Scene(shop)
    other = SkuId("another")
    held: Hold = scene.table("reservation").pop((scene.waiting, scene.sku))
    scene.table("reservation")[scene.waiting, other] = attrs.evolve(held, sku_id=other)
    assert {v.invariant for v in shop.checker.check().violations} == {"S2"}


def test_a_difference_that_shows_only_once_is_on_its_way_to_being_made_good(
    shop: MemoryShop,
) -> None:
    scene = Scene(shop)
    truth = shop.parts.gateway.books
    once = [[BookEntry(order_id=scene.done, ref="r", kind="refund", amount=usd("1.00"))]]
    shop.parts.gateway.books = (  # type: ignore[method-assign]
        lambda ids: [*truth(ids), *(once.pop() if once else [])]
    )
    assert shop.checker.check().clean


def test_a_charge_of_an_order_that_is_not_there_is_named_until_it_is_given_back(
    shop: MemoryShop,
) -> None:
    """As after a restore: the gateway remembers more than the database."""
    Scene(shop)
    gateway, strangers = shop.parts.gateway, [OrderId(f"stranger-{n}") for n in range(2)]
    handles = [
        gateway.prepare(stranger, BuyerId("b"), usd("7.00"), PAYMENT).handle
        for stranger in strangers
    ]
    for handle in handles:
        gateway.confirm(Charge(handle, handle.reference))
    gateway.refund(handles[1], 1, usd("7.00"), "by hand")
    found = shop.checker.check().violations
    assert [(v.invariant, v.subject) for v in found] == [("L8", "order stranger-0")]
    assert "7.00" in found[0].detail
    gateway.refund(handles[0], 1, usd("7.00"), "by hand as well")
    assert shop.checker.check().clean
