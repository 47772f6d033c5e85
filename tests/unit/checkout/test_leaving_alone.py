"""A gateway or carrier that is away is left alone, and what waits for it goes on at full speed when
it is back.
"""

from collections.abc import Sequence
from datetime import timedelta

import attrs
import pytest

from commerce_core.checkout import Placed, Timing
from commerce_core.checkout.ports import Away, Party
from commerce_core.checkout.service.leave_alone import Breaker
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.orders import OrderState, OrderStatus
from commerce_core.payment import Charge, ChargeOutcome, Handle, PaymentUnknown, RefundOutcome
from commerce_core.shipping import BookingOutcome, ParcelLine
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from commerce_testkit.memory.transaction import MemoryDatabase
from tests.unit.checkout.doubles import ScriptedGateway
from tests.unit.people import order, register, see, sell

SECOND = timedelta(seconds=1)
WIDTH = 8
#: The calls that were under way when the gateway went away, and a probe now and then, ever more
#: seldom.
SENT_MEANWHILE = WIDTH + 12
GATEWAY, CARRIER = Party("sandbox", "sandbox"), Party("post", None)


class Absent(ScriptedGateway):
    """Can be away: then nothing arrives there, and everybody waits in vain."""

    def __init__(self, clock: SettableClock, database: MemoryDatabase) -> None:
        super().__init__(clock, database)
        self.away = False
        self.silent_about: set[str] = set()
        self.calls = 0

    def _reach(self, handle: Handle) -> None:
        self.calls += 1
        if self.away or handle.reference in self.silent_about:
            raise ConnectionError("it cannot be reached")

    def confirm(self, charge: Charge) -> ChargeOutcome:
        self._reach(charge.handle)
        return super().confirm(charge)

    def fetch(self, handle: Handle) -> ChargeOutcome:
        self._reach(handle)
        return super().fetch(handle)

    def cancel(self, handle: Handle) -> ChargeOutcome:
        self._reach(handle)
        return super().cancel(handle)

    def refund(self, handle: Handle, refund_no: int, amount: Money, key: str) -> RefundOutcome:
        self._reach(handle)
        return super().refund(handle, refund_no, amount, key)


class Strike(MemoryCarrier):
    """Can be away, too."""

    away = False
    calls = 0

    def book(
        self, reference: str, key: str, address: Address | None, lines: Sequence[ParcelLine]
    ) -> BookingOutcome:
        self.calls += 1
        if self.away:
            raise ConnectionError("nobody works today")
        return super().book(reference, key, address, lines)


def open_shop() -> tuple[MemoryShop, Absent, Strike]:
    carrier = Strike()
    made = MemoryParts(carrier=carrier)
    gateway = Absent(made.clock, made.database)
    object.__setattr__(made, "gateway", gateway)
    return memory_shop(made), gateway, carrier


def orders(shop: MemoryShop, count: int, country: str = "DE") -> list[Placed]:
    mug = sell(shop, count)
    return [order(shop, register(shop), mug, country=country) for _ in range(count)]


def ended(shop: MemoryShop, placed: Sequence[Placed]) -> int:
    return sum(see(shop, p).state.is_final for p in placed)


def wait(shop: MemoryShop, for_long: timedelta) -> None:
    """Time goes by, and the runner looks for work all the while: often at first, then in larger
    steps.
    """
    until, step = shop.clock.now() + for_long, SECOND
    while shop.clock.now() < until:
        shop.runner.run_once(WIDTH)
        shop.clock.advance(min(step, until - shop.clock.now()))
        step = min(step * 1.2, timedelta(minutes=7))


OUTAGES = [
    timedelta(seconds=27),
    timedelta(minutes=1),
    timedelta(hours=5),
    timedelta(days=1),
    timedelta(days=2),
]


@pytest.mark.parametrize("outage", OUTAGES)
def test_42_after_a_gateway_was_away_orders_run_at_full_speed_at_once(outage: timedelta) -> None:
    shop, gateway, _ = open_shop()
    gateway.away = True
    before = orders(shop, 40)
    wait(shop, outage)
    during = orders(shop, 20)
    gateway.away = False
    shop.clock.advance(timedelta(seconds=10))
    for _ in range(20):  # alone they would need sixty turns
        shop.runner.run_once(WIDTH)
        shop.clock.advance(timedelta(milliseconds=100))
    assert ended(shop, during) == 20
    waiting = [p for p in before if not see(shop, p).state.is_final]
    alarmed = {row.saga.key for row in shop.operations.alarmed()}
    assert {p.key for p in waiting} == alarmed
    assert len(waiting) <= (SENT_MEANWHILE if outage >= timedelta(days=1) else 0), (
        "only what was sent and is too old waits for a person"
    )
    assert shop.checker.check().violations == ()


