"""What other shops got wrong about money. Numbers are those of the acceptance list."""

import contextlib
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from commerce_core.audit import OperatorDecision
from commerce_core.catalog import ItemPatch
from commerce_core.checkout import AmountMismatch, CallUnknown, NotToBeUndone, OutOfStock, Placed
from commerce_core.kernel.errors import TransactionLost
from commerce_core.kernel.money import Money
from commerce_core.orders import Fact, OrderStatus
from commerce_core.payment import Captured, Charge, PaymentUnknown
from tests.integration.acceptance.endings import ENDINGS, begin
from tests.integration.market import LOSES_ITS_ANSWER, NOWHERE, Market, open_market, side_by_side
from tests.integration.statements import Breakage

LATER = timedelta(minutes=1)
SHOWN_BY_THE_BOOKS = OperatorDecision(
    actor="operator", reason="looked up", evidence="the gateway's books"
)


def test_08_two_runners_and_a_look_up_complete_an_order_in_the_same_moment_once(
    stepped: Market, scale: int
) -> None:
    lamp = stepped.item(10_000)
    runners = [stepped.another_runner("first"), stepped.another_runner("second")]
    orders: list[Placed] = []
    for _ in range(40 * scale):
        _, placed = stepped.buy(lamp, LOSES_ITS_ANSWER)
        stepped.shop.runner.run_once(16)  # with what the round before has left
        stepped.shop.clock.advance(LATER)
        handle = stepped.order(placed).order.handle
        together = threading.Barrier(3)

        def look_up(placed: Placed = placed, handle=handle, together=together) -> None:
            together.wait(10)
            found = stepped.gateway.fetch(handle)
            assert isinstance(found, Captured)
            stepped.shop.operations.resolve(placed.key.order_id, found, SHOWN_BY_THE_BOOKS)

        def carry_on(runner, together=together) -> int:
            together.wait(10)
            return runner.run_once(16)

        results = side_by_side(
            lambda do: do(), [look_up, *(lambda r=r: carry_on(r) for r in runners)], threads=3
        )
        assert isinstance(results[0], (CallUnknown, NotToBeUndone, type(None))), results[0]
        assert all(isinstance(result, int) for result in results[1:]), results[1:]
        orders.append(placed)
    stepped.finish()
    assert {stepped.order(placed).status for placed in orders} == {OrderStatus.COMPLETED}
    assert stepped.money(*orders) == ["capture"] * len(orders)
    for placed in orders:
        facts = [entry.fact for entry in stepped.order(placed).timeline]
        assert (facts.count(Fact.PAYMENT_COMPLETED), facts.count(Fact.ORDER_COMPLETED)) == (1, 1)
    stepped.assert_sound()


#: The saga's name of each call that is recorded.
OPERATIONS = {
    "gateway.confirm": "charge",
    "gateway.refund": "refund",
    "carrier.book": "ship",
    "carrier.cancel": "unship",
}


