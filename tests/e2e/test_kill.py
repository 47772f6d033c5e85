"""Acceptance 16, 17: the whole process is killed at every step of an order, under load, and loses
none that it promised.
"""

import json
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import pytest

from commerce_cli.check import check
from tests.e2e.shoppers import Crowd, stocked
from tests.live import SANDBOX, LiveShop

MORTAL: Final = str(Path(__file__).with_name("mortal_shop.py"))
SETTINGS: Final = {
    "COMMERCE_LEASE": "2",
    "COMMERCE_CALL_TIMEOUT": "0.5",
    "COMMERCE_RETRY": "0.1",
    "COMMERCE_LONGEST_RETRY": "1",
    "COMMERCE_LOG_FORMAT": "plain",
}
_BUYERS: Final = 8
#: Orders of each buyer within which every point is reached often enough.
_ENOUGH: Final = 60
_PATIENCE: Final = 180.0
#: At which time that a point is reached the process dies: first thing after a start, and in the
#: thick of it.
TIMES: Final = (1, 6, 15)

FORWARD: Final = (
    "after gateway.prepare",
    "before PLACED",
    "after PLACED",
    "before CHARGING",
    "after CHARGING",
    "in gateway.confirm",
    "after gateway.confirm",
    "before SHIPPING",
    "after SHIPPING",
    "after carrier.book",
    "before COMPLETED",
    "after COMPLETED",
    "after publish",
)
UNDOING: Final = (
    "before COMPENSATING",
    "after COMPENSATING",
    "after gateway.cancel",
    "after gateway.refund",
    "after carrier.cancel",
    "before CANCELLED",
    "after CANCELLED",
)


#: The points that lie at a commit: what is known then is known by the database.
AT_COMMITS: Final = tuple(
    point for point in (*FORWARD, *UNDOING) if point.endswith("ED") or point == "in gateway.confirm"
)


def opened(folder: Path, point: str = "never", nth: int = 0) -> LiveShop:
    return LiveShop(
        folder, SETTINGS, (sys.executable, MORTAL, point, str(nth), "serve", "--port", "0")
    )


def until(holds: Callable[[], bool], state: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, state()
        time.sleep(0.05)


def nothing_waits(address: str) -> bool:
    with urlopen(f"{address}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    assert "commerce_outbox_messages" in "".join(lines)
    gauges = [
        line for line in lines if line.startswith(("commerce_outbox_messages ", "commerce_sagas{"))
    ]
    return all(float(line.rsplit(" ", 1)[1]) == 0 for line in gauges)


@pytest.mark.parametrize("point", [*FORWARD, *UNDOING])
def test_every_promised_order_ends_properly_whenever_the_process_is_killed(
    point: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    killed_at(point, tmp_path, {}, monkeypatch, capsys)


@pytest.mark.parametrize("point", AT_COMMITS)
def test_16_the_same_on_postgresql(
    point: str,
    tmp_path: Path,
    shop_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in (SANDBOX | {"COMMERCE_DATABASE_URL": shop_url}).items():
        monkeypatch.setenv(name, value)
    killed_at(point, tmp_path, {"database_url": shop_url}, monkeypatch, capsys)


def killed_at(
    point: str,
    tmp_path: Path,
    database: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Kill a shop on *database* when a point is reached, again and again, and look what has become
    of every order.
    """
    crowd = Crowd(*stocked(tmp_path, _BUYERS, **database))
    for nth in TIMES:
        shop = opened(tmp_path, point, nth)
        crowd.shop_until_it_dies(shop.address, _ENOUGH)
        assert shop.process.wait(_PATIENCE) == -signal.SIGKILL, (
            f"{point} was never reached {nth} times"
        )
        shop.stop()
    shop = opened(tmp_path)
    try:
        crowd.send_again(shop.address)
        assert crowd.surprises == []

        def unfinished() -> list[object]:
            return [
                (i, status)
                for i, (status, endings) in crowd.endings(shop.address).items()
                if status not in endings
            ]

        until(lambda: not unfinished(), unfinished)
        until(lambda: nothing_waits(shop.address), lambda: shop.log.read_text()[-2000:])
    finally:
        shop.stop()
    promised = [wish.order_id for wish in crowd.wishes if wish.order_id]
    assert len(promised) == len(set(promised)) >= _BUYERS
    monkeypatch.chdir(tmp_path)
    code = check(json=True)
    report = json.loads(capsys.readouterr().out)
    assert (code, report["violations"], report["deadLetters"]) == (0, [], [])
    assert report["atRest"]
    assert report["orders"] >= len(promised)
    orphans = report["orders"] - len(promised)
    assert orphans == 0, f"{orphans} orders that nobody was promised"
