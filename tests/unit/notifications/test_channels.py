"""Several channels: one that is away, fails or hangs is left alone, and holds up no other."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest

from commerce_core.accounts import Account
from commerce_core.assembly import Parts
from commerce_core.kernel.ids import NotificationId
from commerce_core.notifications import (
    Accepted,
    Away,
    Channel,
    Kind,
    Outcome,
    OutgoingMessage,
    notification_id,
)
from commerce_core.notifications.service import SendingRules
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import register

PAUSE = SendingRules().retry


class Pigeon(Channel):
    """A channel that does as it is told."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.sent: list[NotificationId] = []
        self.forgotten: list[NotificationId] = []
        self.asked = 0
        self.rule: Callable[[], Outcome] = Accepted

    @property
    def name(self) -> str:
        return self._name

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        self.asked += 1
        outcomes = [self.rule() for _ in messages]
        taken = zip(messages, outcomes, strict=True)
        self.sent += [m.id for m, outcome in taken if isinstance(outcome, Accepted)]
        return outcomes

    def forget(self, ids: Sequence[NotificationId]) -> None:
        self.forgotten += ids


def broken() -> Outcome:
    raise RuntimeError("a defect of a plug-in")


def away() -> Outcome:
    return Away(reason="nobody listens")


@pytest.fixture
def channels() -> tuple[Pigeon, Pigeon]:
    return Pigeon("sms"), Pigeon("push")


@pytest.fixture
def shop(channels: tuple[Pigeon, Pigeon]) -> MemoryShop:
    return memory_shop(MemoryParts(), partial(Parts, channels=channels))


def tell(shop: MemoryShop, person: Account, subject: str) -> None:
    with shop.parts.database.begin() as tx:
        facts = {"at": None}
        shop.notifications.notify(tx, Kind.NEW_SIGN_IN, subject, person.id, facts)
        tx.commit()


@pytest.mark.parametrize("trouble", [away, broken])
def test_a_channel_in_trouble_holds_up_no_other_and_catches_up(
    shop: MemoryShop, channels: tuple[Pigeon, Pigeon], trouble: Callable[[], Outcome]
) -> None:
    bad, good = channels
    bad.rule, person = trouble, register(shop)
    for number in range(3):
        tell(shop, person, f"subject-{number}")
        assert shop.notification_sender.run_once(10) == 1
    assert (len(good.sent), bad.sent) == (3, [])
    assert shop.notification_sender.run_once(10) == 0, "nothing is due before the pause is over"
    bad.rule = Accepted
    for _ in range(6):
        shop.let_pass(PAUSE)
    assert sorted(bad.sent) == sorted(good.sent)
    assert len({*good.sent}) == len(good.sent) == 3, "nobody gets one twice"


def test_a_channel_that_is_away_is_not_tried_with_every_group(
    shop: MemoryShop, channels: tuple[Pigeon, Pigeon]
) -> None:
    bad, good = channels
    bad.rule, person = away, register(shop)
    for number in range(5):
        tell(shop, person, f"subject-{number}")
        shop.notification_sender.run_once(10)
    assert (bad.asked, good.asked) == (1, 5)


def test_a_channel_that_hangs_takes_a_small_part_of_the_others_time(
    shop: MemoryShop, channels: tuple[Pigeon, Pigeon]
) -> None:
    bad, good = channels
    person = register(shop)

    def hangs() -> Outcome:
        shop.clock.advance(timedelta(minutes=2))
        return away()

    bad.rule = hangs
    begun = shop.clock.now()
    for number in range(60):
        tell(shop, person, f"subject-{number}")
        shop.notification_sender.run_once(100)
        shop.clock.advance(timedelta(seconds=10))
    assert len(good.sent) == 60
    assert bad.asked * timedelta(minutes=2) < (shop.clock.now() - begun) / 2


def test_what_is_sent_while_its_recipient_leaves_is_forgotten_afterwards(
    shop: MemoryShop, channels: tuple[Pigeon, Pigeon]
) -> None:
    leaving, staying = register(shop), register(shop)
    sms, _ = channels

    def leaves() -> Outcome:
        shop.own_data.erase(leaving.id)
        sms.forgotten.clear()
        sms.rule = Accepted
        return Accepted()

    sms.rule = leaves
    tell(shop, leaving, "subject")
    tell(shop, staying, "subject")
    assert shop.notification_sender.run_once(10) == 2
    assert len(sms.sent) == 2
    assert sms.forgotten == [notification_id(Kind.NEW_SIGN_IN, "subject", leaving.id)]
