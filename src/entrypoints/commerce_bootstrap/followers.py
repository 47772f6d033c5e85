"""What hands messages to consumers."""

from collections.abc import Mapping, Sequence

from commerce_bootstrap.builders import Storage
from commerce_bootstrap.settings import Settings
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.messaging import Broker, Consumer


def build_followers(
    broker: Broker, consumers: Sequence[Consumer], storage: Storage, clock: Clock
) -> Mapping[str, Follower]:
    """What hands each consumer the messages in its queue, by the consumer's name; none where
    publishing does.

    Raises:
        ValueError: there is a consumer of which nothing says what it follows.
    """
    queues = broker.queues()
    if queues and (strangers := sorted(c.name for c in consumers if c.name not in queues)):
        raise ValueError(f"nothing says what {', '.join(strangers)} follows")
    return {
        c.name: Follower(c, queues[c.name], storage.outbox.park, clock)
        for c in consumers
        if c.name in queues
    }


def followers_inside(settings: Settings, followers: Mapping[str, Follower]) -> Sequence[Follower]:
    """Those whose queues lie in the shop's own database."""
    return [*followers.values()] if settings.delivers_inside else []
