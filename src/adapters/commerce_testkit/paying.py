"""How buyers pay in a simulation, and what they do where they have to act."""

from collections.abc import Sequence
from random import Random
from typing import Final

from commerce_core.assembly import Services
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_testkit.promises import OrderAttempt

_CARDS: Final = (
    "4242424242424242",
    "4242424242424242",
    "4000000000000002",
    "4000000000000119",
    "4000000000000259",
    "4000000000003220",
    "4000000000003220",
    "4000008400001629",
    "4000000000000077",
)


def payment(random: Random) -> PaymentInfo:
    """A card, or a wallet whose buyer acts before it is charged."""
    if random.random() < 0.1:
        return PaymentInfo(payment_type="card", token="tok_wallet")
    return PaymentInfo(payment_type="card", card_no=CardNumber(random.choice(_CARDS)))


def come_back(services: Services, attempts: Sequence[OrderAttempt], random: Random) -> None:
    """A buyer comes back from acting, in time or late: who has paid, who has not, or one with
    words that no gateway knows.
    """
    if placed := [attempt.placed for attempt in attempts if attempt.placed]:
        key = random.choice(placed).key
        result = random.choice(["approved", "approved", "failed", "what is this"])
        services.payment_returns.bring_back(key.buyer_id, key.order_id, {"result": result})
