"""Steps that were added to the saga (``examples/saga_steps.py``), in processes that die while they
call somebody: in one process on SQLite, and on PostgreSQL and RabbitMQ with workers beside it.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from commerce_cli.check import check
from tests.e2e.shoppers import Client, Crowd, Wish, stocked, stocked_at
from tests.e2e.test_kill import SETTINGS, nothing_waits
from tests.fullstack import FullStack, opened_full_stack, until
from tests.live import COMMERCE, LiveShop
from tests.saga_services import EXAMPLES, SagaServices, saga_services
from tests.servers import SharedServers, shared_servers

__all__ = ["shared_servers"]

CALLS: Final = ("/checks", "/checks/closed", "/points")


@pytest.fixture
def services() -> Iterator[SagaServices]:
    with saga_services() as services:
        yield services


def with_steps(services: SagaServices) -> dict[str, str]:
    return {
        **SETTINGS,
        "COMMERCE_PARTS": "saga_steps:parts",
        "PYTHONPATH": os.pathsep.join([str(EXAMPLES), os.environ.get("PYTHONPATH", "")]),
        "FRAUD_URL": services.url,
        "POINTS_URL": services.url,
    }


def dies_in(services: SagaServices, path: str, kill: Callable[[], None]) -> threading.Event:
    """Have *kill* end a process the third time that *path* is called, before it is answered."""
    killed, turn, left = threading.Event(), threading.Lock(), [3]

    def meanwhile(called: str) -> None:
        with turn:
            left[0] -= called == path
            strikes = left[0] == 0 and not killed.is_set()
            if strikes:
                kill()
                killed.set()

    services.meanwhile = meanwhile
    return killed


def struck(killed: threading.Event, crowd: Crowd, address: str) -> bool:
    """Whether it was; else more is ordered: how an order ends, and so what it calls, is chance."""
    if not killed.wait(1):
        crowd.shop_until_it_dies(address, 2)
    return killed.is_set()


def ended(crowd: Crowd, address: str) -> None:
    def unfinished() -> list[object]:
        return [
            (i, status)
            for i, (status, endings) in crowd.endings(address).items()
            if status not in endings
        ]

    until(lambda: not unfinished(), unfinished)
    assert crowd.surprises == []


def assert_done_once(crowd: Crowd, address: str, services: SagaServices) -> None:
    """Every order was looked at under one key; completed ones have points once, cancelled ones no
    open case.
    """
    completed, cancelled = set[str](), set[str]()
    points = 0
    for wish in (wish for wish in crowd.wishes if wish.order_id):
        order = seen(address, wish)
        (completed if order["status"] == "COMPLETED" else cancelled).add(order["orderId"])
        answers = [e["detail"] for e in order["timeline"] if e["type"] == "StepAnswered"]
        if order["status"] == "COMPLETED":
            points += answers[-1]["points"]
            assert [(d["step"], d["outcome"]) for d in answers] == [
                ("fraud_check", "accepted"), ("loyalty_points", "accepted"),
            ]  # fmt: skip
    for path in ("/checks", "/points"):
        keys = [key for called, key in services.keys if called == path]
        assert len(keys) == len({key.split(":")[0] for key in keys})
    assert services.points.total() == points
    assert services.checks & cancelled == services.closed
    assert completed
    assert services.closed


def seen(address: str, wish: Wish) -> dict[str, Any]:
    client = Client(address, wish.token)
    _, order = client.ask("GET", f"/orders/{wish.order_id}")
    client.close()
    read: dict[str, Any] = order
    return read


@pytest.mark.parametrize("path", CALLS)
def test_16_a_process_that_dies_in_an_added_step_is_made_good_by_the_next(
    path: str,
    tmp_path: Path,
    services: SagaServices,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = with_steps(services)
    crowd = Crowd(*stocked(tmp_path, 3))
    shop = LiveShop(tmp_path, settings, (COMMERCE, "serve", "--port", "0"))
    killed = dies_in(services, path, shop.process.kill)
    crowd.shop_until_it_dies(shop.address, 30)
    assert killed.wait(60)
    shop.stop()
    shop = LiveShop(tmp_path, settings, (COMMERCE, "serve", "--port", "0"))
    try:
        crowd.send_again(shop.address)
        ended(crowd, shop.address)
        until(lambda: nothing_waits(shop.address), lambda: shop.log.read_text()[-2000:])
        assert_done_once(crowd, shop.address, services)
    finally:
        shop.stop()
    monkeypatch.chdir(tmp_path)
    assert check(json=True) == 0, capsys.readouterr().out


def test_16_a_worker_that_dies_in_an_added_step_is_made_good_by_another(
    tmp_path: Path, services: SagaServices, shared_servers: SharedServers
) -> None:
    with opened_full_stack(
        tmp_path, shared_servers, workers=(), settings=with_steps(services)
    ) as stack:
        crowd = Crowd(*stocked_at(stack.settings, 3))
        crowd.shop_until_it_dies(stack.address, 5)
        for path in CALLS:
            worker = stack.work()
            killed = dies_in(services, path, worker.process.kill)
            until(partial(struck, killed, crowd, stack.address), lambda: services.keys)
            stack.workers.pop().stop()
            crowd.shop_until_it_dies(stack.address, 5)
        stack.start(0, (None, "sagas"))
        ended(crowd, stack.address)
        until(lambda: nothing_waits(stack.address), lambda: "it is not at rest")
        assert_done_once(crowd, stack.address, services)
        decided_by_hand(stack, crowd, services)
        stack.check_at_rest()


def decided_by_hand(stack: FullStack, crowd: Crowd, services: SagaServices) -> None:
    """What waits for a person stands in the alarmed list, and ends as the person says."""
    services.default, before = "review", len(crowd.wishes)
    crowd.shop_until_it_dies(stack.address, 1)
    until(lambda: len(alarmed(stack)) >= 2, lambda: alarmed(stack))
    for order_id, outcome in zip(alarmed(stack)[:2], ("accepted", "refused"), strict=True):
        why = ("--reason", "called the buyer", "--evidence", "ticket 7", "--actor", "operator-1")
        done = stack.command("sagas", "resolve", order_id, outcome, *why)
        assert done.returncode == 0, done.stderr
    services.default = "accept"
    for order_id in alarmed(stack):
        assert stack.command("sagas", "retry", order_id).returncode == 0

    def statuses() -> set[str]:
        return {seen(stack.address, wish)["status"] for wish in crowd.wishes[before:]}

    until(lambda: statuses() <= {"COMPLETED", "CANCELLED"}, statuses)
    assert "CANCELLED" in statuses()


def alarmed(stack: FullStack) -> list[str]:
    done = stack.command("sagas", "list", "--alarmed", "--json")
    assert done.returncode == 0, done.stderr
    rows: list[Mapping[str, str]] = json.loads(done.stdout)
    return [row["orderId"] for row in rows]
