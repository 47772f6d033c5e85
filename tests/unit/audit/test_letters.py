"""Operators decide over messages that nobody could take; each decision is kept with its effect."""

import pytest

from commerce_core.audit import Action, LetterNotFound, OperatorDecision, RequestReused
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import DeadLetter, Message
from commerce_testkit.memory.shop import MemoryShop

WHY = OperatorDecision(actor="ann", reason="it is mended", evidence="release 2", request="r-1")
OTHER = OperatorDecision(actor="ann", reason="a test", evidence="ticket 7")


def parked(shop: MemoryShop, *ids: str) -> None:
    now = shop.clock.now()
    shop.parts.outbox.park(
        [
            DeadLetter(
                message=Message(
                    id=MessageId(i), name="x.y.v1", partition_key=i, occurred_at=now, payload={}
                ),
                consumer=f"consumer of {i}",
                reason="rejected",
                parked_at=now,
            )
            for i in ids
        ]
    )


def test_a_message_is_replayed_once_under_one_request(shop: MemoryShop) -> None:
    parked(shop, "a", "b")
    kept = shop.letters.replay("a", WHY)
    assert (kept.action, kept.subject, kept.outcome) == (Action.REPLAY, "a", "waits-again")
    assert shop.letters.replay("a", WHY) == kept
    with pytest.raises(LetterNotFound):
        shop.letters.replay("a", OTHER)
    with pytest.raises(RequestReused):
        shop.letters.discard("b", WHY)
    assert [*shop.audit.page().items] == [kept]
    assert [x.message.id for x in shop.letters.latest(None, 10)] == ["b"]


def test_what_is_discarded_is_in_the_audit_and_among_the_notes(shop: MemoryShop) -> None:
    parked(shop, "a", "b", "c")
    assert [d.subject for d in shop.letters.discard_many([MessageId("b")], OTHER)] == ["b"]
    kept = shop.letters.discard("a", OTHER)
    assert (kept.action, kept.outcome) == (Action.DISCARD, "discarded")
    assert {(x.actor, x.reason) for x in shop.parts.outbox.discarded(10)} == {("ann", "a test")}
    assert [d.subject for d in shop.audit.page().items] == ["a", "b"]
    assert [x.message.id for x in shop.letters.latest("consumer of c", 10)] == ["c"]
    assert shop.letters.latest("nobody", 10) == []


def test_a_message_that_is_no_dead_letter_is_not_decided_over(shop: MemoryShop) -> None:
    for unknown in ("none", "a\x00"):
        with pytest.raises(LetterNotFound):
            shop.letters.of(unknown)
        with pytest.raises(LetterNotFound):
            shop.letters.discard(unknown, OTHER)
    assert shop.audit.page().items == []
