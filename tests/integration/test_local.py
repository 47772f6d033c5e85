"""What needs no server, between threads and processes, and after one of them was killed."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.money import Money
from commerce_core.payment import Captured, CardNumber, Charge, PaymentInfo, Refunded, Voided
from commerce_core.shipping import Booked, BookingGone
from commerce_local import batching
from commerce_local import ids as ids_module
from commerce_local.accounts import Argon2Hasher
from commerce_local.batching import ThreadBatcher, ThreadFanOut
from commerce_local.clock import SystemClock
from commerce_local.ids import UuidFactory
from commerce_local.sandbox_carrier import SandboxCarrier
from commerce_local.sandbox_gateway import SandboxGateway
from commerce_testkit.memory.clock import SettableClock

ONE, TWO, THREE = OrderId("order-1"), OrderId("order-2"), OrderId("order-3")
BUYER: Final = BuyerId("buyer-1")
PRICE: Final = Money(36_598, "USD")
GOOD: Final = PaymentInfo(
    payment_type="card", card_no=CardNumber.from_text("4242424242424242"), cvc="987"
)
_SECONDS: Final = 10

#: Another process: it charges one order after another and names each one as soon as it was told of
#: the capture.
_CHARGING: Final = """
import sys
from pathlib import Path
from commerce_core.kernel.money import Money
from commerce_core.payment import Captured, CardNumber, Charge, PaymentInfo
from commerce_local.clock import SystemClock
from commerce_local.sandbox_gateway import SandboxGateway

gateway = SandboxGateway(Path(sys.argv[1]), SystemClock())
payment = PaymentInfo(payment_type="card", card_no=CardNumber.from_text("4242424242424242"))
number = 0
while True:
    number += 1
    order_id = f"{sys.argv[2]}-{number}"
    handle = gateway.prepare(order_id, "buyer-1", Money(100, "USD"), payment).handle
    assert isinstance(gateway.confirm(Charge(handle, f"{order_id}:charge:1:1")), Captured)
    print(order_id, flush=True)
