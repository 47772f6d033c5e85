"""Orders, strays, and gateways whose books are read."""

from datetime import datetime, timedelta
from typing import Final

import attrs

from commerce_core.checkout import Placed
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.paging import Page
from commerce_core.ledger import Mark, Sweep
from commerce_core.payment import Captured, Charge, Entry, PaymentUnavailable
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import card, order, register, sell, usd

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SOON: Final = timedelta(minutes=5)


def completed(shop: MemoryShop) -> Placed:
    """An order that is completed, for 5.00."""
    placed = order(shop, register(shop), sell(shop))
    shop.run_to_rest()
    return placed


def marks(shop: MemoryShop) -> dict[Sweep, Mark]:
    """Until where the books are reconciled."""
    return {mark.sweep: mark for mark in shop.strangers.stats(9).marks}


def reconcile(shop: MemoryShop, after: timedelta = SOON) -> int:
    """Let *after* go by, and have all sweeps go on until they have nothing to read."""
    shop.clock.advance(after)
    made = 0
    for _ in range(99):
        made += shop.ledger.run_once()
        if all(mark.next_at > shop.clock.now() for mark in marks(shop).values()):
            return made
    raise AssertionError("it does not come to an end")


def stray(shop: MemoryShop, name: str = "stray") -> Entry:
    """A payment that bears the shop's mark, and no order is paid with."""
    gateway = shop.parts.gateway
    handle = gateway.prepare(OrderId(name), BuyerId("nobody"), usd("7.00"), card()).handle
    made = gateway.confirm(Charge(handle, f"{name}:1"))
    assert isinstance(made, Captured)
    return Entry(
        order_id=name, ref=made.ref, kind="capture", amount=usd("7.00"),
        reference=handle.reference, at=shop.clock.now(),
    )  # fmt: skip


class Altered(MemoryGateway):
    """Shows its lines as *change* has them, or fails."""

    away = False

    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        if self.away:
            raise PaymentUnavailable("the bank is closed")
        page = super().entries(since, until, cursor)
        return attrs.evolve(page, items=[self.change(line) for line in page.items])

    def change(self, line: Entry) -> Entry:
        return line
