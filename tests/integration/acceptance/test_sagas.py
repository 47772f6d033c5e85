"""What other shops got wrong about telling buyers, and about one bad answer among many. Numbers are
those of the acceptance list.
"""

from datetime import timedelta

import pytest

from commerce_core.kernel.messaging import Message
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderStatus, TooLateToCancel
from commerce_core.payment import Captured, Declined
from tests.integration.acceptance.endings import ENDINGS, begin
from tests.integration.market import Market, side_by_side

BINDING = {"orders.shipment_ready.v1", "orders.order_completed.v1"}
UNDOING = {
    "orders.inventory_released.v1",
    "orders.payment_refunded.v1",
    "orders.payment_declined.v1",
    "orders.order_cancelled.v1",
}
FINAL = {"orders.order_completed.v1", "orders.order_cancelled.v1"}


def overhear(market: Market, *, twice: bool) -> list[Message]:
    """What followers of orders are told from now on, in turn. *twice*: what they took is forgotten
    the first time, and comes again.
    """
    heard: list[Message] = []
    queue = market.shop.broker.queues()["seller-orders"]
    settle = queue.settle
    forgotten: set[str] = set()

    def settle_what_was_heard(deliveries) -> None:
        heard.extend(d.message for d in deliveries)
        settle([d for d in deliveries if not twice or d.message.id in forgotten])
        forgotten.update(d.message.id for d in deliveries)

    queue.settle = settle_what_was_heard
    return heard


@pytest.mark.parametrize("twice", [False, True], ids=["delivered once", "delivered twice"])
def test_19_nothing_is_told_as_certain_that_is_undone_afterwards(
    market: Market, twice: bool, scale: int
) -> None:
    """Buyers cancel while runners run: whoever was told of a parcel or an end hears nothing
    else.
    """
    heard = overhear(market, twice=twice)
    lamp = market.item(10_000)
    orders = [begin(market, lamp, ending) for ending in ENDINGS.values()]
    more = [market.buy(lamp)[1] for _ in range(40 * scale)]
    side_by_side(
        lambda task: market.run() if task is None else market.cancel(task),
        [None, None, *more],
        threads=6,
    )
    market.outside.rule = lambda name, send: send()
    for order in more:
        if market.order(order).status in (OrderStatus.PENDING, OrderStatus.PAID):
            market.run()

    def unfinished() -> bool:
        market.run()
        return bool(market.shop.operations.counts())

    waiting = market.shop.work
    for _ in range(200):
        if not unfinished():
            break
        waiting.wait(waiting.count(), 0.05)
    market.run()
    statuses = {market.order(order).status for order in (*orders, *more)}
    assert statuses == {OrderStatus.COMPLETED, OrderStatus.CANCELLED}
    for order in (*orders, *more):
        names_by_id = {m.id: m.name for m in heard if m.partition_key == order.key.order_id}
        names = list(names_by_id.values())
        assert sum(name in FINAL for name in names) == 1, names
        assert not (BINDING & set(names) and UNDOING & set(names)), names
        seen = [
            m.payload["seq"]
            for m in {m.id: m for m in heard if m.partition_key == order.key.order_id}.values()
        ]
        assert len(seen) == len(set(seen)) == len(market.order(order).timeline)
    if twice:
        assert len(heard) > len({m.id for m in heard})
    market.assert_sound()


def test_19_once_a_parcel_is_told_of_it_is_too_late_to_cancel(stepped: Market) -> None:
    _, placed = stepped.buy(stepped.item(1))
    stepped.run()
    with pytest.raises(TooLateToCancel):
        stepped.cancel(placed)
    assert stepped.order(placed).status is OrderStatus.COMPLETED


@pytest.mark.parametrize(
    "reply",
    [
        Captured(ref="cap", amount=Money(2**70, "USD")),
        Captured(ref="cap", amount=Money(-(2**63) - 1, "USD")),
        Declined(code=None, detail=object()),  # type: ignore[arg-type]
        object(),
    ],
    ids=["an amount beyond all numbers", "one below", "no text", "no answer at all"],
)
def test_37_a_reply_that_cannot_be_stored_spoils_only_its_own_order(
    stepped: Market, reply: object
) -> None:
    lamp = stepped.item(100)
    orders = [stepped.buy(lamp)[1] for _ in range(7)]
    unlucky = stepped.order(orders[3]).order.handle
    spoilt = [reply]

    def rule(name: str, send):
        mine = name == "gateway.confirm" and stepped.outside.calls[-1][1][0].handle == unlucky
        return spoilt.pop() if mine and spoilt else send()

    stepped.outside.rule = rule
    stepped.run()
    statuses = [stepped.order(order).status for order in orders]
    assert (
        statuses
        == [OrderStatus.COMPLETED] * 3 + [OrderStatus.PENDING] + [OrderStatus.COMPLETED] * 3
    )
    if isinstance(
        reply, (Captured, Declined)
    ):  # a person is told; what is merely unknown is asked again
        assert [row.saga.key.order_id for row in stepped.shop.operations.alarmed()] == [
            orders[3].key.order_id
        ]
    stepped.finish()
    assert stepped.order(orders[3]).status is OrderStatus.COMPLETED
    assert [entry.kind for entry in stepped.books(*orders)] == ["capture"] * 7
    stepped.assert_sound()


@pytest.mark.parametrize(
    "text",
    ["nul \0 within", "half a pair \ud800", "long " * 10_000],
    ids=["nul", "surrogate", "long"],
)
def test_37_words_that_no_database_keeps_are_kept_escaped(stepped: Market, text: str) -> None:
    lamp = stepped.item(100)
    orders = [stepped.buy(lamp)[1] for _ in range(3)]
    unlucky = stepped.order(orders[1]).order.handle

    def rule(name: str, send):
        mine = name == "gateway.confirm" and stepped.outside.calls[-1][1][0].handle == unlucky
        return Declined(code="odd", detail=text) if mine else send()

    stepped.outside.rule = rule
    stepped.run()
    stepped.shop.clock.advance(timedelta(minutes=1))
    stepped.finish()
    statuses = [stepped.order(order).status for order in orders]
    assert statuses == [OrderStatus.COMPLETED, OrderStatus.CANCELLED, OrderStatus.COMPLETED]
    ended = stepped.order(orders[1]).cancellation
    assert ended is not None
    assert 0 < len(ended.detail) <= 500
    stepped.assert_sound()
