"""Every feature, told to the embedded shop: a process of its own, over HTTP."""

from collections.abc import Iterator

import pytest
from pytest_bdd import scenarios

from commerce_testkit.features_plugin import features_folder
from commerce_testkit.http_driver import HttpShop
from commerce_testkit.shop import ShopDriver
from tests.acceptance.running import RunningShop


@pytest.fixture
def shop(running_shop: RunningShop) -> Iterator[ShopDriver]:
    with HttpShop(running_shop.address, running_shop.appoint) as running:
        yield running


scenarios(str(features_folder()))
