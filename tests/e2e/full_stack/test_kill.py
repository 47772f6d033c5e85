"""Acceptance 16 on the full stack: `commerce serve` or `commerce worker` is killed at a step of an
order, under load.

Three points in the gate; ``TEST_ROUNDS=3`` kills at every point of :mod:`tests.e2e.test_kill`,
three times each.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.shoppers import Crowd, stocked_at
from tests.e2e.test_kill import FORWARD, MORTAL, SETTINGS, TIMES, UNDOING
from tests.fullstack import FullStack, opened_full_stack, until
from tests.live import LiveShop
from tests.servers import SharedServers, shared_servers

__all__ = ["shared_servers"]

_WHOLE: Final = int(os.environ.get("TEST_ROUNDS", "1")) >= 3
#: Of a shop, of a worker that carries orders on, and of one that tells of them.
POINTS: Final = (
    (*FORWARD, *UNDOING) if _WHOLE else ("after PLACED", "in gateway.confirm", "after publish")
)
_BUYERS: Final = 4
#: Orders of each buyer within which a point is reached often enough.
_ENOUGH: Final = 25 if _WHOLE else 8


@pytest.fixture
def stack(shared_servers: SharedServers, tmp_path: Path) -> Iterator[FullStack]:
    """A shop for each death: the next one must meet neither processes nor orders of one that
    failed.
    """
    with opened_full_stack(
        tmp_path, shared_servers, shops=0, workers=(), settings=SETTINGS
    ) as full:
        yield full


def opened(stack: FullStack, what: str, point: str = "never", nth: int = 0) -> LiveShop:
    port = ("--port", "0") if what == "serve" else ()
    return LiveShop(
        stack.folder, stack.environment, (sys.executable, MORTAL, point, str(nth), what, *port)
    )


def killed(process: LiveShop) -> bool:
    return process.process.poll() == -signal.SIGKILL


@pytest.mark.parametrize("point", POINTS)
def test_16_every_promised_order_ends_properly_whichever_process_is_killed(
    point: str, stack: FullStack
) -> None:
    crowd = Crowd(*stocked_at(stack.settings, _BUYERS))
    for nth in TIMES if _WHOLE else TIMES[1:2]:
        stack.shops.append(opened(stack, "serve", point, nth))
        stack.workers.append(opened(stack, "worker", point, nth))
        mortal = [*stack.shops, *stack.workers]
        buyers = threading.Thread(target=crowd.shop_until_it_dies, args=(stack.address, _ENOUGH))
        buyers.start()
        until(
            lambda mortal=mortal: any(map(killed, mortal)),
            lambda nth=nth: f"{point} was never reached {nth} times",
        )
        buyers.join()
        stack.stop()
    stack.shops.append(opened(stack, "serve"))
    stack.workers.append(opened(stack, "worker"))
    crowd.send_again(stack.address)
    assert crowd.surprises == []

    def unfinished() -> list[object]:
        return [
            (i, status)
            for i, (status, endings) in crowd.endings(stack.address).items()
            if status not in endings
        ]

    until(lambda: not unfinished(), unfinished)
    promised = [wish.order_id for wish in crowd.wishes if wish.order_id]
    report = stack.check_at_rest()
    stack.stop()
    assert len(set(promised)) == len(promised) == report["orders"], (
        "an order that nobody was promised, or a promise without one"
    )
