"""One reads the books at a time, to their end, and one gateway holds up no other."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import attrs
import pytest

from commerce_core.assembly import Parts
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.paging import Page
from commerce_core.ledger import Mark, Sweep
from commerce_core.payment import Charge, Entry, PaymentUnavailable
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.ledger.books import HOUR, SOON, Altered, completed, marks, stray
from tests.unit.people import card, usd


def test_a_sweep_goes_on_where_another_process_died(shop: MemoryShop) -> None:
    stray(shop)
    shop.clock.advance(SOON)
    begin = attrs.evolve(
        Mark(gateway="sandbox", account="sandbox", sweep=Sweep.RECENT,
             through=shop.clock.now() - HOUR, next_at=shop.clock.now()),
    )  # fmt: skip
    with shop.parts.database.begin() as tx:
        held = shop.parts.ledger.claim(
            tx, begin, shop.clock.now(), shop.clock.now() + timedelta(minutes=10)
        )
        tx.commit()
    assert held is not None
    shop.ledger.run_once()
    assert marks(shop)[Sweep.RECENT] == held
    shop.clock.advance(timedelta(minutes=10))
    shop.ledger.run_once()
    assert marks(shop)[Sweep.RECENT].fence == held.fence + 1


class Slow(Altered):
    """Shows a line a page, each after six minutes; *meanwhile* is done at the last one."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__(clock)
        self.time = clock
        self.meanwhile: Callable[[], object] = int

    def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
        at, found = int(cursor or 0), super().entries(since, until, None).items
        self.time.advance(timedelta(minutes=6))
        if at + 1 == len(found):
            self.meanwhile()
        return Page(found[at : at + 1], str(at + 1) if at + 1 < len(found) else None)


def test_books_that_take_longer_than_a_claim_are_read_to_their_end_by_one() -> None:
    parts = MemoryParts()
    gateway = Slow(parts.clock)
    shop = memory_shop(parts, partial(Parts, gateways={"sandbox": gateway}))
    for _ in range(5):
        completed(shop)
    shop.clock.advance(SOON)
    begun = shop.clock.now()
    others: list[int] = []
    gateway.meanwhile = lambda: others.append(shop.ledger.run_once()) if not others else None
    shop.ledger.run_once()
    recent_mark = marks(shop)[Sweep.RECENT]
    assert (recent_mark.through, recent_mark.fence) == (begun - timedelta(minutes=2), 1)
    assert shop.clock.now() - begun >= timedelta(minutes=30)


def test_who_has_lost_a_claim_leaves_the_mark_to_its_new_holder() -> None:
    parts = MemoryParts()
    gateway = Slow(parts.clock)
    shop = memory_shop(parts, partial(Parts, gateways={"sandbox": gateway}))
    for _ in range(2):
        completed(shop)
    shop.clock.advance(SOON)
    taken: list[Mark] = []

    def take_over() -> None:
        shop.clock.advance(HOUR)
        due = marks(shop).get(Sweep.RECENT)
        if taken or due is None:
            return
        with parts.database.begin() as tx:
            now = shop.clock.now()
            mark = parts.ledger.claim(tx, due, now, now + HOUR)
            tx.commit()
        assert mark is not None
        taken.append(mark)

    gateway.meanwhile = take_over
    shop.ledger.run_once()
    assert taken == [marks(shop)[Sweep.RECENT]]


def test_books_whose_page_leads_to_itself_are_not_read_for_ever(shop: MemoryShop) -> None:
    class Endless(Altered):
        def entries(self, since: datetime, until: datetime, cursor: str | None) -> Page[Entry]:
            return Page([], "again")

    endless = memory_shop(shop.parts, partial(Parts, gateways={"sandbox": Endless(shop.clock)}))
    with pytest.raises(PaymentUnavailable, match="leads to itself"):
        endless.ledger.run_once()


def test_a_gateway_that_is_away_keeps_no_other_from_being_read() -> None:
    parts = MemoryParts()
    away, other = Altered(parts.clock), MemoryGateway(parts.clock)
    shop = memory_shop(parts, partial(Parts, gateways={"sandbox": away, "other": other}))
    shop.ledger.run_once()
    shop.clock.advance(3 * SOON)
    stray_at(other)
    away.away = True
    shop.clock.advance(SOON)
    with pytest.raises(PaymentUnavailable):
        shop.ledger.run_once()
    assert [s.gateway for s in shop.strangers.listed().items] == ["other"]
    done = shop.clock.now() - timedelta(minutes=2)
    assert {m.gateway: m.through == done for m in recent(shop)} == {
        "other": True, "sandbox": False,
    }  # fmt: skip
    away.away = False
    shop.clock.advance(2 * SOON)
    shop.ledger.run_once()
    done = shop.clock.now() - timedelta(minutes=2)
    assert {m.gateway for m in recent(shop) if m.through == done} == {"other", "sandbox"}


def stray_at(gateway: MemoryGateway) -> None:
    handle = gateway.prepare(OrderId("stray"), BuyerId("nobody"), usd("7.00"), card()).handle
    gateway.confirm(Charge(handle, "stray:1"))


def recent(shop: MemoryShop) -> list[Mark]:
    return [m for m in shop.strangers.stats(9).marks if m.sweep is Sweep.RECENT]
