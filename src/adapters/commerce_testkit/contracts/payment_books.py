"""What every payment gateway's books show by time."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import (
    BookEntry,
    Charge,
    Entry,
    PaymentGateway,
    PaymentInfo,
    Refunded,
)
from commerce_testkit.memory.clock import SettableClock

_BUYER: Final = BuyerId("buyer-1")
_PRICE: Final = Money(36_598, "USD")


class BooksExamination:
    """Part of the contract of a payment gateway."""

    good: PaymentInfo
    declined: PaymentInfo

    def test_its_books_can_be_read_by_time_each_line_once(
        self, gateway: PaymentGateway, clock: SettableClock
    ) -> None:
        begin, order_ids = clock.now(), [OrderId(f"order-{n}") for n in range(7)]
        for order_id in reversed(order_ids):
            handle = gateway.prepare(order_id, _BUYER, _PRICE, self.good).handle
            gateway.confirm(Charge(handle, f"{order_id}:charge:1:1"))
        gateway.prepare(OrderId("order-8"), _BUYER, _PRICE, self.good)
        refused = gateway.prepare(OrderId("order-9"), _BUYER, _PRICE, self.declined).handle
        gateway.confirm(Charge(refused, "9:charge:1:1"))
        given = gateway.prepare(order_ids[3], _BUYER, _PRICE, self.good).handle
        clock.advance(timedelta(hours=1))
        middle = clock.now()
        back = gateway.refund(given, 1, Money(1_000, "USD"), "3:refund:1:1")
        assert isinstance(back, Refunded)
        clock.advance(timedelta(hours=1))
        lines = list(_lines_between(gateway, begin, clock.now()))
        assert Counter((e.order_id, e.kind) for e in lines) == {
            **{(order_id, "capture"): 1 for order_id in order_ids}, (order_ids[3], "refund"): 1,
        }  # fmt: skip
        booked = gateway.books(order_ids)
        assert all(_without_time(entry) in booked for entry in lines)
        assert [(e.ref, e.reference) for e in lines if e.kind == "refund"] == [
            (back.ref, given.reference)
        ]
        first = [e.kind for e in _lines_between(gateway, begin, middle)]
        assert first == ["capture"] * 7
        assert [e.kind for e in _lines_between(gateway, middle, clock.now())] == ["refund"]
        assert list(_lines_between(gateway, begin - timedelta(hours=1), begin)) == []


def _lines_between(gateway: PaymentGateway, since: datetime, until: datetime) -> Iterator[Entry]:
    cursor: str | None = None
    for _ in range(99):
        page = gateway.entries(since, until, cursor)
        yield from page.items
        if (cursor := page.next_cursor) is None:
            return
    raise AssertionError("its pages do not end")


def _without_time(entry: Entry) -> BookEntry:
    return BookEntry(order_id=entry.order_id, ref=entry.ref, kind=entry.kind, amount=entry.amount)
