"""Functions that hear of events, in a whole shop with a worker: on SQLite alone, and on PostgreSQL,
RabbitMQ and OpenSearch.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Register
from commerce_core.assembly import Parts
from commerce_core.catalog import ItemChanged, NewItem
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_core.kernel.subscribing import ReceivedEvent, subscribe
from commerce_core.search import Query
from commerce_worker.main import working
from tests.fullstack import full_settings
from tests.integration.conftest import FULL_STACK
from tests.integration.http.people import until

_ITEMS: Final = 5


@pytest.fixture(params=["sqlite", FULL_STACK])
def stack(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    with ExitStack() as opened:
        yield (
            {}
            if request.param == "sqlite"
            else full_settings(opened, request.getfixturevalue("shared_servers"))
        )


def found(shop: Shop) -> int | None:
    """How many lamps are found; ``None`` while an index that was just made cannot say."""
    try:
        return len(shop.searches.find(Query(term="lamp")).hits)
    except Unavailable:
        return None


def test_one_that_fails_and_one_that_hangs_stop_neither_the_index_nor_a_third(
    tmp_path: Path, stack: dict[str, Any]
) -> None:
    over, failures, hanging = threading.Event(), list[str](), list[str]()
    heard: list[ReceivedEvent[ItemChanged]] = []

    def fails(received: ReceivedEvent[ItemChanged]) -> None:
        failures.append(received.id)
        raise ZeroDivisionError("for ever")

    def hangs(received: ReceivedEvent[ItemChanged]) -> None:
        hanging.append(received.id)
        over.wait(60)

    subscribers = [
        subscribe("fails", [ItemChanged], fails),
        subscribe("hangs", [ItemChanged], hangs),
        subscribe("hears", [ItemChanged], heard.append),
    ]
    settings = Settings.in_folder(tmp_path, call_timeout=timedelta(seconds=0.3), **stack)
    with (
        build_shop(settings, parts=partial(Parts, subscribers=subscribers)) as shop,
        working(shop),
    ):
        try:
            seller = shop.accounts.register(
                Register(email="a@x.org", password="correct horse", name="A", role="seller")
            )
            made = [
                shop.items.onboard(
                    SellerId(seller.id),
                    NewItem(name=f"Lamp {n}", price=Money(500, "USD"), quantity=1),
                ).item.id
                for n in range(_ITEMS)
            ]
            until(lambda: {received.event.item_id for received in heard} >= set(made))
            until(lambda: found(shop) == _ITEMS)
            # Each comes again to whoever failed on it, and none waits for another one.
            until(lambda: len(set(failures)) == _ITEMS and len(failures) > _ITEMS)
            until(lambda: len(hanging) > 1)
        finally:
            over.set()
