"""The cards of the sandbox: what each does when it is charged."""

import enum
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import attrs

from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.payment import Declined, PaymentInfo


class Behaviour(enum.StrEnum):
    """What a card does."""

    APPROVES = "approves"
    DECLINES = "declines"
    LACKS_FUNDS = "lacks-funds"
    LOSES_THE_ANSWER = "loses-the-answer"
    TIMES_OUT_FIRST = "times-out-first"
    CHALLENGES = "challenges"
    CHALLENGES_AND_DECLINES = "challenges-and-declines"
    DECIDES_LATER = "decides-later"
    ASKS_FIRST = "asks-first"
    REFUNDS_LATER = "refunds-later"
    REFUNDS_COME_BACK = "refunds-come-back"
    REFUSES_REFUNDS = "refuses-refunds"

    @property
    def is_challenge(self) -> bool:
        """Whether its buyer has to act once it is to be charged."""
        return self in (Behaviour.CHALLENGES, Behaviour.CHALLENGES_AND_DECLINES)


#: The cards that do not simply approve.
_CARDS: Final = {
    "4000000000000002": Behaviour.DECLINES,
    "4000000000009995": Behaviour.LACKS_FUNDS,
    "4000000000000119": Behaviour.LOSES_THE_ANSWER,
    "4000000000000259": Behaviour.TIMES_OUT_FIRST,
    "4000000000003220": Behaviour.CHALLENGES,
    "4000008400001629": Behaviour.CHALLENGES_AND_DECLINES,
    "4000000000000077": Behaviour.DECIDES_LATER,
    "4000000000007726": Behaviour.REFUNDS_LATER,
    "4000000000005126": Behaviour.REFUNDS_COME_BACK,
    "4000000000005563": Behaviour.REFUSES_REFUNDS,
}
REFUSALS: Final = {
    Behaviour.DECLINES: Declined(code="card-declined", detail="the card was declined"),
    Behaviour.CHALLENGES_AND_DECLINES: Declined(
        code="card-declined", detail="the card was declined"
    ),
    Behaviour.LACKS_FUNDS: Declined(
        code="insufficient-funds", detail="there are not enough funds on the card"
    ),
}
#: What a buyer brings back from a challenge as ``result``: the charge goes on, or is refused.
APPROVED: Final = "approved"
FAILED: Final = "failed"
NOT_RECOGNISED: Final = Declined(
    code="authentication-failed", detail="the buyer was not recognised"
)
_BRANDS: Final = {"3": "amex", "4": "visa", "5": "mastercard", "6": "discover"}


@attrs.frozen(kw_only=True)
class Card:
    """What the sandbox keeps of a card: never its number."""

    brand: str
    last4: str
    behaviour: Behaviour


_TOKENS: Final = {
    "tok_visa": Card(brand="visa", last4="4242", behaviour=Behaviour.APPROVES),
    "tok_wallet": Card(brand="wallet", last4="", behaviour=Behaviour.ASKS_FIRST),
    "tok_declined": Card(brand="visa", last4="0002", behaviour=Behaviour.DECLINES),
}


def card_of(payment: PaymentInfo, now: datetime) -> Card:
    """The card that *payment* names, by its number or by a token.

    Raises:
        Invalid: another kind of payment, no card, an unknown token, or a card that has expired; all
            that is wrong is named.
    """
    if problems := list(_problems(payment, now)):
        raise Invalid(problems)
    if payment.card_no is None:
        return _TOKENS[payment.token or ""]
    number = payment.card_no.reveal()
    return Card(
        brand=_BRANDS.get(number[0], "card"),
        last4=payment.card_no.last4,
        behaviour=_CARDS.get(number, Behaviour.APPROVES),
    )


def _problems(payment: PaymentInfo, now: datetime) -> Iterator[FieldProblem]:
    if payment.payment_type != "card":
        yield FieldProblem("/paymentInfo/paymentType", "must be card")
    if payment.token is None:
        if payment.card_no is None:
            yield FieldProblem("/paymentInfo/cardNo", "is required, or a token in its place")
    elif payment.card_no is not None:
        yield FieldProblem("/paymentInfo/token", "must not stand beside a card number")
    elif payment.token not in _TOKENS:
        yield FieldProblem("/paymentInfo/token", "is not a token of the sandbox")
    if payment.expiry is not None:
        month, year = payment.expiry.split("/")
        if (2000 + int(year), int(month)) < (now.year, now.month):
            yield FieldProblem("/paymentInfo/expiry", "is over")
