"""What the unit tests share: a shop in memory."""

import pytest

from commerce_testkit.memory.shop import MemoryShop, memory_shop


@pytest.fixture
def shop() -> MemoryShop:
    """A new and empty shop under a clock that stands still."""
    return memory_shop()