def test_09_a_call_has_one_key_on_every_retry_and_path(stepped: Market) -> None:
    """Each call fails twice before and after it lands, and every other turn is another
    process's.
    """
    failures: dict[tuple, int] = {}

    def fails_at_first(name: str, send):
        if name == "gateway.prepare":
            return send()
        called = stepped.outside.calls[-1]
        key = (name, called[1][0], called[1][-1])
        failures[key] = failures.get(key, 0) + 1
        if failures[key] == 1:
            raise TimeoutError("the request was lost")
        answer = send()
        if failures[key] == 2:
            raise ConnectionError("the answer was lost")
        return answer

    lamp = stepped.item(100)
    stepped.outside.rule = fails_at_first
    orders = {name: begin(stepped, lamp, ending) for name, ending in ENDINGS.items()}
    another = stepped.another_runner("another process")
    for _ in range(20):
        another.run_once(16)
        stepped.shop.clock.advance(LATER)
        stepped.shop.runner.run_once(16)
        stepped.shop.clock.advance(LATER)
    stepped.outside.rule = lambda name, send: send()
    stepped.finish()
    for name, placed in orders.items():
        assert stepped.order(placed).status is ENDINGS[name].status, name

    rows = stepped.rows("SELECT order_id, operation, subject_no, attempt, key FROM outside_call")
    assert all(
        row.key == f"{row.order_id}:{row.operation}:{row.subject_no}:{row.attempt}" for row in rows
    )
    assert {row.operation for row in rows} == {"charge", "refund", "ship", "unship"}
    keys = {(row.order_id, row.operation): row.key for row in rows}
    assert len(set(keys.values())) == len(rows) == len(keys)
    sent = [
        (called, arguments) for called, arguments in stepped.outside.calls if called in OPERATIONS
    ]
    for called, arguments in sent:
        if called.startswith("carrier"):
            order_id, key = arguments[:2]
        elif isinstance(arguments[0], Charge):
            order_id, key = arguments[0].handle.reference, arguments[0].key
        else:
            order_id, key = arguments[0].reference, arguments[-1]
        order_id = order_id.removeprefix("sbx_")
        assert key == keys[order_id, OPERATIONS[called]]
    different = {(called, str(arguments)) for called, arguments in sent}
    assert len(sent) > 2 * len(different)  # each was in fact repeated
    stepped.assert_sound()


class Died(BaseException):
    """The process ended here."""


BREAKS = {
    "a defect": RuntimeError("a defect"),
    "the connection is lost": TransactionLost("the connection is lost"),
    "the process dies": Died(),
}


@pytest.mark.parametrize("error", BREAKS.values(), ids=BREAKS)
@pytest.mark.parametrize("to", [None, NOWHERE], ids=["shippable", "not shippable"])
def test_10_whatever_breaks_after_the_charge_the_buyer_has_the_order_or_the_money(
    stepped: Market, to, error: BaseException
) -> None:
    """One order for each place after the charge where something can break: statements, commits,
    calls and their answers.
    """
    lamp = stepped.item(100_000)
    at = 0
    struck = True
    while struck:
        at += 1
        _, placed = stepped.buy(lamp, to=to)
        breakage = Breakage(at, error)

        def rule(name: str, send, breakage: Breakage = breakage):
            if name == "gateway.confirm" and not breakage.armed:
                answer = send()
                breakage.armed = True
                breakage.point()
                return answer
            return breakage.around(send)

        stepped.outside.rule = rule
        with breakage.within(stepped.database), contextlib.suppress(Exception, Died):
            stepped.run()
        struck = breakage.struck
        stepped.outside.rule = lambda name, send: send()
        stepped.shop.clock.advance(LATER)
        stepped.finish()
        assert stepped.order(placed).status is (
            OrderStatus.CANCELLED if to else OrderStatus.COMPLETED
        ), at
        assert stepped.money(placed) == (["capture", "refund"] if to else ["capture"]), at
    assert at > 25
    assert stepped.stock_of(lamp) == (100_000 if to else 100_000 - at)
    stepped.assert_sound()


def test_12_a_price_that_changed_is_told_with_both_figures_and_nothing_is_reserved(
    stepped: Market,
) -> None:
    lamp = stepped.item(5)
    (buyer,) = stepped.buyers(1)
    cart = stepped.fill(buyer, (lamp, 2))
    dearer = ItemPatch(price=Money.parse("12.50", "USD"))
    stepped.shop.items.change(stepped.seller_id, lamp.item.id, dearer, lamp.item.version)
    with pytest.raises(AmountMismatch) as refused:
        stepped.place(buyer, cart)
    assert refused.value.facts == {
        "amount": {"amount": "20.00", "currency": "USD"},
        "currentAmount": {"amount": "25.00", "currency": "USD"},
    }
    assert stepped.stock_of(lamp) == 5
    assert stepped.outside.calls == []
    stepped.run()
    stepped.assert_sound()


