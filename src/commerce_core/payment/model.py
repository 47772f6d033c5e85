"""How a buyer pays, the one object at a gateway an order is paid with, and what a gateway can
answer.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NoReturn

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


def _is_address(_: object, _attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is not None and not re.fullmatch(r"https?://[!-~]{1,2000}", value):
        raise ValueError("must be an address of http or https")


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
    return_url: str | None = attrs.field(default=None, validator=_is_address)
    """Where the buyer comes back to who has to act at a page of the gateway."""

    def digest_parts(self) -> list[str | None]:
        """What distinguishes payments without revealing the card: its last four digits, and
        never its code.
        """
        return [
            self.payment_type,
            self.card_no.last4 if self.card_no else None,
            self.expiry,
            self.token,
            *([self.return_url] if self.return_url else ()),
        ]


class ActionKind(StrEnum):
    """How a buyer acts: at a page of the gateway, or in its script on the shop's own page."""

    REDIRECT = "redirect"
    SDK = "sdk"


_LONGEST_URL: Final = 4096
#: So long before a gateway may forget a key nothing is sent under it any more (rule 3): a quarter
#: of its lifetime, at most this.
_MARGIN: Final = timedelta(hours=1)


def _is_bounded(_: object, _attribute: "attrs.Attribute[Any]", url: str | None) -> None:
    if url is not None and len(url) > _LONGEST_URL:
        raise ValueError(f"an address of more than {_LONGEST_URL} characters")


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

    @property
    def sendable_for(self) -> timedelta:
        """How long after its intent a call may be sent: a key that may be forgotten soon is not
        sent any more.
        """
        return self.repeatable_for - min(_MARGIN, self.repeatable_for / 4)


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


@attrs.frozen(kw_only=True)
class Action:
    """What a buyer has to do before a payment can go on: open *url*, or hand *data* to the
    gateway's script; best before *until*, where the gateway sets an end to it.

    Whoever has it can act for the buyer: it is a secret, shown to the buyer alone.

    Raises:
        ValueError: *url* has more than 4096 characters.
    """

    kind: ActionKind
    url: str | None = attrs.field(default=None, repr=False, validator=_is_bounded)
    data: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    until: datetime | None = None


@attrs.frozen(kw_only=True)
class Prepared:
    """A handle; with an *action* the buyer has to act before it is charged for the first time."""

    handle: Handle
    action: Action | None = None


@attrs.frozen
class Charge:
    """A charge to be made: the same *key* is the same request. *memo* is what the gateway has asked
    us to keep, *returned* what the buyer has brought back from acting: it comes from a browser, so
    that it proves nothing.
    """

    handle: Handle
    key: str
    memo: str | None = attrs.field(default=None, repr=False, kw_only=True)
    returned: Mapping[str, str] | None = attrs.field(default=None, repr=False, kw_only=True)


@attrs.frozen(kw_only=True)
class NeedsBuyer:
    """Nothing is charged yet, for the buyer has to do *action* first. *memo* is what the gateway
    wants to be given back with the next call: up to 2,000 characters.
    """

    action: Action
    memo: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Pending:
    """The gateway knows of it and decides later: it is asked again, best not before *ask_at*."""

    reason: str
    ask_at: datetime | None = None


@attrs.frozen
class PaymentUnknown:
    """It may or may not have happened, or happens later. With *retry_after* the gateway takes no
    more calls for this account for so long: nobody calls it sooner.
    """

    reason: str
    retry_after: timedelta | None = None


@attrs.frozen
class Voided:
    """The handle can never charge any more."""


@attrs.frozen(kw_only=True)
class Refunded:
    """The money went back, under the gateway's reference *ref*."""

    ref: str
    amount: Money


@attrs.frozen(kw_only=True)
class RefundPending:
    """The gateway has taken the refund on as *ref* and carries it out later: it is asked again,
    best not before *ask_at*.
    """

    ref: str
    ask_at: datetime | None = None


@attrs.frozen(kw_only=True)
class RefundRefused:
    """The money does not go back, for good: nothing was given back, or what was given came back to
    the gateway, perhaps days later. *ref* is its name there, where it has one.
    """

    code: str
    detail: str
    ref: str | None = None


ChargeOutcome = Captured | NeedsBuyer | Pending | Declined | Voided | PaymentUnknown
RefundOutcome = Refunded | RefundPending | RefundRefused | PaymentUnknown


@attrs.frozen(kw_only=True)
class BookEntry:
    """One line of a gateway's own books: *kind* is ``capture`` or ``refund``. A refund is there
    once it is done, and not any more once it has come back.
    """

    order_id: str
    ref: str
    kind: str
    amount: Money


@attrs.frozen(kw_only=True)
class Entry(BookEntry):
    """A line of the books with the payment it belongs to (*reference*, the gateway's own name) and
    the moment that it is booked at. ``order_id`` is the order that the payment is marked with.
    """

    reference: str
    at: datetime


@attrs.frozen(kw_only=True)
class Delivery:
    """What was sent to the shop in a gateway's name: the *body* as it was received, and the
    *headers* by their names in small letters. Whoever has the address may have sent it.
    """

    body: bytes = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)


_is_word: Final[Any] = attrs.validators.matches_re("[!-~]{1,255}", func=re.fullmatch)


@attrs.frozen(kw_only=True)
class Notice:
    """What a gateway says by itself: something happened to the payment *reference* of *account*
    (its mode included). *order_id* is the order that the payment is marked with, if the notice
    shows that; *ours* whether it bears the mark of this shop, ``None``: it shows no mark.

    Raises:
        ValueError, TypeError: one of its words is not 1 to 255 printable characters.
    """

    event_id: str = attrs.field(validator=_is_word)
    type: str = attrs.field(validator=_is_word)
    account: str = attrs.field(validator=_is_word)
    reference: str = attrs.field(validator=_is_word)
    order_id: str | None = attrs.field(default=None, validator=attrs.validators.optional(_is_word))
    ours: bool | None = None


class NoticeState(StrEnum):
    """How it stands with a notice that was kept."""

    WAITING = "waiting"
    """Its order is still to be found."""
    DONE = "done"
    """Its order is looked after."""
    STRANGE = "strange"
    """It is of another account or mode, or contradicts the order: nothing comes of it."""
    UNKNOWN = "unknown"
    """No order was found in time."""


@attrs.frozen(kw_only=True)
class KeptNotice:
    """A *notice* that is kept once, however often it comes. Its order is looked for *since* then
    (in vain *tries* times), next at *next_at*, and was found to be *found*.
    """

    gateway: str
    notice: Notice
    state: NoticeState
    received_at: datetime
    since: datetime
    next_at: datetime
    tries: int = 0
    found: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by: the gateway, and the gateway's own id of it."""
        return self.gateway, self.notice.event_id


@attrs.frozen
class NoticePosition:
    """A place in the list of notices."""

    at: datetime
    gateway: str
    event_id: str


@attrs.frozen(kw_only=True)
class NoticeStats:
    """How many notices wait, since when the oldest of them does, and how many need a person."""

    waiting: int
    oldest: datetime | None
    strange: int
    unknown: int
