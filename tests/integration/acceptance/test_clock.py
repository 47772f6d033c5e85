"""Clocks that are wrong for a while. Numbers are those of the acceptance list."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from commerce_bootstrap.settings import Settings
from commerce_core.catalog import ImportFormat, ImportStatus
from commerce_core.checkout import OURS
from commerce_core.orders import OrderStatus
from commerce_local.clock import SystemClock
from commerce_sqlalchemy.messaging import SqlOutbox
from commerce_sqlalchemy.queues import SqlLocalQueues
from commerce_testkit.memory.clock import SettableClock
from commerce_worker.main import loops_of
from tests.integration.market import Market, open_market

DAY: Final = timedelta(days=1)
MOMENT: Final = timedelta(seconds=10)
ROW: Final = b'{"sku": "N1", "name": "Row", "price": 1, "quantity": 1}'


@pytest.mark.parametrize("ahead", [timedelta(minutes=30), DAY, timedelta(hours=25)], ids=str)
def test_43_a_clock_that_is_ahead_for_ten_seconds_leaves_nothing_stuck(
    stepped: Market, ahead: timedelta
) -> None:
    """All that a process can leave behind when its clock is right again, or when it died before."""
    shop, clock, storage = stepped.shop, stepped.shop.clock, stepped.container.storage()
    assert isinstance(clock, SettableClock)
    timers, lamp = loops_of(shop, ("timers",)), stepped.item(10)
    held = stepped.buy(lamp)[1]
    take_turns(timers)
    clock.advance(ahead)
    late = stepped.buy(lamp)[1]
    imported = shop.imports.take(stepped.seller_id, ImportFormat.NDJSON, [ROW])
    wanted = shop.reindexer.request()
    take_turns(timers)
    died_with_everything_in_hand(stepped)
    clock.advance(MOMENT - ahead)
    assert SqlOutbox(stepped.database).lease("another", clock.now(), clock.now() + MOMENT)
    others = SqlLocalQueues(stepped.database, clock, "another")
    others.subscribe([stepped.shop.indexer])
    assert others.queues()["search-indexer"].receive(1)
    others.queues()["search-indexer"].release()
    for _ in range(5):
        clock.advance(timedelta(seconds=60))
        take_turns(timers)
        while shop.importer.run_once(500) + shop.reindexer.run_once(500):
            pass
        stepped.run()
    assert [stepped.order(placed).status for placed in (held, late)] == [OrderStatus.COMPLETED] * 2
    with stepped.database.snapshot() as tx:
        job = storage.imports.load(tx, imported.id)
    assert job is not None
    assert job.status is ImportStatus.FINISHED
    found = shop.reindexer.find(wanted.id)
    assert found is not None
    assert found.finished_at is not None
    stepped.assert_sound()


def take_turns(timers: list) -> None:
    for loop in timers:
        loop.turn()


def died_with_everything_in_hand(market: Market) -> None:
    """A process takes every lease that there is, and is never heard of again."""
    storage, now = market.container.storage(), market.shop.clock.now()
    until = now + timedelta(seconds=30)
    with market.database.begin() as tx:
        assert storage.sagas.claim_due(tx, OURS.known, now, until, 99)
        assert storage.imports.claim(tx, now, until)
        assert storage.reindex.claim(tx, now, until)
        tx.commit()
    SqlOutbox(market.database).lease("dead", now, now + MOMENT)
    dead = SqlLocalQueues(market.database, market.shop.clock, "dead")
    dead.subscribe([market.shop.indexer])
    dead.queues()["search-indexer"].receive(1)


@pytest.fixture
def on_server(tmp_path, shop_url: str) -> Iterator[Market]:
    with open_market(tmp_path, database_url=shop_url) as opened:
        yield opened


def test_43_on_a_server_a_processes_own_clock_says_nothing(
    on_server: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=25)

    for module in ("commerce_sqlalchemy.server_clock", "commerce_local.clock"):
        monkeypatch.setattr(f"{module}.datetime", Ahead)
    (there,) = on_server.rows("SELECT clock_timestamp()")[0]
    assert abs(on_server.shop.clock.now() - there) < timedelta(seconds=5)
    assert abs(SystemClock().now() - there) > timedelta(hours=24)
    _, placed = on_server.buy(on_server.item(1))
    on_server.run()
    assert on_server.order(placed).status is OrderStatus.COMPLETED
    assert on_server.rows(
        "SELECT count(*) FROM outbox_lease WHERE lease_until > now() + interval '1 hour'"
    ) == [(0,)]


def test_the_servers_time_goes_on_between_two_questions(on_server: Market) -> None:
    clock = on_server.shop.clock
    on_server.rows("SELECT 1")
    first = clock.now()
    time.sleep(0.05)
    assert timedelta(seconds=0.04) < clock.now() - first < timedelta(seconds=5)
    assert first.tzinfo is UTC


def test_without_a_server_it_is_the_machines_clock() -> None:
    from commerce_bootstrap.database import build_clock
    from commerce_bootstrap.deployment import Deployment

    assert isinstance(build_clock(Deployment.of(Settings())), SystemClock)
