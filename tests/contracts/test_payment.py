"""The payment gateways keep their promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce_local.sandbox_gateway import SandboxGateway
from commerce_testkit.contracts.payment import SandboxContract
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.payment import MemoryGateway


class TestMemoryGateway(SandboxContract):
    @pytest.fixture
    def gateway(self, clock: SettableClock) -> MemoryGateway:
        return MemoryGateway(clock)


class TestSandboxGateway(SandboxContract):
    @pytest.fixture
    def gateway(self, clock: SettableClock, tmp_path: Path) -> Iterator[SandboxGateway]:
        gateway = SandboxGateway(tmp_path / "sandbox" / "gateway.db", clock)
        yield gateway
        gateway.close()
