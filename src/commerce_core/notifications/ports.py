"""The promises of the notification repository, of channels, and of what writes texts."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs

from commerce_core.kernel.ids import NotificationId
from commerce_core.kernel.transaction import Transaction
from commerce_core.notifications.model import (
    Bounce,
    Choices,
    Kind,
    Notification,
    Outcome,
    OutgoingMessage,
    Rendered,
)


@attrs.frozen
class ListPosition:
    """A place in a list from the newest notification to the oldest: behind *id*, sent *at*."""

    at: datetime
    id: NotificationId


@attrs.frozen(kw_only=True)
class PendingStats:
    """How many notifications wait, how many of those were put off by a channel, and since when the
    oldest of the others does.
    """

    waiting: int
    put_off: int
    oldest: datetime | None


class NotificationRepository(Protocol):
    """Notifications by person, what people chose, and addresses that refuse mail."""

    @abstractmethod
    def insert(self, tx: Transaction, notifications: Sequence[Notification]) -> None:
        """Write down those that are not there yet. Idempotent by id."""

    @abstractmethod
    def has_due(self, tx: Transaction, now: datetime) -> bool:
        """Whether a pending one is due at *now*, whoever may hold it."""

    @abstractmethod
    def claim(
        self, tx: Transaction, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[Notification]:
        """Take up to *limit* pending ones that are due at *now* and that nobody holds a lease on,
        the longest due first; the fence of each is raised.
        """

    @abstractmethod
    def save(
        self, tx: Transaction, notifications: Sequence[Notification]
    ) -> Sequence[NotificationId]:
        """Write what became of claimed ones and end their leases; one that was claimed again since
        stays as it is. Those that were deleted meanwhile are returned.
        """

    @abstractmethod
    def load(
        self, tx: Transaction, person: str, ids: Sequence[NotificationId]
    ) -> Sequence[Notification]:
        """Notifications of a person; unknown ones are missing."""

    @abstractmethod
    def history(
        self, tx: Transaction, person: str, before: ListPosition | None, limit: int
    ) -> Sequence[Notification]:
        """Up to *limit* notifications that were sent to *person* and are listed, behind *before*
        (``None``: from the newest), newest first: by when they were sent, then by id.
        """

    @abstractmethod
    def mark_read(
        self, tx: Transaction, person: str, notification_id: NotificationId, at: datetime
    ) -> bool:
        """Note that *person* has read a listed one; whether there is such a one. Idempotent: the
        first time counts.
        """

    @abstractmethod
    def about(self, tx: Transaction, subjects: Sequence[str]) -> Sequence[Notification]:
        """Every notification about one of *subjects*, in no particular order."""

    @abstractmethod
    def troubled(self, tx: Transaction, limit: int) -> Sequence[Notification]:
        """The latest of those that were put off and still wait, and of those that failed, newest
        first.
        """

    @abstractmethod
    def stuck(self, tx: Transaction, before: datetime, limit: int) -> Sequence[Notification]:
        """Up to *limit* pending ones that were due *before* and that nothing is known to keep
        waiting.
        """

    @abstractmethod
    def pending(self, tx: Transaction, at_most: int) -> PendingStats:
        """What waits, counted up to *at_most*."""

    @abstractmethod
    def since(self, tx: Transaction) -> datetime | None:
        """Since when events cause notifications here; ``None``: always."""

    @abstractmethod
    def ended(
        self, tx: Transaction, before: datetime, limit: int
    ) -> Sequence[tuple[str, NotificationId]]:
        """Up to *limit* that ended *before*, by person and id."""

    @abstractmethod
    def of_person(
        self, tx: Transaction, person: str, after: NotificationId | None, limit: int
    ) -> Sequence[Notification]:
        """Up to *limit* notifications of a person, however they stand, by id behind *after*
        (``None``: from the first).
        """

    @abstractmethod
    def delete(self, tx: Transaction, keys: Sequence[tuple[str, NotificationId]]) -> None:
        """Forget notifications, by person and id. Idempotent."""

    @abstractmethod
    def choices(self, tx: Transaction, persons: Sequence[str]) -> Mapping[str, Choices]:
        """What people chose; those who chose nothing are missing."""

    @abstractmethod
    def choose(self, tx: Transaction, person: str, choices: Choices) -> None:
        """Keep *choices* in place of what *person* chose before. Idempotent."""

    @abstractmethod
    def bounced(self, tx: Transaction, emails: Sequence[str]) -> Mapping[str, Bounce]:
        """Those of *emails* that refuse mail, with why."""

    @abstractmethod
    def bounces(self, tx: Transaction, limit: int) -> Sequence[Bounce]:
        """The latest addresses that refuse mail, newest first."""

    @abstractmethod
    def keep_bounces(self, tx: Transaction, bounces: Sequence[Bounce]) -> None:
        """Note that addresses refuse mail. Idempotent: the first reason stays."""

    @abstractmethod
    def forget_bounce(self, tx: Transaction, email: str) -> bool:
        """Have mail sent to an address again; whether it was not."""

    @abstractmethod
    def erase(self, tx: Transaction, person: str, emails: Sequence[str]) -> None:
        """Forget what *person* chose, and their *emails*. Idempotent."""


class Channel(Protocol):
    """A way to people: e-mail, text messages, push."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What people know it by when they choose: ``email``, ``sms``."""

    @abstractmethod
    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Send *messages*, no two of one id; the outcome of each, in their order.

        It may have been called for a message before: what it hands on has to be the same again, so
        that the copy is recognised. Each call ends in bounded time, and raises nothing for what
        the other side does: one that cannot be reached answers ``Away`` for all that it did not
        try, and a message of which it is not known whether it was taken is ``PutOff``.
        """

    @abstractmethod
    def forget(self, ids: Sequence[NotificationId]) -> None:
        """Delete what this channel itself keeps of messages, at once and without asking anybody.
        Idempotent; most keep nothing.
        """


class Renderer(Protocol):
    """Writes the text of a message."""

    @abstractmethod
    def render(self, kind: Kind, locale: str, values: Mapping[str, Any]) -> Rendered:
        """The message of *kind* in the language nearest to *locale* (BCP 47), with *values*.

        Raises:
            Rejected: the text cannot be written from these values.
        """

    @abstractmethod
    def locale_for(self, locale: str | None) -> str:
        """The language nearest to *locale* that there are texts in."""
