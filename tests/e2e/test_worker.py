"""Workers as processes beside `commerce serve`, with a broker between them: any number, in any
order, killed and stopped.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from commerce_cli.check import check
from tests.e2e.shoppers import Crowd, stocked
from tests.live import COMMERCE, LiveShop
from tests.servers import RabbitServer, own_server

_SETTINGS: Final = {
    "COMMERCE_LEASE": "2",
    "COMMERCE_CALL_TIMEOUT": "0.5",
    "COMMERCE_RETRY": "0.1",
    "COMMERCE_LONGEST_RETRY": "1",
    "COMMERCE_LOG_FORMAT": "plain",
}
_PATIENCE: Final = 180.0


@pytest.fixture(scope="module")
def rabbit() -> Iterator[RabbitServer]:
    """A broker that may be stopped."""
    with own_server(RabbitServer) as server:
        yield server


class Fleet:
    """Processes of one shop in *folder*."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.running: list[LiveShop] = []
        self._settings = settings

    def start(self, *arguments: str) -> LiveShop:
        """Start `commerce` with *arguments*; it says where it can be asked for its health."""
        self.running.append(LiveShop(self.folder, self._settings, (COMMERCE, *arguments)))
        return self.running[-1]

    def stop(self) -> None:
        """End all of them in good order."""
        with ExitStack() as ending:
            for process in self.running:
                ending.callback(process.stop)


@pytest.fixture
def fleet(tmp_path: Path, rabbit: RabbitServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """A shop whose events go through the broker."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMMERCE_BROKER_URL", rabbit.url)
    started = Fleet(tmp_path, _SETTINGS)
    with ExitStack() as stack:
        stack.callback(started.stop)
        yield started


def ask(url: str) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    try:
        with urlopen(url, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def until(holds: Callable[[], bool], state: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, state()
        time.sleep(0.05)


def down(worker: LiveShop) -> set[str]:
    """The parts that *worker* says are down."""
    status, answer = ask(worker.address)
    return {part["part"] for part in answer["down"]} if status == 503 else set()


def nothing_waits(address: str) -> bool:
    with urlopen(f"{address}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return all(
        float(line.rsplit(" ", 1)[1]) == 0
        for line in lines
        if line.startswith(("commerce_outbox_messages ", "commerce_sagas{"))
    )


def checked(capsys: pytest.CaptureFixture[str]) -> Any:
    """What `commerce check` finds."""
    capsys.readouterr()
    check(json=True)
    return json.loads(capsys.readouterr().out)


def test_20_16_orders_end_whoever_dies_and_whatever_starts_first(
    fleet: Fleet, rabbit: RabbitServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rabbit.stop()
    crowd = Crowd(*stocked(tmp_path, 4))
    first = fleet.start("worker")
    assert "broker" in down(first)
    shop = fleet.start("serve", "--port", "0")
    assert ask(f"{shop.address}/health/ready")[0] == 200, "requests need no broker"
    crowd.shop_until_it_dies(shop.address, 5)  # nobody delivers, and orders are taken
    rabbit.start()
    until(lambda: not down(first), lambda: ask(first.address))
    second = fleet.start("worker", "--only", "sagas,relay,seller-orders,notifications")
    buyers = threading.Thread(target=crowd.shop_until_it_dies, args=(shop.address, 15))
    buyers.start()
    for _ in range(3):
        rabbit.kill()
        first.kill()
        first = fleet.start("worker")
        rabbit.start()
    buyers.join()
    assert crowd.surprises == []

    def unfinished() -> list[object]:
        return [
            (i, status)
            for i, (status, endings) in crowd.endings(shop.address).items()
            if status not in endings
        ]

    until(lambda: not unfinished(), unfinished)
    until(lambda: nothing_waits(shop.address), lambda: first.log.read_text()[-2000:])
    until(
        lambda: not down(first) and not down(second),
        lambda: (ask(first.address), ask(second.address)),
    )

    def sound() -> bool:
        report = checked(capsys)
        return not report["violations"] and not report["deadLetters"] and report["atRest"]

    until(sound, lambda: checked(capsys))
    assert (
        checked(capsys)["orders"]
        == len({wish.order_id for wish in crowd.wishes if wish.order_id})
        > 40
    )


def test_a_worker_ends_in_good_order_and_gives_back_what_is_unacknowledged(
    fleet: Fleet, rabbit: RabbitServer
) -> None:
    rabbit.start()
    workers = [fleet.start("worker"), fleet.start("worker", "--only", "relay")]
    for worker in workers:
        until(lambda worker=worker: not down(worker), lambda worker=worker: ask(worker.address))
        assert ask(worker.address.replace("ready", "live")) == (200, {"status": "live"})
        assert ask(worker.address.replace("/health/ready", "/elsewhere"))[0] == 404
        began = time.monotonic()
        worker.process.terminate()
        assert worker.process.wait(90) == 0
        assert time.monotonic() - began < 10


def test_a_worker_says_what_it_needs_and_nothing_else(fleet: Fleet, rabbit: RabbitServer) -> None:
    rabbit.stop()
    try:
        sagas, relay = (
            fleet.start("worker", "--only", "sagas"),
            fleet.start("worker", "--only", "relay,timers"),
        )
        assert down(sagas) == set()
        assert "broker" in down(relay)
    finally:
        rabbit.start()
