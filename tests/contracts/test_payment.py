"""The payment gateways keep their promise."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commerce_core.payment import CardNumber, PaymentInfo
from commerce_local.sandbox_gateway import SandboxGateway
from commerce_testkit.contracts.payment import SandboxContract
from commerce_testkit.contracts.refund_endings import RefundEndingsExamination
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.payment import MemoryGateway


def card(number: str) -> PaymentInfo:
    return PaymentInfo(payment_type="card", card_no=CardNumber.from_text(number))


class SandboxRefunds(RefundEndingsExamination):
    """The cards of the sandbox."""

    refunded_later = card("4000000000007726")
    refunded_after = timedelta(seconds=2)
    refund_returns = card("4000000000005126")
    returned_after = timedelta(days=3)
    refund_refused = card("4000000000005563")

    @pytest.fixture
    def clock(self) -> SettableClock:
        return SettableClock()


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


class TestMemoryRefunds(SandboxRefunds):
    @pytest.fixture
    def gateway(self, clock: SettableClock) -> MemoryGateway:
        return MemoryGateway(clock)


class TestSandboxRefunds(SandboxRefunds):
    @pytest.fixture
    def gateway(self, clock: SettableClock, tmp_path: Path) -> Iterator[SandboxGateway]:
        gateway = SandboxGateway(tmp_path / "sandbox" / "gateway.db", clock)
        yield gateway
        gateway.close()
