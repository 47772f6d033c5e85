"""How a buyer pays, the one object at a gateway an order is paid with, and what a gateway can
answer.
"""

import re
from datetime import timedelta
from typing import Any, NoReturn

import attrs

from commerce_core.kernel.address import looks_like_card, luhn
from commerce_core.kernel.money import Money


class CardNumber:
    """A card number between a request and the gateway's ``prepare``, and nowhere else: it shows
    only its last four digits.

    It can be neither copied, pickled nor encoded; :meth:`reveal` is for gateways alone.
    """

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        self._digits = digits

    @classmethod
    def from_text(cls, text: str) -> "CardNumber":
        """The card number in *text*, blanks and hyphens left out.

        Raises:
            ValueError: not 12 to 19 digits that pass the Luhn check.
        """
        digits = re.sub("[ -]", "", text)
        if not re.fullmatch("[0-9]{12,19}", digits) or not luhn(digits):
            raise ValueError("is not a card number")
        return cls(digits)

    def reveal(self) -> str:
        """All digits."""
        return self._digits

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self._digits[-4:]

    def __repr__(self) -> str:
        return f"<card …{self.last4}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CardNumber) and other._digits == self._digits

    __hash__ = None  # type: ignore[assignment]  # never a key, never in a set

    def __reduce__(self) -> NoReturn:
        raise TypeError("a card number stays where it is")

    __copy__ = __deepcopy__ = __getstate__ = __reduce__


def _matches(pattern: str, sentence: str) -> Any:
    def check(_: object, _attribute: "attrs.Attribute[Any]", value: str | None) -> None:
        if value is not None and not re.fullmatch(pattern, value):
            raise ValueError(sentence)

    return check


def _is_token(_: object, _attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is not None and (looks_like_card(value) or not re.fullmatch(r"[\w.:-]{1,200}", value)):
        raise ValueError("must be a gateway's token")


@attrs.frozen(kw_only=True)
class PaymentInfo:
    """What a buyer pays with: a card number, or a gateway's token."""

    payment_type: str = attrs.field(
        validator=_matches("[a-z_]{1,40}", "must be a kind of payment, like card")
    )
    card_no: CardNumber | None = None
    expiry: str | None = attrs.field(
        default=None, validator=_matches(r"(0[1-9]|1[0-2])/\d\d", "must be MM/YY"), repr=False
    )
    cvc: str | None = attrs.field(
        default=None, validator=_matches(r"\d{3,4}", "must be three or four digits"), repr=False
    )
    token: str | None = attrs.field(default=None, validator=_is_token, repr=False)

    def digest_parts(self) -> list[str | None]:
        """What distinguishes payments without revealing the card: its last four digits, and
        never its code.
        """
        return [
            self.payment_type,
            self.card_no.last4 if self.card_no else None,
            self.expiry,
            self.token,
        ]


@attrs.frozen(kw_only=True)
class Handle:
    """The gateway's own object for one order: it permits one capture, whatever happens to keys."""

    gateway: str
    account: str
    reference: str
    brand: str
    last4: str


@attrs.frozen(kw_only=True)
class Capabilities:
    """What a gateway can do: *repeatable_for* is how long its idempotency keys are surely
    remembered.

    *account* is the one that it is configured with, as its handles name it: an order goes on only
    there. Blank: it has none to tell apart.
    """

    raw_cards: bool
    repeatable_for: timedelta
    account: str = ""


@attrs.frozen(kw_only=True)
class Captured:
    """The money was taken, once, under the gateway's reference *ref*."""

    ref: str
    amount: Money


@attrs.frozen(kw_only=True)
class Declined:
    """The gateway refused for good and remembers it."""

    code: str
    detail: str


@attrs.frozen
class PaymentUnknown:
    """It may or may not have happened, or happens later."""

    reason: str


@attrs.frozen
class Voided:
    """The handle can never charge any more."""


@attrs.frozen(kw_only=True)
class Refunded:
    """The money went back, under the gateway's reference *ref*."""

    ref: str
    amount: Money


ChargeOutcome = Captured | Declined | Voided | PaymentUnknown
RefundOutcome = Refunded | PaymentUnknown


@attrs.frozen(kw_only=True)
class BookEntry:
    """One line of a gateway's own books: *kind* is ``capture`` or ``refund``."""

    order_id: str
    ref: str
    kind: str
    amount: Money
