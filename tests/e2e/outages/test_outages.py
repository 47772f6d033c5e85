"""Every server and every worker goes away while orders arrive on the full stack: nothing that was
acknowledged is lost, and all comes to rest.

``TEST_OUTAGE_SECONDS=60`` makes the outages as long as people know them.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.outages.customers import Customers
from tests.e2e.outages.stack import LEASE, SECONDS, Servers, Stack, until


@pytest.fixture(scope="module")
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def servers(closing: ExitStack) -> Servers:
    return Servers(closing)


@pytest.fixture(scope="module")
def shop(closing: ExitStack, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """One shop for all outages, one after the other: what one of them spoils, the next ones see."""
    folder: Path = tmp_path_factory.mktemp("shop")
    stack = Stack(folder, servers.settings(folder))
    closing.callback(stack.stop)
    stack.found()
    stack.serve()
    stack.work()
    stack.work()
    return stack


@pytest.fixture(autouse=True)
def _all_back(servers: Servers) -> Iterator[None]:
    """What a test leaves down after it has failed is no matter of the next one."""
    yield
    servers.start()


def recommended(shop: Stack) -> int:
    """How many items are recommended to somebody of whom nothing is known."""
    answer = shop.ask("GET", "/recommendations")
    assert answer.status == 200, answer.body
    return len(answer.body["items"])


def outage(people: Customers, seconds: float = SECONDS) -> int:
    """Let people order for so long, and until they were promised ten orders; how many they were
    promised.
    """
    known = len(people.promises)
    people.go_on(seconds)
    people.get(max(0, 10 - (len(people.promises) - known)))
    return len(people.promises) - known


def test_20_orders_are_accepted_all_the_time_while_the_broker_is_away(
    shop: Stack, servers: Servers
) -> None:
    with shop.customers() as people:
        people.get(10)
        servers.rabbit.stop()
        accepted = outage(people)
        assert recommended(shop) > 0
        waiting = shop.metric("commerce_outbox_messages")
        servers.rabbit.start()
        people.get(10)
    assert people.put_off == []
    assert waiting >= accepted
    shop.comes_to_rest()


def test_20_a_broker_that_is_killed_with_confirms_in_flight_loses_nothing(
    shop: Stack, servers: Servers
) -> None:
    with shop.customers() as people:
        people.get(10)
        servers.rabbit.pause()  # what is published from now on gets no confirm
        outage(people, 1)
        servers.rabbit.kill()
        servers.rabbit.start()
        people.get(30)
        servers.rabbit.kill()  # in the thick of it: published, and most of it confirmed
        outage(people, SECONDS / 2)
        servers.rabbit.start()
        people.get(10)
    assert people.put_off == []
    shop.comes_to_rest()


def test_a_database_that_is_restarted_at_once_costs_503_meanwhile_and_no_order(
    shop: Stack, servers: Servers
) -> None:
    with shop.customers() as people:
        people.get(20)
        for seconds in (0.0, SECONDS / 2):
            servers.postgres.stop(signal.SIGQUIT)  # as `pg_ctl stop -m immediate` does
            people.get_put_off()
            people.go_on(seconds)
            servers.postgres.start()
            people.get(20)
    assert {answer.status for answer in people.put_off} == {503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in people.put_off)
    shop.comes_to_rest()


def found(shop: Stack, term: str) -> int:
    """How many items a search finds; -1: none can be searched for, and it says when to come
    back.
    """
    answer = shop.ask("GET", f"/items?term={term}")
    if answer.status == 503:
        assert answer.body["code"] == "search-unavailable"
        assert int(answer.headers["retry-after"]) >= 1
        return -1
    return int(answer.body["total"]["count"])


def test_without_search_everything_else_works_and_indexing_catches_up(
    shop: Stack, servers: Servers
) -> None:
    until(lambda: found(shop, "kettle") == 1, lambda: found(shop, "kettle"))
    with shop.customers() as people:
        people.get(10)
        servers.search.kill()
        shop.onboard("Teapot")
        assert found(shop, "teapot") == -1
        assert recommended(shop) > 0
        outage(people)
        shop.onboard("Second teapot")
        servers.search.start()
        people.get(10)
        until(lambda: found(shop, "teapot") == 2, lambda: found(shop, "teapot"))
    assert people.put_off == []
    shop.comes_to_rest()


def test_17_a_worker_that_is_killed_again_and_again_leaves_nothing_behind(shop: Stack) -> None:
    with shop.customers() as people:
        people.get(10)
        ends = time.monotonic() + SECONDS
        kills = 0
        while time.monotonic() < ends or kills < 3:
            people.go_on(min(2.0, SECONDS / 3))
            worker = shop.workers.pop(0)
            worker.kill()
            shop.work()
            kills += 1
    assert people.put_off == []
    shop.comes_to_rest()


def test_17_a_worker_that_freezes_for_twice_its_lease_does_nothing_twice(shop: Stack) -> None:
    with shop.customers() as people:
        for worker in shop.workers:
            people.get(20)
            worker.process.send_signal(signal.SIGSTOP)
            people.go_on(max(2 * LEASE, SECONDS))
            worker.process.send_signal(signal.SIGCONT)
            people.get(20)
    shop.comes_to_rest()
