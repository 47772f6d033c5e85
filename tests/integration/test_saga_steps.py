"""The steps that ``examples/saga_steps.py`` adds to the saga, on SQLite and on PostgreSQL: every
outcome, its undo, time-outs, the timeline and the figures.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commerce_core.audit import OperatorDecision
from commerce_core.checkout import Accepted, CallStatus, Definitions, Operation, Refused, order_saga
from commerce_core.orders import OrderState, OrderStatus
from commerce_testkit.memory.clock import SettableClock
from tests.integration.market import NOWHERE, Market, open_market
from tests.saga_services import SagaServices, saga_services

DECISION = OperatorDecision(actor="operator-1", reason="called the buyer", evidence="ticket 7")
MINUTES = timedelta(minutes=6)


@pytest.fixture
def services() -> Iterator[SagaServices]:
    with saga_services() as services:
        yield services


def definitions(services: SagaServices) -> Definitions:
    import saga_steps  # the example, on the path by now

    os.environ["FRAUD_URL"] = os.environ["POINTS_URL"] = services.url
    kept: Definitions = saga_steps.parts().keywords["definitions"]
    return kept


@pytest.fixture
def market(tmp_path: Path, on_database: dict[str, Any], services: SagaServices) -> Iterator[Market]:
    with open_market(
        tmp_path,
        in_step=True,
        definitions=definitions(services),
        call_timeout=timedelta(seconds=1),
        **on_database,
    ) as market:
        yield market


def timeline_of(market: Market, placed: Any) -> list[str]:
    return [
        f"{e.detail['step']} {e.detail['outcome']}" if "step" in e.detail else e.fact.value
        for e in market.order(placed).timeline[2:]
    ]


def later(market: Market) -> None:
    assert isinstance(market.shop.clock, SettableClock)
    market.shop.clock.advance(MINUTES)
    market.run()


def calls(market: Market, call: str, outcome: str) -> float:
    labels = {"call": call, "outcome": outcome}
    return market.shop.registry.get_sample_value("commerce_saga_call_seconds_count", labels) or 0


def test_an_accepted_order_is_charged_and_its_buyer_gets_points(
    market: Market, services: SagaServices
) -> None:
    buyer, placed = market.buy(market.item(3, "12.90"))
    market.run()
    assert market.order(placed).status is OrderStatus.COMPLETED
    assert timeline_of(market, placed) == [
        "fraud_check accepted", "PaymentCompleted", "ShipmentReady", "OrderCompleted",
        "loyalty_points accepted",
    ]  # fmt: skip
    assert services.points == {buyer.email: 12}
    assert calls(market, "fraud_check", "Accepted") == 1
    assert calls(market, "loyalty_points", "Accepted") == 1
    assert calls(market, "confirm", "Captured") == 1
    market.assert_sound()


def test_a_refused_order_is_undone_uncharged(market: Market, services: SagaServices) -> None:
    services.default = "refuse"
    _, placed = market.buy(market.item(3))
    market.run()
    assert market.order(placed).status is OrderStatus.CANCELLED
    assert (market.money(placed), services.points) == ([], {})
    assert services.closed == {placed.key.order_id}
    market.assert_sound()


@pytest.mark.parametrize("said", [Accepted(), Refused("refused", "not this time")])
def test_a_person_decides_what_waits_for_one(
    market: Market, services: SagaServices, said: Accepted | Refused
) -> None:
    services.default = "review"
    _, placed = market.buy(market.item(3))
    market.run()
    (row,) = market.shop.operations.alarmed()
    assert (row.last_error, row.saga.status(Operation("fraud_check"))) == (
        "fraud score 71", CallStatus.WAITING,
    )  # fmt: skip
    later(market)
    assert timeline_of(market, placed) == ["fraud_check waiting"]
    assert list(services.keys.values()) == [2]
    market.shop.operations.resolve(placed.key.order_id, said, DECISION)
    market.run()
    accepted = isinstance(said, Accepted)
    view = market.order(placed)
    assert view.status is (OrderStatus.COMPLETED if accepted else OrderStatus.CANCELLED)
    assert [e.actor for e in view.timeline if e.detail.get("step") == "fraud_check"][:2] == [
        "system", "operator-1",
    ]  # fmt: skip
    market.assert_sound()


def test_the_service_itself_may_decide_later(market: Market, services: SagaServices) -> None:
    services.default = "review"
    _, placed = market.buy(market.item(3))
    market.run()
    services.default = "accept"
    market.shop.operations.retry(placed.key.order_id)
    market.run()
    assert market.order(placed).status is OrderStatus.COMPLETED
    assert market.shop.operations.alarmed() == []
    market.assert_sound()


def test_what_cannot_be_shipped_is_undone_the_last_step_first(
    market: Market, services: SagaServices
) -> None:
    _, placed = market.buy(market.item(3), to=NOWHERE)
    market.run()
    assert timeline_of(market, placed) == [
        "fraud_check accepted", "PaymentCompleted", "InventoryReleased", "PaymentRefunded",
        "fraud_check undone", "OrderCancelled",
    ]  # fmt: skip
    assert services.closed == {placed.key.order_id}
    assert services.points == {}
    market.assert_sound()


def test_whoever_does_not_answer_in_time_is_asked_again_under_the_same_key(
    market: Market, services: SagaServices
) -> None:
    import threading

    hanging = threading.Event()
    services.meanwhile = lambda path: hanging.wait(20) and None
    _, placed = market.buy(market.item(3))
    market.run()
    row, _ = market.shop.operations.show(placed.key.order_id)
    assert row.saga.status(Operation("fraud_check")) is CallStatus.UNKNOWN
    assert "NoAnswer: fraud_check has not answered within 1 s" in (row.last_error or "")
    assert calls(market, "fraud_check", "Unknown") == 1
    hanging.set()
    later(market)
    assert market.order(placed).status is OrderStatus.COMPLETED
    assert len({key for path, key in services.keys if path == "/checks"}) == 1
    market.assert_sound()


def test_an_order_is_completed_before_its_points_are_given_and_nothing_takes_it_back(
    market: Market, services: SagaServices
) -> None:
    services.members = False
    _, placed = market.buy(market.item(3))
    services.meanwhile = lambda path: (
        seen.append(market.order(placed).status) if path == "/points" else None
    )
    seen: list[OrderStatus] = []
    market.run()
    assert seen == [OrderStatus.COMPLETED]
    row, _ = market.shop.operations.show(placed.key.order_id)
    assert row.saga.state is OrderState.COMPLETED
    assert timeline_of(market, placed)[-1] == "loyalty_points refused"
    market.assert_sound()


def test_a_shop_without_the_definition_leaves_its_orders_alone_and_says_so(
    tmp_path: Path, on_database: dict[str, Any], services: SagaServices
) -> None:
    known = definitions(services)
    with open_market(tmp_path, in_step=True, definitions=known, **on_database) as market:
        _, placed = market.buy(market.item(3))
    with open_market(tmp_path, in_step=True, **on_database) as market:
        market.run()
        assert market.order(placed).status is OrderStatus.PENDING
        labels = {"definition": "checked_order", "version": "1"}
        registry = market.shop.registry
        assert registry.get_sample_value("commerce_sagas_unknown", labels) == 1
    next_one = order_saga("checked_order", 2)
    with open_market(
        tmp_path, in_step=True, definitions=Definitions(next_one, known.current), **on_database
    ) as market:
        _, newer = market.buy(market.item(3))
        market.run()
        assert market.order(placed).status is OrderStatus.COMPLETED
        assert market.order(newer).status is OrderStatus.COMPLETED
        assert "fraud_check accepted" in timeline_of(market, placed)
        assert "fraud_check accepted" not in timeline_of(market, newer)
        assert market.shop.checker.check().violations == ()
