"""Whole shops for the tests here, and how large the large ones are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.market import Market, open_market


@pytest.fixture(scope="session")
def scale() -> int:
    """1 in the gate; ``TEST_SCALE=20`` runs crowds at their full size."""
    return int(os.environ.get("TEST_SCALE", "1"))


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    """A shop that threads drive."""
    with open_market(tmp_path) as opened:
        yield opened


@pytest.fixture
def stepped(tmp_path: Path) -> Iterator[Market]:
    """A shop in which everything happens on the test's own thread, at a time that the test sets."""
    with open_market(tmp_path, in_step=True) as opened:
        yield opened
