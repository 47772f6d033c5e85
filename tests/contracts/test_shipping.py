"""The carriers keep their promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce_local.sandbox_carrier import SandboxCarrier
from commerce_testkit.contracts.shipping import CarrierContract, address
from commerce_testkit.memory.shipping import MemoryCarrier


class TestMemoryCarrier(CarrierContract):
    home, nowhere = address("US"), address("AQ")

    @pytest.fixture
    def carrier(self) -> MemoryCarrier:
        return MemoryCarrier()


class TestSandboxCarrier(CarrierContract):
    home, nowhere = address("US"), address("AQ")

    @pytest.fixture
    def carrier(self, tmp_path: Path) -> Iterator[SandboxCarrier]:
        carrier = SandboxCarrier(tmp_path / "sandbox" / "carrier.db")
        yield carrier
        carrier.close()
