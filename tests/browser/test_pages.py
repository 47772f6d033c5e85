"""The demo's pages in a real browser: what it complains of, what axe finds, and buying through it.

Chromium is a package of most systems; the programs that drive it are installed by npm. Where one is
missing, the tests say so.
"""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.browser.demo import PACKAGES, Demo, chromium, open_demo
from tests.node import node_modules

_UNLESS: Final = "no page is looked at in a browser"
SLOW: Final = "The card that is slow: the first call times out, a repeat two seconds later pays"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    browser = chromium()
    if browser is None:
        pytest.skip(f"{_UNLESS}: Chromium is not here")
    programs = node_modules(PACKAGES, _UNLESS)
    with open_demo(tmp_path_factory.mktemp("demo"), browser, programs) as opened:
        yield opened


def test_no_page_has_a_fault_that_a_browser_or_axe_can_find(demo: Demo) -> None:
    """Light, dark and 320 pixels wide; WCAG 2.2, A and AA."""
    seen = demo.run("look.mjs")["seen"]
    assert {
        "visitor /", "visitor /shop", "visitor /shop/items/*", "visitor /log-in",
        "visitor /register", "visitor /forgotten", "buyer /shop/cart", "buyer /shop/checkout",
        "buyer /shop/orders", "buyer /shop/wishlist", "buyer /account", "buyer /account/leave",
        "seller /sell", "seller /sell/items", "seller /sell/items/*", "seller /sell/offer",
        "seller /sell/imports", "seller /sell/orders", "seller /sell/webhooks",
        "operator /console", "operator /console/orders",
    } <= set(seen)  # fmt: skip
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("scripts", ["scripts", "none"])
def test_a_person_finds_buys_and_sees_the_order_complete(demo: Demo, scripts: str) -> None:
    assert demo.run("buy.mjs", scripts)["done"]


def test_the_page_of_a_slow_order_moves_by_itself_while_the_console_shows_its_calls(
    demo: Demo,
) -> None:
    seen = demo.run("two_windows.mjs", SLOW)
    assert seen["done"]
    assert seen["calls"] >= 1
