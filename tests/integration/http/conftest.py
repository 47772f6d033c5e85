"""One shop for most tests here, and one whose orders stay where they are."""

from collections.abc import Iterator

import pytest

from tests.integration.http.people import Person, Town, open_town
from tests.postgres import shop_databases
from tests.servers import shared_servers

__all__ = ["shared_servers", "shop_databases"]


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


@pytest.fixture(scope="package")
def still_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Nobody runs its sagas: orders stay PENDING."""
    with open_town(tmp_path_factory.mktemp("still"), sagas=False) as opened:
        yield opened


@pytest.fixture(scope="package")
def seller(town: Town) -> Person:
    return town.newcomer("seller")


@pytest.fixture(scope="package")
def buyer(town: Town) -> Person:
    return town.newcomer()


@pytest.fixture
def anonymous(town: Town) -> Iterator[Person]:
    """A guest whose client keeps no cookies from one test to the next."""
    town.client.cookies.clear()
    yield town.guest
    town.client.cookies.clear()