@pytest.mark.parametrize("outage", OUTAGES)
def test_42_no_refund_is_forgotten_however_long_the_gateway_was_away(outage: timedelta) -> None:
    shop, gateway, carrier = open_shop()
    carrier.away = True
    placed = orders(shop, 20, country="AQ")
    wait(shop, timedelta(minutes=1))
    assert {see(shop, p).state for p in placed} == {OrderState.SHIPPING}
    gateway.away, carrier.away = True, False
    wait(shop, outage)
    assert {see(shop, p).status for p in placed} == {OrderStatus.CANCELLING}
    gateway.away = False
    wait(shop, timedelta(seconds=30))
    waiting = {p.key for p in placed if not see(shop, p).state.is_final}
    assert waiting == {row.saga.key for row in shop.operations.alarmed()}
    assert len(waiting) <= (SENT_MEANWHILE if outage >= timedelta(days=1) else 0)
    paid_back = [p for p in placed if see(shop, p).payment_status == "refunded"]
    assert len(paid_back) == 20 - len(waiting)
    assert shop.checker.check().violations == ()


def test_42_a_gateway_that_is_away_is_asked_now_and_then_only() -> None:
    shop, gateway, _ = open_shop()
    gateway.away = True
    orders(shop, 30)
    for _ in range(600):
        shop.runner.run_once(WIDTH)
        shop.clock.advance(SECOND)
    assert gateway.calls < 600 / 10 + 30


def test_42_nothing_is_claimed_that_waits_for_a_gateway_that_is_away() -> None:
    shop, gateway, _ = open_shop()
    gateway.away = True
    orders(shop, 30)
    assert [shop.runner.run_once(WIDTH) for _ in range(5)] == [WIDTH, 0, 0, 0, 0]
    shop.clock.advance(SECOND)
    assert [shop.runner.run_once(WIDTH) for _ in range(3)] == [WIDTH, 0, 0], "the probe"


def test_42_failures_of_the_gateway_are_not_counted_against_its_orders() -> None:
    shop, gateway, _ = open_shop()
    gateway.away = True
    orders(shop, 30)
    wait(shop, timedelta(minutes=30))
    assert max(row.claims for row in shop.operations.page(limit=100)) < 5
    assert shop.operations.alarmed() == []


def test_42_a_carrier_that_is_away_is_left_alone_and_payments_go_on() -> None:
    shop, gateway, carrier = open_shop()
    carrier.away = True
    placed = orders(shop, 30)
    wait(shop, timedelta(minutes=10))
    assert {see(shop, p).status for p in placed} == {OrderStatus.PAID}
    assert (len(gateway.keys), max(row.claims for row in shop.operations.page(limit=100))) == (
        30,
        1,
    ) or carrier.calls < 130
    carrier.away = False
    shop.clock.advance(timedelta(seconds=10))
    for _ in range(10):
        shop.runner.run_once(WIDTH)
        shop.clock.advance(timedelta(milliseconds=200))
    assert ended(shop, placed) == 30


def test_42_what_needs_no_gateway_goes_on_without_it() -> None:
    shop, gateway, _ = open_shop()
    paid = orders(shop, 4)
    shop.parts.carrier.away = True  # type: ignore[attr-defined]
    shop.runner.run_once(WIDTH)
    gateway.away = True
    orders(shop, 5)
    wait(shop, timedelta(seconds=10))
    unpaid = orders(shop, 1)
    shop.cancellations.cancel(unpaid[0].key.buyer_id, unpaid[0].key.order_id)
    shop.parts.carrier.away = False  # type: ignore[attr-defined]
    wait(shop, timedelta(minutes=1))
    assert (ended(shop, paid), see(shop, unpaid[0]).status) == (4, OrderStatus.CANCELLED)


def test_an_order_that_its_gateway_never_answers_is_its_own_fault_and_holds_up_nobody() -> None:
    shop, gateway, _ = open_shop()
    spoilt = orders(shop, 1)[0]
    gateway.silent_about.add(f"handle-{spoilt.key.order_id}")
    for _ in range(25):
        shop.runner.run_once(WIDTH)
        others = orders(shop, 3)
        shop.runner.run_once(WIDTH)
        shop.runner.run_once(WIDTH)
        assert ended(shop, others) == 3
        shop.clock.advance(timedelta(minutes=6))
    assert shop.operations.show(spoilt.key.order_id)[0].claims >= 20


# The breaker


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def breaker(clock: SettableClock) -> Breaker:
    return Breaker(Timing(), clock)


def fail(breaker: Breaker, party: Party, *names: str) -> None:
    for name in names:
        breaker.record_answer(party, OrderId(name), answered=False)


def test_three_orders_in_a_row_are_a_party_that_is_away_but_one_order_three_times_is_not(
    breaker: Breaker,
) -> None:
    fail(breaker, GATEWAY, "a", "a", "a", "b")
    assert (breaker.away(), breaker.admits(GATEWAY)) == (Away(), True)
    fail(breaker, GATEWAY, "c")
    assert breaker.away() == Away(gateways=frozenset({("sandbox", "sandbox")}))
    assert (
        breaker.admits(GATEWAY),
        breaker.admits(CARRIER),
        breaker.admits(attrs.evolve(GATEWAY, account="other")),
    ) == (False, True, True)


