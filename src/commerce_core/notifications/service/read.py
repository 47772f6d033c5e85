"""What people read of their notifications, and what they choose."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from commerce_core.accounts import Role
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.field_problems import escape_pointer
from commerce_core.kernel.ids import NotificationId, is_id
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database
from commerce_core.notifications.errors import NotificationNotFound
from commerce_core.notifications.model import (
    EMAIL,
    INBOX,
    Choices,
    Kind,
    Notification,
    kinds_for,
    wants,
)
from commerce_core.notifications.ports import ListPosition, NotificationRepository
from commerce_core.notifications.service.unsubscribe import UnsubscribeLinks

_LIST: Final = "notifications"


class Notices:
    """The list of what was sent to a person, and which kinds they want by which channel.

    Args:
        channels: the names of those that the shop has; e-mail can be chosen even before it has
            that.
    """

    def __init__(
        self,
        database: Database,
        repo: NotificationRepository,
        channels: Sequence[str],
        links: UnsubscribeLinks,
        clock: Clock,
    ) -> None:
        self._db = database
        self._repo = repo
        self._channels = tuple(dict.fromkeys((EMAIL, INBOX, *channels)))
        self._links = links
        self._clock = clock

    def history(self, person: str, cursor: str | None, size: int) -> Page[Notification]:
        """What was sent to *person*, newest first, *size* at a time.

        Raises:
            BadCursor: *cursor* was not given out by this list.
        """
        before = _position(cursor) if cursor is not None else None
        with self._db.single_read() as tx:
            found = self._repo.history(tx, person, before, size + 1)
        return cut_page(_LIST, found, size, lambda one: (one.ended_at or one.created_at, one.id))

    def mark_read(self, person: str, notification_id: str) -> None:
        """Note that *person* has read one. Idempotent.

        Raises:
            NotificationNotFound: there is no such one in the list of *person*.
        """
        if is_id(notification_id):
            with self._db.begin() as tx:
                known = self._repo.mark_read(
                    tx, person, NotificationId(notification_id), self._clock.now()
                )
                tx.commit()
            if known:
                return
        raise NotificationNotFound("there is no such notification")

    def preferences(self, person: str, role: Role) -> Mapping[str, Mapping[str, bool]]:
        """By kind and channel, what *person* gets."""
        with self._db.single_read() as tx:
            chosen = self._repo.choices(tx, [person]).get(person, {})
        return {
            kind: {channel: wants(chosen, kind, channel) for channel in self._channels}
            for kind in kinds_for(role)
        }

    def choose(self, person: str, role: Role, wanted: Choices) -> Mapping[str, Mapping[str, bool]]:
        """Have *person* get what is *wanted*; what is not mentioned stays. Idempotent.

        Raises:
            Invalid: a kind or channel is not known, or cannot be turned off; all are named.
        """
        if problems := list(self._wrong(role, wanted)):
            raise Invalid(problems)
        with self._db.begin() as tx:
            before = self._repo.choices(tx, [person]).get(person, {})
            changed = {kind: {**before.get(kind, {}), **by} for kind, by in wanted.items()}
            self._repo.choose(tx, person, {**before, **changed})
            tx.commit()
        return self.preferences(person, role)

    def unsubscribe_token(self, person: str, kind: Kind) -> str:
        """What ends e-mail of *kind* to *person*, for a link."""
        return self._links.token(person, kind)

    def subscription(self, token: str) -> Kind:
        """The kind of message that *token* ends.

        Raises:
            UnknownUnsubscribeLink: it was not made here.
        """
        return self._links.read(token)[1]

    def unsubscribe(self, token: str) -> Kind:
        """End e-mail of the one kind that *token* names, for the person whom it names; the kind.
        Idempotent.

        Raises:
            UnknownUnsubscribeLink: it was not made here.
        """
        person, kind = self._links.read(token)
        with self._db.begin() as tx:
            before = self._repo.choices(tx, [person]).get(person, {})
            changed = {**before.get(kind, {}), EMAIL: False}
            self._repo.choose(tx, person, {**before, kind: changed})
            tx.commit()
        return kind

    def _wrong(self, role: Role, wanted: Choices) -> Sequence[FieldProblem]:
        problems: list[FieldProblem] = []
        for kind, by in wanted.items():
            at = f"/{escape_pointer(kind)}"
            if kind not in kinds_for(role):
                problems.append(FieldProblem(at, "is no kind of notification that you can get"))
                continue
            for channel, value in by.items():
                here = f"{at}/{escape_pointer(channel)}"
                if channel not in self._channels:
                    problems.append(FieldProblem(here, "is no channel of this shop"))
                elif not value and Kind(kind).is_mandatory:
                    problems.append(FieldProblem(here, "cannot be turned off"))
        return problems


def _position(cursor: str) -> ListPosition:
    at, last = decode_cursor(_LIST, cursor, datetime, str)
    return ListPosition(at, NotificationId(last))
