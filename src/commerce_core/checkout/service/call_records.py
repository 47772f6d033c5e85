"""What is kept of a call to the outside: when, how long, under which key, and what came of it."""

import re
from datetime import datetime
from typing import Final

import attrs

from commerce_core.audit import CallRecord
from commerce_core.checkout.model import OutsideCall, call_key
from commerce_core.checkout.ports import Party
from commerce_core.checkout.steps.pay import LookedUp
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.redaction import message_of, redacted
from commerce_core.orders import OrderKey

_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
_LONGEST: Final = 300
#: What an outcome may say in words.
_WORDS: Final = ("reason", "detail", "ref")


@attrs.define(eq=False)
class CallTimes:
    """When a call was begun and when it was over; neither is known of one that was not made."""

    begun: datetime | None = None
    ended: datetime | None = None


def call_record(
    times: CallTimes,
    key: OrderKey,
    verb: str,
    party: Party,
    call: OutsideCall | None,
    tries: int,
    outcome: object,
) -> CallRecord | None:
    """The record of a call; ``None``: it was not made."""
    if times.begun is None or times.ended is None:
        return None
    word, detail = _told(outcome)
    return CallRecord(
        order_id=key.order_id,
        call=verb,
        party=party.name,
        account=party.account or "",
        key=call_key(key, call) if call else None,
        attempt=call.attempt if call else 0,
        tries=tries,
        started_at=times.begun,
        duration=times.ended - times.begun,
        outcome=word,
        detail=storable_text(redacted(detail, longest=_LONGEST)) if detail else None,
    )


def _told(outcome: object) -> tuple[str, str | None]:
    """A word for *outcome*, and what it says."""
    if isinstance(outcome, Exception):
        return "failed", message_of(outcome)
    if isinstance(outcome, LookedUp):
        word, detail = _told(outcome.outcome)
        return f"looked-up-{word}", detail
    said = (getattr(outcome, name, None) for name in _WORDS)
    detail = next((text for text in said if isinstance(text, str) and text), None)
    return _word_of(type(outcome)), detail


def _word_of(kind: type) -> str:
    name = _CAPITAL.sub("-", kind.__name__).lower()
    return "unknown" if name.endswith("-unknown") else name
