"""Every feature, told to the full stack: processes of their own around PostgreSQL, RabbitMQ and
OpenSearch, over HTTP.
"""

from collections.abc import Iterator

import pytest
from pytest_bdd import scenarios

from commerce_testkit.features_plugin import features_folder
from commerce_testkit.http_driver import HttpShop
from commerce_testkit.shop import ShopDriver
from tests.fullstack import FullStack


@pytest.fixture
def shop(full_stack: FullStack) -> Iterator[ShopDriver]:
    def appoint(email: str) -> None:
        made = full_stack.command("accounts", "grant", email, "operator")
        assert made.returncode == 0, made.stderr

    with HttpShop(full_stack.address, appoint) as running:
        yield running


scenarios(str(features_folder()))
