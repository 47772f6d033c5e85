"""Stripe's fake and its official library, for the tests of this folder."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.stripe.fake_server import StripeFake, stripe_fake


@pytest.fixture(scope="module")
def running_fake() -> Iterator[StripeFake]:
    with stripe_fake("--seed", "7") as fake:
        yield fake


@pytest.fixture
def fake(running_fake: StripeFake) -> Iterator[StripeFake]:
    """A fake without faults."""
    yield running_fake
    running_fake.order("calm")


@pytest.fixture
def client(fake: StripeFake) -> Any:
    return client_of(fake.url, fake.key)


def client_of(url: str, key: str, timeout: float = 10) -> Any:
    """The official library with a time-out, talking to *url* without retries."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )
