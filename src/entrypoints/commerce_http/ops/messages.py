"""Messages that a consumer could not take, and what operators decide over them."""

from typing import Final

import attrs
import msgspec

from commerce_core.audit import LetterNotFound, RequestReused
from commerce_core.audit.service import DeadLetters
from commerce_core.kernel.messaging import DeadLetter as CoreLetter
from commerce_core.kernel.redaction import redacted
from commerce_http.ops.shapes import Decide, Decision, decision_shape
from commerce_http.web.answers import Shape, Timestamp
from commerce_http.web.auth import OPERATOR
from commerce_http.web.callers import Caller
from commerce_http.web.operations import IdempotencyKey, operation
from commerce_http.web.query import page_size

_BODY: Final = 1 << 14
#: Bytes of a payload that are shown.
_LONGEST: Final = 16_384
_WHY: Final = {"reason": "The consumer was mended.", "evidence": "Release 1.4.2"}


@attrs.frozen(kw_only=True)
class ListMessages:
    """Which dead letters."""

    consumer: str | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(attrs.validators.max_len(200)),
        metadata={"schema": {"description": "Of this consumer alone.", "maxLength": 200}},
    )
    size: int = page_size(50)


class DeadLetter(Shape):
    """A message that a consumer could not take, and why."""

    message_id: str
    name: str
    consumer: str
    parked_at: Timestamp
    reason: str


class DeadLetterList(Shape):
    """The latest dead letters, newest first."""

    messages: list[DeadLetter]


class RefusedBy(Shape):
    """A consumer that could not take the message, and why."""

    consumer: str
    parked_at: Timestamp
    reason: str


class DeadMessage(Shape):
    """A message that could not be taken. ``payload`` is its JSON as text, what looks like a secret
    hidden, cut off after 16 KiB (``payloadCut``).
    """

    message_id: str
    name: str
    partition_key: str
    occurred_at: Timestamp
    payload: str
    payload_cut: bool
    refused_by: list[RefusedBy]


@operation("GET", "/ops/messages", who=OPERATOR, answer=DeadLetterList)
def list_messages(query: ListMessages, letters: DeadLetters) -> DeadLetterList:
    """Messages that a consumer could not take, newest first; of one consumer those among the last
    five hundred.
    """
    found = letters.latest(query.consumer, query.size)
    return DeadLetterList(messages=[_letter(letter) for letter in found])


@operation(
    "GET", "/ops/messages/{message_id}", who=OPERATOR, answer=DeadMessage,
    problems=(LetterNotFound,),
)  # fmt: skip
def message_details(message_id: str, letters: DeadLetters) -> DeadMessage:
    """One message with its payload, and every consumer that could not take it."""
    found = letters.of(message_id)
    message = found[0].message
    whole = msgspec.json.encode(dict(message.payload)).decode()
    return DeadMessage(
        message_id=message.id,
        name=message.name,
        partition_key=message.partition_key,
        occurred_at=message.occurred_at,
        payload=redacted(whole, longest=_LONGEST),
        payload_cut=len(whole) > _LONGEST,
        refused_by=[
            RefusedBy(consumer=x.consumer, parked_at=x.parked_at, reason=redacted(x.reason))
            for x in found
        ],
    )


@operation(
    "POST", "/ops/messages/{message_id}/replay", who=OPERATOR, answer=Decision,
    problems=(LetterNotFound, RequestReused), body_limit=_BODY, example=_WHY,
)  # fmt: skip
def replay_message(
    message_id: str,
    command: Decide,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    letters: DeadLetters,
) -> Decision:
    """Have a message delivered again to everybody who follows it, once what kept it is mended."""
    given = command.given_by(caller.id, idempotency_key)
    return decision_shape(letters.replay(message_id, given))


@operation(
    "POST", "/ops/messages/{message_id}/discard", who=OPERATOR, answer=Decision,
    problems=(LetterNotFound, RequestReused), body_limit=_BODY,
    example={"reason": "It was sent by a test.", "evidence": "Ticket 4712"},
)  # fmt: skip
def discard_message(
    message_id: str,
    command: Decide,
    caller: Caller,
    idempotency_key: IdempotencyKey,
    letters: DeadLetters,
) -> Decision:
    """Give a message up for good. A note of it is kept."""
    given = command.given_by(caller.id, idempotency_key)
    return decision_shape(letters.discard(message_id, given))


def _letter(letter: CoreLetter) -> DeadLetter:
    return DeadLetter(
        message_id=letter.message.id,
        name=letter.message.name,
        consumer=letter.consumer,
        parked_at=letter.parked_at,
        reason=redacted(letter.reason),
    )
