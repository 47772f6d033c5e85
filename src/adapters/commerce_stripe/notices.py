"""What Stripe sends by itself: events, signed by the secret of the endpoint that they go to.

https://docs.stripe.com/webhooks#verify-official-libraries
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import stripe

from commerce_core.kernel.codec import is_object
from commerce_core.payment import Delivery, NotAuthentic, Notice, NoticeReader

#: The library tells half of its type.
_VERIFIER: Final = cast("Any", stripe.WebhookSignature)
_SKEW: Final = timedelta(minutes=5)
_HEADER: Final = "stripe-signature"
_LONGEST_HEADER: Final = 4_096
_LONGEST_FILE: Final = 4_096
_PREFIX: Final = "whsec_"
_TIME: Final = "t="
_NOT_SIGNED: Final = "it is not signed by a secret of this endpoint"


def secrets_in(path: Path) -> Sequence[str]:
    """The secrets of an endpoint, one a line; during a rotation the old one and the new one.

    Raises:
        ValueError: there is none, or one is empty or no secret of an endpoint.
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8") as file:
        lines = [line.strip() for line in file.read(_LONGEST_FILE).splitlines()]
    if not lines or not all(s.startswith(_PREFIX) and len(s) > len(_PREFIX) for s in lines):
        raise ValueError("notices_file must hold secrets of the endpoint (whsec_…), one a line")
    return lines


class StripeNotices(NoticeReader):
    """Reads events about payments of *account* (``acct_1/test``) that *shop* has marked.

    The official library compares signatures. It knows neither a clock that is ahead nor the
    shop's own: both bounds of the time are looked at here.
    """

    def __init__(self, secrets: Sequence[str], account: str, shop: str) -> None:
        self._secrets = tuple(secrets)
        self._account = account.partition("/")[0]
        self._shop = shop

    def read(self, delivery: Delivery, now: datetime) -> Sequence[Notice]:
        self._check(delivery, now)
        try:
            event = _object(json.loads(delivery.body))
            return self._notices(event, _object(_object(event.get("data", {})).get("object", {})))
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            raise NotAuthentic("it is none of Stripe's events") from error

    def _check(self, delivery: Delivery, now: datetime) -> None:
        header = delivery.headers.get(_HEADER, "")
        if len(header) > _LONGEST_HEADER or not header.isascii():
            raise NotAuthentic(_NOT_SIGNED)
        if not any(_is_signed(delivery.body, header, secret) for secret in self._secrets):
            raise NotAuthentic(_NOT_SIGNED)
        if abs(_signed_at(header) - int(now.timestamp())) > _SKEW.total_seconds():
            raise NotAuthentic("it was signed more than five minutes ago, or ahead of the time")

    def _notices(self, event: Mapping[str, Any], thing: Mapping[str, Any]) -> Sequence[Notice]:
        """Others may use the account: what they mark payments with is none of ours to read."""
        reference = _payment_of(thing)
        if reference is None:
            return ()
        marks = _object(thing.get("metadata") or {})
        ours = marks["shop"] == self._shop if "shop" in marks else None
        mode = "live" if event["livemode"] else "test"
        return (
            Notice(
                event_id=event["id"],
                type=event["type"],
                account=f"{event.get('account') or self._account}/{mode}",
                reference=reference,
                order_id=marks.get("order") if ours else None,
                ours=ours,
            ),
        )


def _is_signed(body: bytes, header: str, secret: str) -> bool:
    try:
        _VERIFIER.verify_header(body, header, secret, tolerance=None)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


def _signed_at(header: str) -> int:
    """The time that was signed with the body: the first one, as the library takes it."""
    stamps = [part for part in header.split(",") if part.startswith(_TIME)]
    try:
        return int(stamps[0].removeprefix(_TIME))
    except (IndexError, ValueError) as error:
        raise NotAuthentic(_NOT_SIGNED) from error


def _payment_of(thing: Mapping[str, Any]) -> str | None:
    """The payment that this is, or that a charge, a refund or a dispute is of; ``None``: it is of
    none.
    """
    if thing.get("object") == "payment_intent":
        return str(thing["id"])
    payment: Any = thing.get("payment_intent")
    return None if payment is None else str(payment["id"] if is_object(payment) else payment)


def _object(value: Any) -> Mapping[str, Any]:
    if not is_object(value):
        raise ValueError("no JSON object")
    return value
