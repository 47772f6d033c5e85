"""The database server that the tests here share; and no test that failed leaves a process
behind.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.live import running
from tests.postgres import shop_databases, shop_url
from tests.servers import shared_servers

__all__ = ["shared_servers", "shop_databases", "shop_url"]

_FAILED: Final = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(autouse=True)
def _nothing_is_left_of_what_failed(request: pytest.FixtureRequest) -> Iterator[None]:
    """The next test would meet it. What a test shares with others was there before it."""
    before = running()
    yield
    if request.node.stash.get(_FAILED, False):
        for shop in running():
            if shop not in before:
                shop.kill()
