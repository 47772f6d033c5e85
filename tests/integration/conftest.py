"""Whole shops for the tests here, and how large the large ones are."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fullstack import addresses
from tests.integration.market import Market, open_market
from tests.postgres import shop_databases, shop_url
from tests.servers import SharedServers, postgres_url, shared_servers

__all__ = ["postgres_url", "shared_servers", "shop_databases", "shop_url"]

#: What is promised of stock, money and orders is promised on every database.
DATABASES: Final = ("sqlite", "postgresql")
FULL_STACK: Final = "full stack"
#: Lines of the acceptance list whose tests with a market are run on PostgreSQL, RabbitMQ and
#: OpenSearch instead of PostgreSQL alone. Processes side by side, and what they are asked over
#: HTTP, are tested in ``tests/e2e/full_stack``.
ON_FULL_STACK: Final = frozenset({3, 4, 5, 6, 7, 11, 15, 17, 34, 35, 36, 37, 40})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test with a shop has it on one database after the other."""
    if "on_database" in metafunc.fixturenames:
        number = metafunc.function.__name__.removeprefix("test_")[:2]
        whole = number.isdigit() and int(number) in ON_FULL_STACK
        metafunc.parametrize(
            "on_database", ("sqlite", FULL_STACK) if whole else DATABASES, indirect=True
        )


@pytest.fixture(scope="session")
def scale() -> int:
    """1 in the gate; ``TEST_SCALE=20`` runs crowds at their full size."""
    return int(os.environ.get("TEST_SCALE", "1"))


@pytest.fixture
def on_database(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """The settings that put a shop on one database after the other, each empty."""
    with ExitStack() as stack:
        if request.param == FULL_STACK:
            servers: SharedServers = request.getfixturevalue("shared_servers")
            yield addresses(stack, servers) | {"database_url": request.getfixturevalue("shop_url")}
        else:
            yield (
                {"database_url": request.getfixturevalue("shop_url")}
                if request.param == "postgresql"
                else {}
            )


@pytest.fixture
def market(tmp_path: Path, on_database: dict[str, Any]) -> Iterator[Market]:
    """A shop that threads drive."""
    with open_market(tmp_path, **on_database) as opened:
        yield opened


@pytest.fixture
def stepped(tmp_path: Path, on_database: dict[str, Any]) -> Iterator[Market]:
    """A shop in which everything happens on the test's own thread, at a time that the test sets."""
    with open_market(tmp_path, in_step=True, **on_database) as opened:
        yield opened
