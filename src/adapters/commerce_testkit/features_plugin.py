"""A pytest plugin that runs the features against a running shop.

::

    pytest -p commerce_testkit.features_plugin --shop-url http://… --pyargs
    commerce_testkit.bundled_features

It brings the steps, and the ``shop`` that they happen in; a test module with a ``shop`` fixture of
its own overrides that.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from commerce_testkit.http_driver import HttpShop
from commerce_testkit.sandbox import why_not_told
from commerce_testkit.shop import ShopDriver
from commerce_testkit.story import Story

pytest_plugins = tuple(
    f"commerce_testkit.steps.{capability}"
    for capability in (
        "accounts",
        "catalog",
        "imports",
        "images",
        "inventory",
        "search",
        "found",
        "suggestions",
        "cart",
        "wishlist",
        "checkout",
        "orders",
        "notifications",
        "recommendations",
        "webhooks",
        "operations",
    )
)

#: Tags that say what a scenario guards; the others are the capabilities, which are the folders.
RISKS: Final = ("money", "stock", "privacy")
#: Why nothing was told to the shop, in the stash of pytest's configuration.
REFUSED: Final = pytest.StashKey[str]()


def features_folder() -> Path:
    """Where the feature files are: beside this module in an installed package, else at the root of
    the source tree.
    """
    bundled = Path(__file__).parent / "features"
    return bundled if bundled.is_dir() else Path(__file__).parents[3] / "features"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The address of the shop."""
    parser.getgroup("commerce").addoption(
        "--shop-url", help="address of a running shop to tell the features to"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the tags of the features known as marks."""
    capabilities = sorted(path.name for path in features_folder().iterdir() if path.is_dir())
    for tag in (*RISKS, *capabilities):
        config.addinivalue_line("markers", f"{tag}: features with this tag")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Tell nothing to a shop at ``--shop-url`` whose money may be real."""
    config = session.config
    address = config.getoption("--shop-url", default=None)
    if not address or config.option.collectonly or not session.items:
        return None
    with HttpShop(address) as running:
        refused = why_not_told(running)
    if refused is None:
        return None
    config.stash[REFUSED], session.testsfailed = refused, 1
    return True


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say why nothing was told."""
    if refused := config.stash.get(REFUSED, None):
        terminalreporter.write_line(refused, red=True)


@pytest.fixture
def shop(pytestconfig: pytest.Config) -> Iterator[ShopDriver]:
    """The running shop at ``--shop-url``."""
    address = pytestconfig.getoption("--shop-url", default=None)
    if not address:
        raise pytest.UsageError("say which shop: --shop-url http://…")
    with HttpShop(address) as running:
        yield running


@pytest.fixture
def story(shop: ShopDriver) -> Iterator[Story]:
    """A scenario in *shop*. A refusal that no step spoke of is an error. No order waits for its
    buyer afterwards, with goods held that others want.
    """
    scenario = Story(shop)
    yield scenario
    scenario.leave_nothing_waiting()
    if scenario.refusal is not None:
        raise scenario.refusal


def pytest_bdd_before_step(request: pytest.FixtureRequest, step: Any) -> None:
    """Tell the story which step comes."""
    request.getfixturevalue("story").begin_step(step.type, step.name)
