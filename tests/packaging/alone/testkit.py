"""The test kit: memory adapters pass their contract suite, and the feature files are there."""

import sys
from importlib.resources import files
from pathlib import Path

import pytest

SUITE = """
import pytest
from commerce_testkit.contracts.pricing import *
from commerce_testkit.contracts.payment import *
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.payment import MemoryGateway

class TestMemoryGateway(SandboxContract):
    @pytest.fixture
    def clock(self):
        return SettableClock()

    @pytest.fixture
    def gateway(self, clock):
        return MemoryGateway(clock)
"""

Path("test_gateway.py").write_text(SUITE)
assert list(files("commerce_testkit").joinpath("features").iterdir())
sys.exit(pytest.main(["-q", "test_gateway.py"]))
