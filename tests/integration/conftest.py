"""How large the large ones are."""

import os

import pytest


@pytest.fixture(scope="session")
def scale() -> int:
    """1 in the gate; ``TEST_SCALE=20`` runs crowds at their full size."""
    return int(os.environ.get("TEST_SCALE", "1"))
