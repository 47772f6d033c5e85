"""A notification, the kinds that there are, and what becomes of one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import attrs

from commerce_core.accounts import Role
from commerce_core.kernel.ids import NotificationId, derived_id

#: A notification that no channel takes is tried again for so long.
TRIED_FOR: Final = timedelta(days=2)
EMAIL: Final = "email"
#: The list that its holder reads in the shop.
INBOX: Final = "inbox"


class Kind(StrEnum):
    """What a notification can be about."""

    ORDER_CONFIRMED = "order-confirmed"
    ORDER_CANCELLED = "order-cancelled"
    ORDER_COMPLETED = "order-completed"
    PAYMENT_ACTION_REQUIRED = "payment-action-required"
    REFUND_COMPLETED = "refund-completed"
    REFUND_FAILED = "refund-failed"
    BACK_IN_STOCK = "back-in-stock"
    PRICE_DROPPED = "price-dropped"
    PASSWORD_RESET = "password-reset"  # noqa: S105 (no password)
    EMAIL_VERIFICATION = "email-verification"
    NEW_SIGN_IN = "new-sign-in"
    EMAIL_CHANGED = "email-changed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 (no password)
    NEW_ORDER = "new-order"
    LOW_STOCK = "low-stock"
    IMPORT_FINISHED = "import-finished"
    WEBHOOK_DISABLED = "webhook-disabled"
    ORDER_NEEDS_ATTENTION = "order-needs-attention"

    @property
    def is_mandatory(self) -> bool:
        """Whether nobody can turn it off: without it an account is lost, or taken unseen."""
        return self in _MANDATORY

    @property
    def is_marketing(self) -> bool:
        """Whether it is sent to those alone who asked for it."""
        return self in (Kind.BACK_IN_STOCK, Kind.PRICE_DROPPED)


_MANDATORY: Final = (
    Kind.PASSWORD_RESET,
    Kind.EMAIL_VERIFICATION,
    Kind.EMAIL_CHANGED,
    Kind.PASSWORD_CHANGED,
)
_ACCOUNT: Final = (*_MANDATORY, Kind.NEW_SIGN_IN)
_OF_ROLE: Final[Mapping[Role, tuple[Kind, ...]]] = {
    Role.BUYER: (
        Kind.ORDER_CONFIRMED,
        Kind.ORDER_CANCELLED,
        Kind.ORDER_COMPLETED,
        Kind.PAYMENT_ACTION_REQUIRED,
        Kind.REFUND_COMPLETED,
        Kind.REFUND_FAILED,
        Kind.BACK_IN_STOCK,
        Kind.PRICE_DROPPED,
        *_ACCOUNT,
    ),
    Role.SELLER: (
        Kind.NEW_ORDER,
        Kind.LOW_STOCK,
        Kind.IMPORT_FINISHED,
        Kind.WEBHOOK_DISABLED,
        *_ACCOUNT,
    ),
    Role.OPERATOR: (Kind.ORDER_NEEDS_ATTENTION, Kind.WEBHOOK_DISABLED, *_ACCOUNT),
}


def kinds_for(role: Role) -> tuple[Kind, ...]:
    """The kinds that people of *role* can get."""
    return _OF_ROLE[role]


class Status(StrEnum):
    """Where a notification stands."""

    PENDING = "PENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    """Nobody will get it: it was refused for good, or for two days."""
    SUPPRESSED = "SUPPRESSED"
    """It was not sent, on purpose."""


def notification_id(kind: str, subject: str, person: str) -> NotificationId:
    """The id of the one notification of this *kind* about *subject* to *person*."""
    return NotificationId(derived_id("notification", kind, subject, person))


@attrs.frozen(kw_only=True)
class Notification:
    """What a person is told of, once.

    Attributes:
        subject: the id of what it is about.
        facts: what its text needs beside the subject.
        address: where it goes, if not to the account's own address.
        due_at: when it may be sent, or tried again.
        until: when it is no longer worth sending.
        fence: raised with each claim; who has an older one changes nothing.
        attempts: how often a channel put it off.
        accepted_by: the channels that have it.
        title: its subject line as it was sent.
        reason: why it waits, failed or was suppressed.
        listed: whether its holder finds it in the shop.
        ended_at: when it was sent or given up.
    """

    id: NotificationId
    kind: Kind
    subject: str
    person: str
    facts: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    address: str | None = attrs.field(default=None, repr=False)
    status: Status = Status.PENDING
    created_at: datetime
    due_at: datetime
    until: datetime | None = None
    fence: int = 0
    attempts: int = 0
    accepted_by: tuple[str, ...] = ()
    title: str | None = None
    reason: str | None = None
    listed: bool = False
    ended_at: datetime | None = None
    read_at: datetime | None = None

    def limited(self, address: str | None, until: datetime | None) -> "Notification":
        """The same, to *address* (``None``: the account's own), and worth sending *until* then."""
        return attrs.evolve(self, address=address, until=until)

    def accepted(self, channel: str) -> "Notification":
        """Taken over by *channel*."""
        return attrs.evolve(self, accepted_by=(*self.accepted_by, channel))

    def sent(self, at: datetime, *, title: str, listed: bool) -> "Notification":
        """Everybody who had to take it has it."""
        return attrs.evolve(
            self, status=Status.SENT, title=title, listed=listed, ended_at=at, reason=None,
            address=None,
        )  # fmt: skip

    def suppressed(self, at: datetime, reason: str) -> "Notification":
        """It is not sent, for this *reason*."""
        return attrs.evolve(
            self, status=Status.SUPPRESSED, reason=reason, ended_at=at, address=None
        )

    def failed(self, at: datetime, reason: str) -> "Notification":
        """It was refused for good."""
        return attrs.evolve(self, status=Status.FAILED, reason=reason, ended_at=at, address=None)

    def delayed(self, due_at: datetime, reason: str, *, counts: bool) -> "Notification":
        """It waits for *due_at*; what *counts* is an attempt."""
        return attrs.evolve(
            self, due_at=due_at, reason=reason, attempts=self.attempts + (1 if counts else 0)
        )

    def is_too_old(self, now: datetime) -> bool:
        """Whether it was tried for long enough."""
        return now - self.created_at >= TRIED_FOR


@attrs.frozen(kw_only=True)
class Recipient:
    """Whom a message goes to, as far as a channel needs it."""

    person: str
    email: str = attrs.field(repr=False)
    name: str = attrs.field(repr=False)
    locale: str


@attrs.frozen(kw_only=True)
class Rendered:
    """A message as it is read. The *title* is one line."""

    title: str
    text: str = attrs.field(repr=False)
    html: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class OutgoingMessage:
    """What a channel sends. The *id* is the same however often it is sent.

    Attributes:
        unsubscribe: the address that ends messages of its kind at one click, if there is one.
    """

    id: NotificationId
    kind: Kind
    to: Recipient
    content: Rendered
    created_at: datetime
    unsubscribe: str | None = None


@attrs.frozen(kw_only=True)
class Bounce:
    """An address that refused its mail for good: nothing is sent there any more."""

    email: str = attrs.field(repr=False)
    reason: str
    at: datetime


@attrs.frozen(kw_only=True)
class Accepted:
    """The channel has taken it over."""


@attrs.frozen(kw_only=True)
class PutOff:
    """It may be taken later; whether it was taken now may be unknown."""

    reason: str


@attrs.frozen(kw_only=True)
class Away:
    """The channel could not be reached, so that this message was not tried."""

    reason: str


@attrs.frozen(kw_only=True)
class Refused:
    """It will never be taken. *bounced*: nor will any other to this address."""

    reason: str
    bounced: bool = False


Outcome = Accepted | PutOff | Away | Refused

#: What somebody chose, by kind and channel; what is not in it is the default.
Choices = Mapping[str, Mapping[str, bool]]


def wants(choices: Choices, kind: Kind, channel: str) -> bool:
    """Whether somebody who chose so gets messages of *kind* by *channel*."""
    if kind.is_mandatory:
        return True
    return choices.get(kind, {}).get(channel, not kind.is_marketing)
