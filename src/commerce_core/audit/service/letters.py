"""Messages that a consumer could not take: what operators decide over them."""

from collections.abc import Sequence
from typing import Final

from commerce_core.audit.errors import LetterNotFound
from commerce_core.audit.model import Action, Decision, OperatorDecision
from commerce_core.audit.ports import AuditTrail
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import storable, storable_text
from commerce_core.kernel.ids import MessageId
from commerce_core.kernel.messaging import DeadLetter, Outbox
from commerce_core.kernel.transaction import Transaction

#: Letters that are looked through for those of one consumer.
_MOST: Final = 500


class DeadLetters:
    """The dead letters, and what is decided over them: kept in the transaction of its effect."""

    def __init__(self, outbox: Outbox, audit: AuditTrail, clock: Clock) -> None:
        self._outbox = outbox
        self._audit = audit
        self._clock = clock

    def latest(self, consumer: str | None, limit: int) -> Sequence[DeadLetter]:
        """The letters that were parked last, newest first; of one *consumer* those among the last
        500.
        """
        if consumer is None:
            return self._outbox.dead_letters(limit)
        found = self._outbox.dead_letters(_MOST)
        return [letter for letter in found if letter.consumer == consumer][:limit]

    def of(self, message_id: str) -> Sequence[DeadLetter]:
        """One message, once for every consumer that could not take it.

        Raises:
            LetterNotFound: it is no dead letter.
        """
        letters = self._outbox.letters_of(message_id) if storable(message_id) else ()
        if not letters:
            raise LetterNotFound("there is no such dead letter")
        return letters

    def replay(self, message_id: str, given: OperatorDecision) -> Decision:
        """Have a message delivered again to everybody who follows it; what is kept of the decision.

        Raises:
            LetterNotFound: it is no dead letter.
            RequestReused: the decision's request has decided something else.
        """
        if known := self._audit.repeated(given, Action.REPLAY, message_id):
            return known
        kept = self.replay_many([MessageId(self.of(message_id)[0].message.id)], given)
        if not kept:
            raise LetterNotFound("there is no such dead letter")
        return kept[0]

    def replay_many(self, ids: Sequence[MessageId], given: OperatorDecision) -> Sequence[Decision]:
        """As :meth:`replay`, of many at once; a decision for each that was a dead letter."""
        kept: list[Decision] = []

        def note(tx: Transaction, freed: Sequence[MessageId]) -> None:
            kept[:] = [
                self._audit.note(tx, given, Action.REPLAY, id_, "waits-again") for id_ in freed
            ]

        self._outbox.replay(ids, note)
        return kept

    def discard(self, message_id: str, given: OperatorDecision) -> Decision:
        """Give a message up for good; what is kept of the decision. A note of the message is kept
        too.

        Raises:
            LetterNotFound: it is no dead letter.
            RequestReused: the decision's request has decided something else.
        """
        if known := self._audit.repeated(given, Action.DISCARD, message_id):
            return known
        kept = self.discard_many([MessageId(self.of(message_id)[0].message.id)], given)
        if not kept:
            raise LetterNotFound("there is no such dead letter")
        return kept[0]

    def discard_many(self, ids: Sequence[MessageId], given: OperatorDecision) -> Sequence[Decision]:
        """As :meth:`discard`, of many at once; a decision for each that was a dead letter."""
        kept: list[Decision] = []

        def note(tx: Transaction, dropped: Sequence[MessageId]) -> None:
            kept[:] = [
                self._audit.note(tx, given, Action.DISCARD, id_, "discarded") for id_ in dropped
            ]

        actor, reason = storable_text(given.actor), storable_text(given.reason)
        self._outbox.discard(ids, actor, reason, self._clock.now(), note)
        return kept
