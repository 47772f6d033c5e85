"""How far a request goes, and which modules it enters more than once: the four ways of
docs/architecture.md, walked on the embedded default and watched.
"""

import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from types import FrameType
from typing import Final

import pytest

from commerce_core.kernel import money
from tests.architecture.tree import ROOT
from tests.integration.http.people import Town, open_town, request_for, until

_SOURCES: Final = f"{ROOT / 'src'}/"
_GENERATORS: Final = 0x20 | 0x80 | 0x200  # inspect.CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR
#: The threads that carry a request: a number follows where there are several.
_SERVED: Final = ("http-under-test", "http")
_FILE = b"sku,name,price,quantity\nK1,Giraffe desk,15.00,4\n"


class Watch:
    """Counts how often each module is entered from another one, on the threads that are watched."""

    def __init__(self) -> None:
        self.requests: list[Counter[str]] = []
        self.threads: tuple[str, ...] = ()

    def profile(self, frame: FrameType, event: str, _: object) -> None:
        """What ``threading.setprofile`` wants."""
        if not self.threads or event != "call" or _resumed(frame):
            return
        module = frame.f_code.co_filename
        if module.startswith(_SOURCES) and _caller(frame) != module and self._watched():
            self.requests[-1][module.removeprefix(_SOURCES)] += 1

    def _watched(self) -> bool:
        return threading.current_thread().name.partition("_")[0] in self.threads

    @contextmanager
    def on(self, *threads: str) -> Iterator[None]:
        """Watch *threads* while the block lasts: one request."""
        self.requests.append(Counter())
        self.threads = threads
        try:
            yield
        finally:
            self.threads = ()


def _resumed(frame: FrameType) -> bool:
    """Whether a generator goes on that began before, which calls nothing anew."""
    return bool(frame.f_code.co_flags & _GENERATORS) and frame.f_lasti > 6


def _caller(frame: FrameType) -> str | None:
    """The module of ours that the call came from, over whatever stands between."""
    outer = frame.f_back
    while outer is not None and not outer.f_code.co_filename.startswith(_SOURCES):
        outer = outer.f_back
    return outer.f_code.co_filename if outer is not None else None


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    watch = Watch()
    threading.setprofile(watch.profile)
    try:
        yield watch
    finally:
        threading.setprofile(None)


@pytest.fixture(scope="module")
def watched_town(watch: Watch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("ways")) as opened:
        yield opened


def _cart(watch: Watch, town: Town) -> None:
    buyer, item = town.newcomer(), town.item(town.newcomer("seller"))
    town.filled_cart(buyer, item)
    with watch.on(*_SERVED, "carts"):
        town.filled_cart(buyer, item, 2)


def _checkout(watch: Watch, town: Town) -> None:
    buyer = town.newcomer()
    cart = town.filled_cart(buyer, town.item(town.newcomer("seller")))
    with watch.on(*_SERVED, "placement"):
        placed = buyer("POST", "/checkout", request_for(cart))
    assert placed.status_code == 201, placed.text


def _item(watch: Watch, town: Town) -> None:
    seller = town.newcomer("seller")
    with watch.on(*_SERVED, "worker-indexer"):
        town.item(seller, name="Zebra lamp")
        watch.threads = ("worker-indexer",)
        until(lambda: _found(town, "zebra"))
    _hit(watch, town, "zebra")


def _import(watch: Watch, town: Town) -> None:
    seller = town.newcomer("seller")
    with watch.on(*_SERVED, "worker-imports", "worker-indexer"):
        sent = seller("POST", "/item-imports", content=_FILE, headers={"Content-Type": "text/csv"})
        assert sent.status_code == 202, sent.text
        watch.threads = ("worker-imports", "worker-indexer")
        until(lambda: _found(town, "giraffe"))
    _hit(watch, town, "giraffe")


def _found(town: Town, word: str, **more: str) -> bool:
    answer = town.guest("GET", "/items", params={"term": word, **more})
    return answer.status_code == 200 and bool(answer.json()["items"])


def _hit(watch: Watch, town: Town, word: str) -> None:
    """A search that finds *word*; with a filter, so that no earlier answer is given again."""
    with watch.on(*_SERVED, "http-searches"):
        assert _found(town, word, inStock="true")


#: Each way, and how many modules it may pass at most, frame and adapters among them.
WAYS: Final[dict[Callable[[Watch, Town], None], int]] = {
    _cart: 46,
    _checkout: 66,
    _item: 80,
    _import: 92,
}


def reasons() -> list[str]:
    """What the table of docs/architecture.md gives a reason for: patterns of modules."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, table, _ = re.split(r"\*\*Entered more than once\.\*\*|\n## What machines check", text)
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    return [pattern for row in rows for pattern in re.findall(r"`([^`]+)`", row.split("|")[2])]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_a_way_is_short_and_what_it_enters_again_has_a_reason_in_words(
    way: Callable[[Watch, Town], None], watch: Watch, watched_town: Town
) -> None:
    watch.requests.clear()
    way(watch, watched_town)

    again = {m for request in watch.requests for m, times in request.items() if times > 1}
    passed = {module for request in watch.requests for module in request}
    assert {m for m in again if not _explained(m)} == set()
    assert 20 < len(passed) <= WAYS[way], sorted(passed)


def _explained(module: str) -> bool:
    return any(fnmatch(f"/{module}", f"*/{pattern}") for pattern in reasons())


def test_each_reason_is_that_of_a_module_that_exists() -> None:
    modules = [f"/{path.relative_to(_SOURCES)}" for path in Path(_SOURCES).rglob("*.py")]

    assert [p for p in reasons() if not any(fnmatch(m, f"*/{p}") for m in modules)] == []


def test_a_module_that_is_entered_from_another_one_twice_is_counted_twice(watch: Watch) -> None:
    with watch.on("MainThread"):
        sys.setprofile(watch.profile)
        money.exponent("USD")
        money.exponent("EUR")
        sys.setprofile(None)

    assert watch.requests[-1]["commerce_core/kernel/money.py"] == 2