def test_any_answer_in_between_begins_anew(breaker: Breaker) -> None:
    for _ in range(5):
        fail(breaker, CARRIER, "a", "b")
        breaker.record_answer(CARRIER, OrderId("c"), answered=True)
    assert breaker.admits(CARRIER)


def test_one_call_probes_after_a_pause_that_grows_up_to_ten_seconds(
    breaker: Breaker, clock: SettableClock
) -> None:
    fail(breaker, CARRIER, "a", "b", "c")
    pauses = []
    for _ in range(6):
        paused = 0
        while not breaker.admits(CARRIER):
            clock.advance(SECOND)
            paused += 1
        assert not breaker.admits(CARRIER), "only one call at a time"
        assert breaker.away().carriers == {"post"}
        fail(breaker, CARRIER, "d")
        pauses.append(paused)
    assert pauses == [1, 2, 4, 8, 10, 10]
    clock.advance(timedelta(seconds=10))
    assert breaker.admits(CARRIER)
    breaker.record_answer(CARRIER, OrderId("d"), answered=True)
    assert (breaker.away(), breaker.admits(CARRIER), breaker.admits(CARRIER)) == (
        Away(),
        True,
        True,
    )


def test_calls_that_were_under_way_already_make_the_pause_no_longer(
    breaker: Breaker, clock: SettableClock
) -> None:
    fail(breaker, CARRIER, *"abcdefgh")
    clock.advance(SECOND)
    assert breaker.admits(CARRIER)


def test_a_probe_whose_answer_is_lost_is_made_again_when_a_lease_is_over(
    breaker: Breaker, clock: SettableClock
) -> None:
    fail(breaker, CARRIER, "a", "b", "c")
    clock.advance(timedelta(seconds=10))
    assert breaker.admits(CARRIER)
    clock.advance(Timing().lease - SECOND)
    assert not breaker.admits(CARRIER)
    clock.advance(SECOND)
    assert breaker.admits(CARRIER)


class Limited(Absent):
    """Answers that it takes no more calls for so long, until so many were made."""

    limits: timedelta = timedelta(seconds=40)
    limited = 0

    def _reach(self, handle: Handle) -> None:
        self.calls += 1

    def _limit(self) -> PaymentUnknown | None:
        if self.limited == 0:
            return None
        self.limited -= 1
        return PaymentUnknown("too many calls", self.limits)

    def confirm(self, charge: Charge) -> ChargeOutcome:
        return self._limit() or super().confirm(charge)

    def fetch(self, handle: Handle) -> ChargeOutcome:
        return self._limit() or super().fetch(handle)


def limited_shop() -> tuple[MemoryShop, Limited]:
    made = MemoryParts()
    gateway = Limited(made.clock, made.database)
    object.__setattr__(made, "gateway", gateway)
    return memory_shop(made), gateway


def test_a_gateway_that_asks_for_a_pause_gets_it_at_once_and_from_every_order() -> None:
    shop, gateway = limited_shop()
    placed = orders(shop, 20)
    gateway.limited = 1
    shop.runner.run_once(1)
    gateway.calls = 0
    wait(shop, timedelta(seconds=39))
    assert gateway.calls == 0
    wait(shop, timedelta(seconds=20))
    assert ended(shop, placed) == 20
    assert shop.checker.check().violations == ()


def test_a_pause_that_was_asked_for_wears_no_order_out() -> None:
    shop, gateway = limited_shop()
    placed = orders(shop, 3)
    gateway.limited = 4
    wait(shop, timedelta(minutes=9))
    assert ended(shop, placed) == 3
    assert shop.operations.alarmed() == []


def test_a_pause_that_was_asked_for_outlasts_answers_that_were_under_way() -> None:
    clock = SettableClock()
    breaker = Breaker(Timing(), clock)
    breaker.record_answer(GATEWAY, OrderId("a"), answered=False, retry_after=30 * SECOND)
    breaker.record_answer(GATEWAY, OrderId("b"), answered=True)
    assert not breaker.admits(GATEWAY)
    clock.advance(30 * SECOND)
    assert breaker.admits(GATEWAY)
    breaker.record_answer(GATEWAY, OrderId("a"), answered=True)
    assert breaker.left_alone_until(GATEWAY) is None


def test_nobody_is_left_alone_for_longer_than_five_minutes_for_asking() -> None:
    clock = SettableClock()
    breaker = Breaker(Timing(), clock)
    breaker.record_answer(GATEWAY, OrderId("a"), answered=False, retry_after=timedelta(days=9))
    clock.advance(timedelta(minutes=5))
    assert breaker.admits(GATEWAY)
