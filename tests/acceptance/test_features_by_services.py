"""Every feature, told to the services over memory adapters. Whatever happened, the books are in
order at the end.
"""

from collections.abc import Iterator

import pytest
from pytest_bdd import scenarios

from commerce_testkit.features_plugin import features_folder
from commerce_testkit.memory.shop import memory_shop
from commerce_testkit.service_driver import ServiceShop
from commerce_testkit.shop import ShopDriver


@pytest.fixture
def shop() -> Iterator[ShopDriver]:
    below = memory_shop()
    driver = ServiceShop(below)
    yield driver
    driver.until(lambda: below.checker.check().at_rest, "nothing is under way")
    report = below.checker.check()
    assert report.violations == ()
    assert (report.alarmed, report.dead_letters) == (0, 0)
    assert below.index_audit.stale() == []


scenarios(str(features_folder()))