def test_13_the_same_request_again_gets_the_same_order_however_far_it_has_come(
    stepped: Market,
) -> None:
    lamp = stepped.item(5)
    (buyer,) = stepped.buyers(1)
    cart = stepped.fill(buyer, (lamp, 1))
    first = stepped.place(buyer, cart, key="one")
    stepped.run()
    again = [
        stepped.place(buyer, cart, key="one"),
        stepped.place(buyer, cart, key="two"),
        stepped.place(buyer, cart),
    ]
    assert {placed.key for placed in again} == {first.key}
    assert all(placed.replayed for placed in again)
    assert stepped.outside.count("gateway.prepare") == 1
    stepped.assert_sound()


def test_14_a_refund_that_fails_is_retried_until_it_is_done_and_a_person_is_alarmed_meanwhile(
    tmp_path: Path,
) -> None:
    one_second = timedelta(seconds=1)
    with open_market(tmp_path, in_step=True, longest_retry=one_second) as market:
        _, placed = market.buy(market.item(1), to=NOWHERE)
        market.outside.rule = lambda name, send: (
            PaymentUnknown("not now") if name == "gateway.refund" else send()
        )
        registry = market.shop.registry
        for attempt in range(1, 31):
            market.shop.runner.run_once(16)
            assert market.outside.count("gateway.refund") == attempt
            alarmed = [row.saga.key.order_id for row in market.shop.operations.alarmed()]
            assert alarmed == ([placed.key.order_id] if attempt >= 20 else []), attempt
            assert f"commerce_sagas_alarmed {len(alarmed)}.0" in generate_latest(registry).decode()
            assert market.order(placed).status is OrderStatus.CANCELLING
            market.shop.clock.advance(one_second)
        market.outside.rule = lambda name, send: send()
        market.finish()
        assert market.order(placed).status is OrderStatus.CANCELLED
        assert market.money(placed) == ["capture", "refund"]
        assert market.shop.operations.alarmed() == []
        market.assert_sound()


def test_15_no_call_goes_out_while_a_transaction_is_open_or_a_connection_is_held(
    stepped: Market,
) -> None:
    """Everything happens on this one thread: what it has open is all that there is."""
    open_then: list[tuple[str, int, int]] = []

    def rule(name: str, send):
        open_then.append(
            (name, stepped.database.open_in_this_thread, stepped.database.connections_in_use)
        )
        return send()

    stepped.outside.rule = rule
    lamp = stepped.item(100)
    orders = {name: begin(stepped, lamp, ending) for name, ending in ENDINGS.items()}
    (late,) = stepped.buyers(1)
    never_placed = stepped.fill(late, (lamp, 100 - len(ENDINGS)))
    stepped.buy(lamp)
    with pytest.raises(OutOfStock):
        stepped.place(late, never_placed)
    stepped.finish()
    stepped.shop.clock.advance(timedelta(hours=2))
    stepped.shop.reconciliation.run_once(100)
    stepped.assert_sound()
    assert {name: stepped.order(placed).status for name, placed in orders.items()} == {
        n: e.status for n, e in ENDINGS.items()
    }
    assert {name for name, _, _ in open_then} >= {
        "gateway.prepare", "gateway.confirm", "gateway.cancel", "gateway.refund", "gateway.books",
        "gateway.unclaimed",
        "carrier.book", "carrier.cancel",
    }  # fmt: skip
    assert [seen for seen in open_then if seen[1:] != (0, 0)] == []


def test_a_cancelled_order_that_is_paid_back_is_checked_once(stepped: Market) -> None:
    stepped.buy(stepped.item(2), to=NOWHERE)
    stepped.finish()
    unsettled = "SELECT 1 FROM saga WHERE state = 'CANCELLED' AND settled IS NULL"
    assert len(stepped.rows(unsettled)) == 1
    stepped.shop.reconciliation.run_once(10)
    assert stepped.rows(unsettled) == []
