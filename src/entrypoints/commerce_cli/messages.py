"""`commerce messages`: what could not be delivered."""

import logging
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from commerce_cli.deciding import login
from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output, WrongCall
from commerce_core.audit import OperatorDecision
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import Unavailable
from commerce_core.kernel.ids import MessageId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_bootstrap.shop import Shop
    from commerce_core.audit import Decision
    from commerce_core.kernel.messaging import DeadLetter

_LOG: Final = logging.getLogger("commerce.cli")
#: Taken over from the broker, or replayed, in one go.
_GROUP: Final = 500


def list_messages(
    *,
    consumer: str | None = None,
    limit: int = 50,
    discarded: Annotated[
        bool,
        Parameter(negative="", help="Those that were discarded instead, with who did so and why."),
    ] = False,
    json: AsJson = False,
) -> None:
    """List messages that a consumer could not take, newest first: those that it refused, and those
    that the broker gave up on.

    Args:
        consumer: only this consumer's.
        limit: at most so many.
    """
    out = Output(as_json=json)
    if discarded:
        _list_discarded(out, consumer, limit)
        return
    with open_shop() as shop:
        _take_over(shop, out)
        letters = [
            x
            for x in shop.outbox.dead_letters(limit if consumer is None else _GROUP)
            if consumer in (None, x.consumer)
        ][:limit]
    rows = [_summary(letter) for letter in letters]
    out.table([*rows], ("id", "name", "consumer", "parkedAt", "reason"))
    out.answer(rows)


def _list_discarded(out: Output, consumer: str | None, limit: int) -> None:
    with open_shop() as shop:
        notes = [
            x
            for x in shop.outbox.discarded(limit if consumer is None else _GROUP)
            if consumer in (None, x.letter.consumer)
        ][:limit]
    rows = [
        {"id": x.letter.message.id, "name": x.letter.message.name, "consumer": x.letter.consumer}
        | {"discardedAt": x.discarded_at.isoformat(), "actor": x.actor, "reason": x.reason}
        for x in notes
    ]
    out.table([*rows], ("id", "name", "consumer", "discardedAt", "actor", "reason"))
    out.answer(rows)


def show(message_id: str, /, *, json: AsJson = False) -> None:
    """Show a message that could not be taken: whole, with every consumer that could not take it,
    and why.
    """
    out = Output(as_json=json)
    with open_shop() as shop:
        letters = shop.outbox.letters_of(message_id)
    if not letters:
        raise WrongCall(f"{message_id} is no dead letter; `commerce messages list` shows which do.")
    message = letters[0].message
    refused = [
        {"consumer": x.consumer, "parkedAt": x.parked_at.isoformat(), "reason": x.reason}
        for x in letters
    ]
    data = {
        "id": message.id,
        "name": message.name,
        "partitionKey": message.partition_key,
        "occurredAt": message.occurred_at.isoformat(),
        "payload": dict(message.payload),
    }
    for name, value in data.items():
        out.say(f"{name}: {value}")
    out.say("\nrefused by")
    out.table([*refused], ("consumer", "parkedAt", "reason"))
    out.answer(data | {"refusedBy": refused})


def replay(
    *message_ids: str,
    every: Annotated[
        bool, Parameter(name="--all", negative="", help="Every message in the list.")
    ] = False,
    reason: str = "",
    actor: str | None = None,
    json: AsJson = False,
) -> None:
    """Have messages delivered again, once what kept them from it is mended. Whoever follows them
    gets them again, and knows them.

    Args:
        reason: why: kept in the audit.
        actor: who decides; by default the user who runs the command.
    """
    if every == bool(message_ids):
        raise WrongCall("Name the messages to replay, or say --all.")
    out = Output(as_json=json)
    given = OperatorDecision(actor=actor or login(), reason=reason, evidence="")
    with open_shop() as shop:
        if every:
            _take_over(shop, out)
        replayed = (
            _every(shop, given)
            if every
            else _subjects(shop.letters.replay_many([MessageId(i) for i in message_ids], given))
        )
    if unknown := [id_ for id_ in message_ids if id_ not in replayed]:
        raise WrongCall(
            f"{unknown[0]} is no dead letter; {len(replayed)} of "
            f"{len(message_ids)} are delivered again."
        )
    out.say(f"{len(replayed):,} messages are delivered again as soon as a worker takes them.")
    out.answer({"replayed": replayed})


def discard(*message_ids: str, reason: str, actor: str | None = None, json: AsJson = False) -> None:
    """Give messages up: they are taken out of the list for good. A note of each is kept, which
    `messages list --discarded` shows.

    Args:
        message_ids: which ones.
        reason: why nobody needs them any more.
        actor: who decides; by default the user who runs the command.
    """
    if not message_ids:
        raise WrongCall("Name the messages to discard.")
    if not reason.strip():
        raise WrongCall("Say by --reason why nobody needs them any more.")
    out = Output(as_json=json)
    who = actor or login()
    with open_shop() as shop:
        _take_over(shop, out)
        given = OperatorDecision(actor=who, reason=reason, evidence="")
        ids = [MessageId(id_) for id_ in message_ids]
        removed = _subjects(shop.letters.discard_many(ids, given))
    if unknown := [id_ for id_ in message_ids if id_ not in removed]:
        raise WrongCall(
            f"{unknown[0]} is no dead letter; {len(removed)} of {len(message_ids)} are discarded."
        )
    _LOG.info(
        "%s discarded %d dead letters: %s", storable_text(who), len(removed), storable_text(reason)
    )
    out.say(f"{len(removed):,} messages are discarded.")
    out.answer({"discarded": removed, "actor": who, "reason": reason})


def _subjects(decisions: "Sequence[Decision]") -> list[str]:
    return [decision.subject for decision in decisions]


def _every(shop: "Shop", given: OperatorDecision) -> list[str]:
    """Replay all that were parked by now: what is parked again meanwhile is not replayed twice."""
    replayed: dict[str, None] = {}
    while True:
        waiting = [
            x.message.id for x in shop.outbox.dead_letters(_GROUP) if x.message.id not in replayed
        ]
        if not waiting:
            return list(replayed)
        replayed |= dict.fromkeys(_subjects(shop.letters.replay_many(waiting, given)))


def _take_over(shop: "Shop", out: Output) -> None:
    """Bring into the list what the broker gave up on; a worker does so too."""
    try:
        while shop.broker.collect(_GROUP):
            pass
    except Unavailable as error:
        out.warn(f"What the broker gave up on is not in the list: {error.detail}.")


def _summary(letter: "DeadLetter") -> dict[str, Any]:
    return {
        "id": letter.message.id,
        "name": letter.message.name,
        "consumer": letter.consumer,
        "parkedAt": letter.parked_at.isoformat(),
        "reason": letter.reason,
    }
