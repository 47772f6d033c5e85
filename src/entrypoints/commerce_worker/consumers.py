"""Consumers that take from the broker's queues: a loop for each, and one for what the broker gave up on."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from commerce_bootstrap.shop import Shop
from commerce_worker.loop import Loop, Pace

#: The role in which a worker runs each consumer, by the consumer's name.
CONSUMER_ROLES: Final[Mapping[str, str]] = {"search-indexer": "indexer", "seller-orders": "seller-orders"}
DEAD_LETTERS: Final = "dead-letters"

_MESSAGES: Final = 500


def consumer_loops(shop: Shop) -> list[tuple[str, Loop]]:
    """Each loop with its role; none where events are delivered by whoever publishes them."""
    at_once, calm = Pace(idle=0.02, woken=False), Pace(idle=1.0, woken=False)  # a queue itself waits a moment for its first message
    found: list[tuple[str, Loop]] = []
    for name, follower in shop.followers.items():
        role = CONSUMER_ROLES[name]
        step = partial(follower.run_once, _MESSAGES)
        found.append((role, Loop(role, _by_the_writer(shop, step) if role == "indexer" else step, at_once)))
    if found:
        found.append((DEAD_LETTERS, Loop(DEAD_LETTERS, partial(shop.broker.collect, _MESSAGES), calm)))
    return found


def _by_the_writer(shop: Shop, step: Callable[[], int]) -> Callable[[], int]:
    """*step*, taken only while this process may write the index: messages in other hands could not be indexed."""
    return lambda: step() if shop.index.claim_writing() else 0
