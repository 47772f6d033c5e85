"""What a gateway's books have beside what the shop knows is made good, or is for a person."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

import attrs
import pytest

from commerce_core.assembly import Parts
from commerce_core.audit import OperatorDecision
from commerce_core.checkout import Placed
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.ledger import Reconciled, StrangerNotFound, Sweep, Why
from commerce_core.orders import OrderState
from commerce_core.payment import Captured, Charge, Entry, Handle, Refunded
from commerce_core.refunds import Origin, RefundOrder, RefundState
from commerce_core.refunds.service import Requester
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.ledger.books import DAY, HOUR, SOON, Altered, completed, marks, reconcile, stray
from tests.unit.people import GOOD_CARD, LOSES_ANSWER, order, register, see, sell, usd

#: Takes no money back.
REFUND_REFUSED: Final = "4000000000005563"
ANN: Final = OperatorDecision(actor="ann", reason="seen", evidence="ticket 1", request="r-1")


def cancelled(shop: MemoryShop) -> Placed:
    """An order that is cancelled before it is charged."""
    placed = order(shop, register(shop), sell(shop))
    shop.cancellations.cancel(placed.key.buyer_id, placed.key.order_id)
    shop.run_to_rest()
    return placed


def handle_of(shop: MemoryShop, placed: Placed) -> Handle:
    """What the order is paid with."""
    return see(shop, placed).order.handle


def refund_at_the_gateway(
    shop: MemoryShop,
    placed: Placed,
    amount: str,
    key: str = "by-hand",
    gateway: MemoryGateway | None = None,
) -> Refunded:
    """Somebody gives money back at the gateway itself."""
    made = (gateway or shop.parts.gateway).refund(handle_of(shop, placed), 99, usd(amount), key)
    assert isinstance(made, Refunded)
    return made


def test_books_that_agree_change_nothing(shop: MemoryShop) -> None:
    placed = completed(shop)
    before = see(shop, placed)
    assert reconcile(shop) == 0
    assert (see(shop, placed), shop.checker.check().violations) == (before, ())


def test_a_refund_that_was_made_at_the_gateway_counts(shop: MemoryShop) -> None:
    placed = completed(shop)
    made = refund_at_the_gateway(shop, placed, "2.00")
    assert {v.invariant for v in shop.checker.check().violations} == {"L2", "L8"}
    assert reconcile(shop) == 1
    (refund,) = shop.refunds.listed(placed.key.order_id).refunds
    assert (refund.origin, refund.state, refund.ref) == (
        Origin.GATEWAY, RefundState.DONE, made.ref,
    )  # fmt: skip
    assert refund.amount == usd("2.00")
    assert shop.checker.check().violations == ()
    assert "payments.refund_succeeded.v1" in [
        m.name for m in shop.parts.outbox.read(range(1_000), 100)
    ]
    assert reconcile(shop, HOUR) == 0
    assert len(shop.refunds.listed(placed.key.order_id).refunds) == 1


def test_a_refund_of_the_shop_s_own_is_not_counted_twice(shop: MemoryShop) -> None:
    placed = completed(shop)
    assert shop.parts.gateway is not None
    refund_at_the_gateway(shop, placed, "1.00", "one")
    refund_at_the_gateway(shop, placed, "1.50", "two")
    assert reconcile(shop) == 2
    assert [r.amount for r in shop.refunds.listed(placed.key.order_id).refunds] == [
        usd("1.00"), usd("1.50"),
    ]  # fmt: skip
    assert reconcile(shop, DAY) == 0
    assert shop.checker.check().violations == ()


@pytest.mark.parametrize("left", ["5.00", "2.00"])
def test_what_the_gateway_had_refused_and_a_person_gave_back_there_is_done(
    shop: MemoryShop, left: str
) -> None:
    placed = order(shop, register(shop), sell(shop), number=REFUND_REFUSED)
    shop.run_to_rest()
    wish = RefundOrder(amount=usd(left), reason="broken")
    by = Requester(origin=Origin.OPERATOR, actor="ann", request="r-1")
    shop.refunds.request(placed.key.order_id, wish, by)
    shop.run_to_rest()
    assert statuses(shop, placed) == [RefundState.REFUSED]
    entry = shop.parts.gateway._entries[handle_of(shop, placed).reference]
    entry.card = GOOD_CARD
    made = refund_at_the_gateway(shop, placed, left)
    assert reconcile(shop) == 1
    (refund,) = shop.refunds.listed(placed.key.order_id).refunds
    assert (refund.state, refund.ref, refund.attention) == (RefundState.DONE, made.ref, False)
    assert (shop.refund_desk.listed().items, shop.checker.check().violations) == ([], ())


def statuses(shop: MemoryShop, placed: Placed) -> list[RefundState]:
    """How the refunds of the order stand."""
    return [refund.state for refund in shop.refunds.listed(placed.key.order_id).refunds]


def test_what_landed_on_a_cancelled_order_goes_back(shop: MemoryShop) -> None:
    placed = cancelled(shop)
    late = shop.parts.gateway.confirm(Charge(handle_of(shop, placed), "late"))
    assert isinstance(late, Captured)
    assert reconcile(shop) == 1
    assert shop.reconciliation.run_once(10) == 1
    assert see(shop, placed).state is OrderState.CANCELLED
    assert [e.kind for e in shop.parts.gateway.books([placed.key.order_id])] == [
        "capture", "refund",
    ]  # fmt: skip
    assert shop.checker.check().violations == ()


def test_an_order_that_waits_is_looked_after_at_once(shop: MemoryShop) -> None:
    placed = order(shop, register(shop), sell(shop), number=LOSES_ANSWER)
    shop.runner.run_once(10)
    assert see(shop, placed).state is OrderState.CHARGING
    put_off(shop, placed, HOUR)
    shop.clock.advance(SOON)
    shop.runner.run_once(10)
    assert see(shop, placed).state is OrderState.CHARGING
    assert shop.ledger.run_once() == 1
    shop.run_to_rest()
    assert see(shop, placed).state is OrderState.COMPLETED


def put_off(shop: MemoryShop, placed: Placed, by: timedelta) -> None:
    """Have the saga of an order wait for so long."""
    with shop.parts.database.begin() as tx:
        shop.parts.sagas.make_due(tx, [placed.key], shop.clock.now() + by)
        tx.commit()


def test_what_belongs_to_no_order_is_listed_until_a_person_has_seen_to_it(
    shop: MemoryShop,
) -> None:
    line = stray(shop)
    assert reconcile(shop) == 1
    (stranger,) = shop.strangers.listed().items
    assert (stranger.entry, stranger.why, stranger.gateway) == (line, Why.NO_ORDER, "sandbox")
    assert shop.strangers.stats(9).strangers == 1
    assert [e.kind for e in shop.parts.gateway.books([OrderId("stray")])] == ["capture"]
    assert shop.strangers.settle("sandbox", line.ref, ANN).outcome == "settled"
    assert shop.strangers.settle("sandbox", line.ref, ANN).outcome == "settled"
    later = attrs.evolve(ANN, request="r-2")
    assert shop.strangers.settle("sandbox", line.ref, later).outcome == "settled-before"
    assert (shop.strangers.listed().items, shop.strangers.stats(9).strangers) == ([], 0)
    assert reconcile(shop, DAY) == 0
    assert shop.strangers.listed().items == []


@pytest.mark.parametrize("ref", ["nothing", "", "\x00", "a/b"])
def test_a_stranger_that_is_not_there_cannot_be_settled(shop: MemoryShop, ref: str) -> None:
    with pytest.raises(StrangerNotFound):
        shop.strangers.settle("sandbox", ref, ANN)


def test_strangers_are_listed_page_by_page(shop: MemoryShop) -> None:
    for no in range(5):
        stray(shop, f"stray-{no}")
        reconcile(shop, timedelta(minutes=11))
    seen, cursor = [], None
    for _ in range(9):
        page = shop.strangers.listed(cursor, 2)
        seen += [s.entry.order_id for s in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [f"stray-{no}" for no in reversed(range(5))]


class Marked(Altered):
    """Its payments are marked with another order than they pay."""

    def change(self, line: Entry) -> Entry:
        return attrs.evolve(line, order_id="another")


def test_a_line_that_is_marked_with_another_order_changes_none() -> None:
    parts = MemoryParts()
    gateway = Marked(parts.clock)
    shop = memory_shop(parts, partial(Parts, gateways={"sandbox": gateway}))
    placed = completed(shop)
    refund_at_the_gateway(shop, placed, "2.00", gateway=gateway)
    assert reconcile(shop) == 2
    assert {s.why for s in shop.strangers.listed().items} == {Why.OTHER_ORDER}
    assert shop.refunds.listed(placed.key.order_id).refunds == []


def test_after_a_pause_all_that_happened_is_read_a_day_at_a_time(shop: MemoryShop) -> None:
    reconcile(shop)
    for no in range(4):
        stray(shop, f"stray-{no}")
        shop.clock.advance(DAY)
    assert [v.invariant for v in shop.checker.check().violations].count("L18") == 1
    assert reconcile(shop) == 4
    assert marks(shop)[Sweep.RECENT].through == shop.clock.now() - timedelta(minutes=2)
    assert "L18" not in [v.invariant for v in shop.checker.check().violations]


def test_what_was_written_late_is_found_by_the_nightly_sweep(shop: MemoryShop) -> None:
    """A refund that was carried out long after the moment that it bears."""
    placed = completed(shop)
    reconcile(shop)
    shop.clock.advance(HOUR)
    refund_at_the_gateway(shop, placed, "2.00")
    entry = shop.parts.gateway._entries[handle_of(shop, placed).reference]
    made = entry.refunds.pop("by-hand")
    reconcile(shop, timedelta(hours=3))
    entry.refunds["by-hand"] = made
    assert reconcile(shop, timedelta(hours=3)) == 0
    assert reconcile(shop, DAY) == 1
    assert [r.amount for r in shop.refunds.listed(placed.key.order_id).refunds] == [usd("2.00")]


def test_an_operator_can_have_all_be_read_since_a_day(shop: MemoryShop) -> None:
    placed = completed(shop)
    refund_at_the_gateway(shop, placed, "2.00")
    stray(shop)
    shop.clock.advance(40 * DAY)
    assert reconcile(shop) == 0
    came_to = shop.ledger.read(shop.clock.now() - 50 * DAY)
    assert came_to == {"sandbox": Reconciled(seen=3, mended=1, strange=1)}


def test_the_report_has_what_the_books_have_and_what_the_shop_knows_of_it(
    shop: MemoryShop,
) -> None:
    first = shop.clock.now().date()
    placed = completed(shop)
    stray(shop)
    shop.clock.advance(DAY)
    refund_at_the_gateway(shop, placed, "2.00")
    sums = [*shop.ledger_report.days(first, first + DAY)]
    assert [
        (s.day, s.kind, s.lines, s.minor, s.known_lines, s.known_minor, s.agrees) for s in sums
    ] == [
        (first, "capture", 2, 1_200, 1, 500, False),
        (first + DAY, "refund", 1, 200, 0, 0, False),
    ]
    reconcile(shop)
    assert [s.agrees for s in shop.ledger_report.days(first, first + DAY)] == [False, True]
    assert [*shop.ledger_report.days(date(2020, 1, 1), date(2020, 1, 2))] == []


@pytest.mark.parametrize("minor", [1, 10**9])
def test_more_than_was_captured_is_never_written_down_as_given_back(
    shop: MemoryShop, minor: int
) -> None:
    """Books that say so are wrong, and the check says it."""
    placed = completed(shop)
    entry = shop.parts.gateway._entries[handle_of(shop, placed).reference]
    entry.refunds["by-hand"] = Refunded(ref="r", amount=Money(500 + minor, "USD"))
    entry.refunded_at["by-hand"] = datetime(2026, 1, 1, tzinfo=UTC)
    reconcile(shop)
    assert shop.refunds.listed(placed.key.order_id).refunds == []
    assert "S6" in {v.invariant for v in shop.checker.check().violations}
