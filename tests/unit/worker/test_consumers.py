"""A worker follows queues where there are some, and the indexer's only while it may write the
index.
"""

from types import SimpleNamespace
from typing import Any

from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.settings import Settings
from commerce_worker.consumers import CONSUMER_ROLES, DEAD_LETTERS, consumer_loops
from commerce_worker.loop import After, Loop


class Counting:
    """A follower, or a broker, that has work for ever."""

    def __init__(self) -> None:
        self.turns = 0

    def run_once(self, limit: int) -> int:
        self.turns += 1
        return 1

    def collect(self, limit: int) -> int:
        return self.run_once(limit)


def shop_with(*names: str, writes: bool, broker: str = "amqp://localhost") -> Any:
    followers = {name: Counting() for name in names}
    index = SimpleNamespace(claim_writing=lambda: writes)
    deployment = Deployment.of(Settings(broker_url=broker))
    return SimpleNamespace(
        followers=followers, broker=Counting(), index=index, deployment=deployment, serializer=None
    )


def loops(shop: Any) -> dict[str, Loop]:
    return dict(consumer_loops(shop))


def test_where_publishing_hands_over_there_is_nothing_to_follow() -> None:
    assert loops(shop_with(writes=True)) == {}


def test_every_queue_has_a_loop_and_so_have_the_dead_letters() -> None:
    shop = shop_with(*CONSUMER_ROLES, writes=True)
    found = loops(shop)
    assert set(found) == {"indexer", "seller-orders", "notifications", "webhooks", DEAD_LETTERS}
    assert [found[role].turn()[0] for role in found] == [After.WORK] * 5
    assert [counting.turns for counting in (*shop.followers.values(), shop.broker)] == [1] * 5


def test_who_may_not_write_the_index_leaves_its_messages_to_who_does() -> None:
    shop = shop_with(*CONSUMER_ROLES, writes=False)
    found = loops(shop)
    assert (found["indexer"].turn()[0], found["seller-orders"].turn()[0]) == (
        After.NOTHING,
        After.WORK,
    )
    assert [follower.turns for follower in shop.followers.values()] == [0, 1, 0, 0]
