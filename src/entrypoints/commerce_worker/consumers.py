"""Consumers that take from their queues: a loop for each, and one for what the broker gave up
on.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from commerce_bootstrap.shop import Shop
from commerce_worker.loop import Loop, Pace

#: The role in which a worker follows the queue of each consumer at a broker, by the consumer's
#: name.
CONSUMER_ROLES: Final[Mapping[str, str]] = {
    "search-indexer": "indexer",
    "seller-orders": "seller-orders",
    "notifications": "notifications",
    "webhooks": "webhooks",
}
#: The role of all others, and of all where events are delivered inside the shop.
RELAY: Final = "relay"
DEAD_LETTERS: Final = "dead-letters"

#: What asks the shop's own database alone.
_OWN_DATABASE: Final = ("seller-orders", "notifications")
_MESSAGES: Final = 1_000
#: A broker's queue itself waits a moment for its first message.
_FROM_BROKER: Final = Pace(idle=0.02, woken=False)
#: Orders notify hundreds of times a second, and items hardly ever. What is put into the index
#: together costs less.
_ITEMS_INSIDE: Final = Pace(idle=0.1, woken=False, gather=0.1)
#: An order has several events within a moment: they are taken together. Those of this process wake
#: the loop; those of another one are found by looking.
_INSIDE: Final = Pace(idle=0.25, gather=0.1)
#: Mails go out once a second: what is to be in them is written down four times a second.
_MAILS_INSIDE: Final = Pace(idle=0.25, woken=False, gather=0.25)
#: Other systems are told over the network: a fifth of a second is little there.
_WEBHOOKS_INSIDE: Final = Pace(idle=0.2, woken=False, gather=0.2)
#: How consumers are paced where events are delivered inside.
_PACES_INSIDE: Final = {
    "search-indexer": _ITEMS_INSIDE,
    "notifications": _MAILS_INSIDE,
    "webhooks": _WEBHOOKS_INSIDE,
}


def consumer_loops(shop: Shop) -> list[tuple[str, Loop]]:
    """Each loop with its role; none where the publisher delivers events itself.

    Every consumer has a thread and a back-off of its own: one that fails or hangs stops nobody
    else.
    """
    inside = shop.deployment.delivers_inside
    found: list[tuple[str, Loop]] = []
    for name, follower in shop.followers.items():
        step = _surrounded(shop, name, partial(follower.run_once, _MESSAGES))
        pace = _PACES_INSIDE.get(name, _INSIDE) if inside else _FROM_BROKER
        found.append((role_of(shop, name), Loop(CONSUMER_ROLES.get(name, name), step, pace)))
    if found and not inside:
        found.append(
            (
                DEAD_LETTERS,
                Loop(
                    DEAD_LETTERS,
                    partial(shop.broker.collect, _MESSAGES),
                    Pace(idle=1.0, woken=False),
                ),
            )
        )
    return found


def role_of(shop: Shop, consumer: str) -> str:
    """The role in which *consumer* is followed."""
    return RELAY if shop.deployment.delivers_inside else CONSUMER_ROLES.get(consumer, RELAY)


def _surrounded(shop: Shop, consumer: str, step: Callable[[], int]) -> Callable[[], int]:
    """*step* as *consumer* takes it: the indexer's only while this process may write the index, as
    it could not index what it had received; in its turn what asks the shop's own database alone.
    """
    if consumer == "search-indexer":
        return lambda: step() if shop.index.claim_writing() else 0
    return (
        shop.serializer.serialized(step) if consumer in _OWN_DATABASE and shop.serializer else step
    )
