"""A notification of one process arrives in another, by way of PostgreSQL; and an outage of it
costs nothing but time.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from commerce_bootstrap import builders
from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.settings import Settings
from commerce_local.wake_up import WakeUp
from tests.integration.http.people import until
from tests.servers import PostgresServer, own_server


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    with own_server(PostgresServer) as started:
        yield started


@pytest.fixture
def bells(server: PostgresServer, tmp_path: Path) -> Iterator[tuple[WakeUp, WakeUp]]:
    """The bells of two processes, each of which has begun to listen."""
    with ExitStack() as closing:
        settings = Settings.in_folder(tmp_path, database_url=server.url)
        here, there = (
            builders.build_wake_up(settings, Deployment.of(settings), closing),
            builders.build_wake_up(settings, Deployment.of(settings), closing),
        )
        until(lambda: here.count() and there.count())
        yield here, there


def test_work_of_one_process_wakes_the_other(bells: tuple[WakeUp, WakeUp]) -> None:
    here, there = bells
    for _ in range(3):
        heard = there.count()
        here.notify()
        assert there.wait(heard, 10)


def test_a_process_does_not_hear_itself_twice(bells: tuple[WakeUp, WakeUp]) -> None:
    here, there = bells
    before, heard = here.count(), there.count()
    here.notify()
    assert there.wait(heard, 10)
    heard = here.count()
    there.notify()
    assert here.wait(heard, 10)
    assert here.count() == before + 2


def test_a_thousand_wake_ups_become_few_notifications(bells: tuple[WakeUp, WakeUp]) -> None:
    here, there = bells
    heard = there.count()
    for _ in range(1_000):
        here.notify()
    assert there.wait(heard, 10)
    assert here.count() >= 1_000
    assert there.count() - heard < 500


def test_after_an_outage_it_is_notified_once_and_listens_again(
    server: PostgresServer, bells: tuple[WakeUp, WakeUp]
) -> None:
    here, there = bells
    assert here.listens_to_others()
    server.stop(signal.SIGQUIT)
    until(lambda: not here.listens_to_others() and not there.listens_to_others())
    here.notify()  # nobody hears it: the work is found by looking
    counts = here.count(), there.count()
    server.start()
    until(lambda: here.count() > counts[0] and there.count() > counts[1])
    until(lambda: here.listens_to_others() and there.listens_to_others())
    heard = there.count()
    here.notify()
    assert there.wait(heard, 10)


def test_it_is_closed_in_time_although_its_server_is_frozen(
    server: PostgresServer, tmp_path: Path
) -> None:
    with ExitStack() as closing:
        settings = Settings.in_folder(tmp_path, database_url=server.url)
        wake_up = builders.build_wake_up(settings, Deployment.of(settings), closing)
        until(wake_up.listens_to_others)
        server.pause()
        try:
            wake_up.notify()  # it is told of, and no answer comes
            ending = threading.Thread(target=closing.close, daemon=True)
            ending.start()
            ending.join(10)
            assert not ending.is_alive()
        finally:
            server.resume()
