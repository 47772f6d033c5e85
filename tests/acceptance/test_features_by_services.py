"""Every feature, told to the services over memory adapters."""

import pytest
from pytest_bdd import scenarios

from commerce_testkit.features_plugin import features_folder
from commerce_testkit.service_driver import ServiceShop
from commerce_testkit.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return ServiceShop()


scenarios(str(features_folder()))
