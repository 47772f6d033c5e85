"""What becomes of a group in which one cannot be written."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from commerce_core.inventory import StockChange
from commerce_core.kernel.ids import OrderId, SkuId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import Fact, OrderStatus
from commerce_core.payment import Declined
from commerce_testkit.memory.inventory import MemoryStockLedger
from tests.unit.checkout.doubles import scripted
from tests.unit.people import order, register, see, sell


class BrokenLedger(MemoryStockLedger):
    """Fails for some orders, in whatever group they come."""

    broken: frozenset[OrderId] = frozenset()

    def commit(
        self, tx: Transaction, order_ids: Sequence[OrderId], at: datetime
    ) -> Sequence[OrderId]:
        self._fail(order_ids)
        return super().commit(tx, order_ids, at)

    def release(self, tx: Transaction, order_ids: Sequence[OrderId]) -> Mapping[SkuId, StockChange]:
        self._fail(order_ids)
        return super().release(tx, order_ids)

    def _fail(self, order_ids: Sequence[OrderId]) -> None:
        if self.broken & set(order_ids):
            raise RuntimeError("a check constraint failed")


def test_37_one_row_that_spoils_a_group_of_answers_is_flagged_and_the_others_go_on() -> None:
    ledger = BrokenLedger()
    shop, _ = scripted(stock=ledger)
    mug = sell(shop, 9)
    placed = [order(shop, register(shop), mug) for _ in range(5)]
    ledger.broken = frozenset({placed[2].key.order_id})
    shop.runner.run_once(10)
    statuses = [see(shop, p).status for p in placed]
    assert (
        statuses == [OrderStatus.COMPLETED] * 2 + [OrderStatus.PAID] + [OrderStatus.COMPLETED] * 2
    )
    assert [row.saga.key for row in shop.operations.alarmed()] == [placed[2].key]


def test_37_one_that_cannot_even_be_begun_does_not_keep_the_others_waiting() -> None:
    ledger = BrokenLedger()
    shop, _ = scripted(stock=ledger)
    mug = sell(shop, 9)
    placed = [order(shop, register(shop), mug) for _ in range(3)]
    shop.cancellations.cancel(placed[0].key.buyer_id, placed[0].key.order_id)
    ledger.broken = frozenset({placed[0].key.order_id})
    assert shop.runner.run_once(10) == 3
    assert [see(shop, p).status for p in placed] == [
        OrderStatus.PENDING,
        OrderStatus.COMPLETED,
        OrderStatus.COMPLETED,
    ]
    assert [row.saga.key for row in shop.operations.alarmed()] == [placed[0].key]


def test_37_what_a_gateway_says_is_kept_in_a_form_that_can_be_stored() -> None:
    shop, gateway = scripted()
    gateway.reply = Declined(code="no", detail="bad\x00byte " + "x" * 1_000)
    placed = order(shop, register(shop), sell(shop))
    shop.runner.run_once(10)
    declined = next(e for e in see(shop, placed).timeline if e.fact is Fact.PAYMENT_DECLINED)
    assert "\x00" not in declined.detail["detail"]
    assert len(declined.detail["detail"]) == 500