"""


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.db"


def test_a_gateway_knows_its_books_when_it_is_opened_again(file: Path) -> None:
    clock = SettableClock()
    before = SandboxGateway(file, clock)
    handles = {
        order_id: before.prepare(order_id, BUYER, PRICE, GOOD).handle
        for order_id in (ONE, TWO, THREE)
    }
    captured = before.confirm(Charge(handles[ONE], "1:charge:1:1"))
    refunded = before.refund(handles[ONE], 1, Money(100, "USD"), "1:refund:1:1")
    before.cancel(handles[TWO])
    entries = before.books([ONE, TWO, THREE])
    before.close()

    after = SandboxGateway(file, clock)
    assert isinstance(captured, Captured)
    assert isinstance(refunded, Refunded)
    assert after.prepare(ONE, BUYER, PRICE, GOOD).handle == handles[ONE]
    assert after.confirm(Charge(handles[ONE], "1:charge:1:1")) == captured
    assert after.refund(handles[ONE], 1, Money(100, "USD"), "1:refund:1:1") == refunded
    assert after.confirm(Charge(handles[TWO], "2:charge:1:1")) == Voided()
    assert after.books([ONE, TWO, THREE]) == entries
    assert [order_id for order_id, _ in after.unclaimed(datetime.max.replace(tzinfo=UTC), 9)] == [
        THREE
    ]
    after.close()


def test_no_card_number_reaches_the_gateways_file(file: Path) -> None:
    gateway = SandboxGateway(file, SettableClock())
    for number in ("4242424242424242", "4000000000000119", "4000000000000259"):
        payment = PaymentInfo(
            payment_type="card", card_no=CardNumber.from_text(number), cvc="987", expiry="12/30"
        )
        gateway.confirm(
            Charge(
                gateway.prepare(OrderId(number[-4:]), BUYER, PRICE, payment).handle,
                f"{number[-4:]}:charge:1:1",
            )
        )
    written = b"".join(path.read_bytes() for path in file.parent.glob("gateway.db*"))
    assert b"0119:charge:1:1" in written
    assert not re.search(rb"\d{12}|424242|40000000|12/30", written)
    gateway.close()


def test_fifty_charges_of_one_order_from_two_gateways_on_one_file_are_one_capture(
    file: Path,
) -> None:
    gateways = [SandboxGateway(file, SettableClock()) for _ in range(2)]
    handle = gateways[0].prepare(ONE, BUYER, PRICE, GOOD).handle
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda n: gateways[n % 2].confirm(Charge(handle, f"1:charge:1:{n}")), range(50)
            )
        )
    assert {type(answer) for answer in answers} == {Captured}
    assert len(set(answers)) == 1
    assert [entry.kind for entry in gateways[0].books([ONE])] == ["capture"]
    for gateway in gateways:
        gateway.close()


def test_a_charge_and_the_fence_side_by_side_agree(file: Path) -> None:
    gateway = SandboxGateway(file, SettableClock())
    order_ids = [OrderId(f"order-{n}") for n in range(40)]
    handles = [gateway.prepare(order_id, BUYER, PRICE, GOOD).handle for order_id in order_ids]
    with ThreadPoolExecutor(8) as pool:
        charges = [
            pool.submit(gateway.confirm, Charge(handle, f"{n}:charge:1:1"))
            for n, handle in enumerate(handles)
        ]
        fences = [pool.submit(gateway.cancel, handle) for handle in reversed(handles)]
    outcomes = [
        (charge.result(), fence.result())
        for charge, fence in zip(charges, reversed(fences), strict=True)
    ]
    assert all(charge == fence for charge, fence in outcomes)
    assert len(gateway.books(order_ids)) == sum(
        isinstance(charge, Captured) for charge, _ in outcomes
    )
    gateway.close()


def test_a_gateway_that_is_killed_has_every_charge_that_it_told_of(file: Path) -> None:
    outcomes: list[OrderId] = []
    for name in ("first", "second"):
        command = [sys.executable, "-c", _CHARGING, str(file), name]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": ":".join(sys.path)},
        ) as process:
            assert process.stdout is not None
            outcomes += [OrderId(process.stdout.readline().strip()) for _ in range(50)]
            process.send_signal(signal.SIGKILL)
            outcomes += [OrderId(line.strip()) for line in process.stdout if line.endswith("\n")]
    gateway = SandboxGateway(file, SystemClock())
    assert {entry.order_id for entry in gateway.books(outcomes)} == set(outcomes)
    assert len(gateway.books(outcomes)) == len(outcomes) >= 100
    gateway.close()


def test_a_file_can_be_made_by_several_at_the_same_time(tmp_path: Path) -> None:
    for number in range(20):
        together = threading.Barrier(4)

        def open_it(path: Path, together: threading.Barrier) -> SandboxGateway:
            together.wait(_SECONDS)
            return SandboxGateway(path, SettableClock())

        with ThreadPoolExecutor(4) as pool:
            opening = [pool.submit(open_it, tmp_path / f"{number}.db", together) for _ in range(4)]
            gateways = [future.result() for future in opening]
        handles = [gateway.prepare(ONE, BUYER, PRICE, GOOD).handle for gateway in gateways]
        assert len(set(handles)) == 1
        for gateway in gateways:
            gateway.close()


def test_a_carrier_knows_its_bookings_when_it_is_opened_again(tmp_path: Path) -> None:
    before = SandboxCarrier(tmp_path / "carrier.db")
    booked = before.book("order-1", "1:ship:1:1", None, [])
    before.cancel("order-2", "2:unship:1:1")
    before.close()
    after = SandboxCarrier(tmp_path / "carrier.db")
    assert isinstance(booked, Booked)
    assert after.book("order-1", "1:ship:1:1", None, []) == booked
    assert after.book("order-2", "2:ship:1:1", None, []) == BookingGone()
    after.close()


def test_what_queues_up_during_a_group_is_the_next_group() -> None:
    begun, gate, groups = threading.Event(), threading.Event(), list[list[int]]()

    def behind_the_gate(group: Sequence[int]) -> list[int]:
        groups.append(list(group))
        begun.set()
        gate.wait(_SECONDS)
        return list(group)

    batcher = ThreadBatcher(behind_the_gate, limit=64, queue=64, name="batcher")
    futures = [batcher.submit(0)]
    assert begun.wait(_SECONDS)
    futures += [batcher.submit(n) for n in range(1, 6)]
    gate.set()
    assert [future.result(_SECONDS) for future in futures] == [0, 1, 2, 3, 4, 5]
    assert groups == [[0], [1, 2, 3, 4, 5]]
    batcher.close()


def test_closing_a_batcher_finishes_what_is_queued_and_takes_nothing_more() -> None:
    begun, gate = threading.Event(), threading.Event()

    def behind_the_gate(group: Sequence[int]) -> list[int]:
        begun.set()
        gate.wait(_SECONDS)
        return list(group)

    batcher = ThreadBatcher(behind_the_gate, limit=2, queue=64, name="batcher")
    futures = [batcher.submit(n) for n in range(9)]
    assert begun.wait(_SECONDS)
    closing = threading.Thread(target=batcher.close)
    closing.start()
    gate.set()
    closing.join(_SECONDS)
    assert [future.result(0) for future in futures] == list(range(9))
    with pytest.raises(Overloaded, match="closed"):
        batcher.submit(9)
    batcher.close()


def test_a_batcher_outlives_a_group_that_wants_to_leave() -> None:
    def leave(group: Sequence[int]) -> list[int]:
        if 0 in group:
            raise SystemExit(1)
        return list(group)

    batcher = ThreadBatcher(leave, limit=1, queue=9, name="batcher")
    assert isinstance(batcher.submit(0).exception(_SECONDS), SystemExit)
    assert batcher.submit(1).result(_SECONDS) == 1
    batcher.close()


def test_a_group_that_never_ends_does_not_keep_a_batcher_from_being_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batching, "_LONGEST_GROUP", 0.1)
    begun, gate = threading.Event(), threading.Event()

    def hang(group: Sequence[int]) -> list[int | Exception]:
        begun.set()
        gate.wait(_SECONDS)
        return [*group]

    batcher = ThreadBatcher(hang, limit=2, queue=64, name="batcher")
    future = batcher.submit(1)
    assert begun.wait(_SECONDS)
    batcher.close()
    assert not future.done()
    gate.set()
    assert future.result(_SECONDS) == 1


def test_calls_run_side_by_side_in_as_many_slots_as_the_fan_out_is_wide() -> None:
    fan_out = ThreadFanOut(3)
    together = threading.Barrier(3)
    calls, others = fan_out.open(lambda task: (task, together.wait(_SECONDS))[0]), fan_out.open(str)
    assert (calls.take(9), others.take(1)) == (3, 0)
    calls.begin([0, 1, 2])
    outcomes = dict[int, int | Exception]()
    while len(outcomes) < 3:
        outcomes |= dict(calls.answers(_SECONDS))
    assert outcomes == {0: 0, 1: 1, 2: 2}
    calls.give_back(3)
    assert others.take(1) == 1
    fan_out.close()


def test_46_a_call_that_hangs_costs_its_own_slot_and_no_other() -> None:
    fan_out = ThreadFanOut(2)
    gate = threading.Event()
    calls = fan_out.open(lambda task: task != "hangs" or gate.wait(_SECONDS))
    assert calls.take(2) == 2
    calls.begin(["hangs"])
    for n in range(20):
        calls.begin([f"quick {n}"])
        assert [task for task, _ in calls.answers(_SECONDS)] == [f"quick {n}"]
    assert calls.in_flight == 1
    gate.set()
    assert calls.answers(_SECONDS) == [("hangs", True)]
    fan_out.close()


def test_only_so_many_passwords_wait_for_their_turn() -> None:
    hasher = Argon2Hasher(at_once=1, waiting=1)
    begun, gate = threading.Semaphore(0), threading.Event()

    def hash_behind_the_gate(password: bytes) -> str:
        begun.release()
        gate.wait(_SECONDS)
        return password.decode()

    hasher._argon2 = _Slow(hash_behind_the_gate)  # type: ignore[assignment]
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(hasher.hash, "a")
        assert begun.acquire(timeout=_SECONDS)
        second = pool.submit(hasher.hash, "b")
        _until(lambda: hasher._room._value == 0)
        with pytest.raises(Overloaded):
            hasher.hash("one too many")
        assert not begun.acquire(blocking=False)
        gate.set()
        assert (first.result(_SECONDS), second.result(_SECONDS)) == ("a", "b")
    assert hasher.hash("c") == "c"


class _Slow:
    def __init__(self, hash: object) -> None:
        self.hash = hash


def test_a_hash_says_that_it_is_argon2id_with_nineteen_mebibytes() -> None:
    assert (
        Argon2Hasher(at_once=1, waiting=0)
        .hash("secret")
        .startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    )


def test_ids_go_on_ascending_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1_000_000, 1_000_000, 5_000, 1_000_001, 2_000_000])
    monkeypatch.setattr(ids_module.time, "time_ns", lambda: next(times) * 1_000_000)
    factory = UuidFactory()
    made = [factory.new() for _ in range(5)]
    assert made == sorted(set(made))
    assert [int(text.replace("-", "")[:12], 16) for text in (made[0], made[3], made[4])] == [
        1_000_000,
        1_000_001,
        2_000_000,
    ]


def test_the_systems_clock_is_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC
    assert abs(SystemClock().now() - datetime.now(UTC)).total_seconds() < 5
