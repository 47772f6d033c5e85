"""Notifications in memory: the repository, a channel that keeps what it was given, plain texts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from commerce_core.kernel.ids import NotificationId
from commerce_core.kernel.transaction import Transaction
from commerce_core.notifications import (
    EMAIL,
    Accepted,
    Bounce,
    Channel,
    Choices,
    Kind,
    ListPosition,
    Notification,
    NotificationRepository,
    Outcome,
    OutgoingMessage,
    PendingStats,
    Rendered,
    Renderer,
    Status,
)
from commerce_testkit.memory.transaction import table

_ROWS = "notification"
_LEASES = "notification_lease"


class MemoryNotificationRepository(NotificationRepository):
    """Notifications in dictionaries."""

    def insert(self, tx: Transaction, notifications: Sequence[Notification]) -> None:
        for one in notifications:
            table(tx, _ROWS).setdefault(one.id, one)

    def has_due(self, tx: Transaction, now: datetime) -> bool:
        return any(n.due_at <= now for n in _pending(tx))

    def claim(
        self, tx: Transaction, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[Notification]:
        rows, leases = table(tx, _ROWS), table(tx, _LEASES)
        beyond = lease_until + (lease_until - now)
        due = [
            n
            for n in _pending(tx)
            if n.due_at <= now and not now <= leases.get(n.id, now.min.replace(tzinfo=now.tzinfo))
            <= beyond
        ]  # fmt: skip
        taken = sorted(due, key=lambda n: (n.due_at, n.id))[:limit]
        claimed = [attrs.evolve(n, fence=n.fence + 1) for n in taken]
        for one in claimed:
            rows[one.id], leases[one.id] = one, lease_until
        return claimed

    def save(
        self, tx: Transaction, notifications: Sequence[Notification]
    ) -> Sequence[NotificationId]:
        rows = table(tx, _ROWS)
        for one in notifications:
            known = rows.get(one.id)
            if known is not None and known.fence == one.fence:
                rows[one.id] = attrs.evolve(one, read_at=known.read_at)
                table(tx, _LEASES).pop(one.id, None)
        return [one.id for one in notifications if one.id not in rows]

    def load(
        self, tx: Transaction, person: str, ids: Sequence[NotificationId]
    ) -> Sequence[Notification]:
        rows = table(tx, _ROWS)
        return [rows[i] for i in ids if i in rows and rows[i].person == person]

    def history(
        self, tx: Transaction, person: str, before: ListPosition | None, limit: int
    ) -> Sequence[Notification]:
        mine = [n for n in table(tx, _ROWS).values() if n.person == person and n.listed]
        found = sorted(mine, key=lambda n: (n.ended_at, n.id), reverse=True)
        return [n for n in found if before is None or (n.ended_at, n.id) < (before.at, before.id)][
            :limit
        ]

    def mark_read(
        self, tx: Transaction, person: str, notification_id: NotificationId, at: datetime
    ) -> bool:
        rows = table(tx, _ROWS)
        known = rows.get(notification_id)
        if known is None or known.person != person or not known.listed:
            return False
        rows[notification_id] = attrs.evolve(known, read_at=known.read_at or at)
        return True

    def about(self, tx: Transaction, subjects: Sequence[str]) -> Sequence[Notification]:
        return [n for n in table(tx, _ROWS).values() if n.subject in subjects]

    def troubled(self, tx: Transaction, limit: int) -> Sequence[Notification]:
        found = [
            n
            for n in table(tx, _ROWS).values()
            if n.status is Status.FAILED or (n.status is Status.PENDING and n.reason is not None)
        ]
        return sorted(found, key=lambda n: (n.created_at, n.id), reverse=True)[:limit]

    def stuck(self, tx: Transaction, before: datetime, limit: int) -> Sequence[Notification]:
        found = [n for n in _pending(tx) if n.due_at < before and n.reason is None]
        return sorted(found, key=lambda n: n.due_at)[:limit]

    def pending(self, tx: Transaction, at_most: int) -> PendingStats:
        waiting = _pending(tx)[:at_most]
        fresh = [n.due_at for n in waiting if n.reason is None]
        return PendingStats(
            waiting=len(waiting),
            put_off=len(waiting) - len(fresh),
            oldest=min(fresh, default=None),
        )

    def since(self, tx: Transaction) -> datetime | None:
        return None

    def ended(
        self, tx: Transaction, before: datetime, limit: int
    ) -> Sequence[tuple[str, NotificationId]]:
        rows = table(tx, _ROWS).values()
        return [(n.person, n.id) for n in rows if n.ended_at and n.ended_at < before][:limit]

    def of_person(
        self, tx: Transaction, person: str, after: NotificationId | None, limit: int
    ) -> Sequence[Notification]:
        mine = [n for n in table(tx, _ROWS).values() if n.person == person]
        behind = [n for n in mine if after is None or n.id > after]
        return sorted(behind, key=lambda n: n.id)[:limit]

    def delete(self, tx: Transaction, keys: Sequence[tuple[str, NotificationId]]) -> None:
        for _, one in keys:
            table(tx, _ROWS).pop(one, None)

    def choices(self, tx: Transaction, persons: Sequence[str]) -> Mapping[str, Choices]:
        rows = table(tx, "notification_choice")
        return {person: rows[person] for person in persons if person in rows}

    def choose(self, tx: Transaction, person: str, choices: Choices) -> None:
        table(tx, "notification_choice")[person] = choices

    def bounced(self, tx: Transaction, emails: Sequence[str]) -> Mapping[str, Bounce]:
        rows = table(tx, "bounced_address")
        return {email: rows[email] for email in emails if email in rows}

    def bounces(self, tx: Transaction, limit: int) -> Sequence[Bounce]:
        found = table(tx, "bounced_address").values()
        return sorted(found, key=lambda b: b.at, reverse=True)[:limit]

    def keep_bounces(self, tx: Transaction, bounces: Sequence[Bounce]) -> None:
        for one in bounces:
            table(tx, "bounced_address").setdefault(one.email, one)

    def forget_bounce(self, tx: Transaction, email: str) -> bool:
        return table(tx, "bounced_address").pop(email, None) is not None

    def erase(self, tx: Transaction, person: str, emails: Sequence[str]) -> None:
        table(tx, "notification_choice").pop(person, None)
        for email in emails:
            table(tx, "bounced_address").pop(email, None)


def _pending(tx: Transaction) -> list[Notification]:
    return [n for n in table(tx, _ROWS).values() if n.status is Status.PENDING]


class MemoryChannel(Channel):
    """Keeps what it was given. *answers* says, for each message, what becomes of it."""

    def __init__(
        self,
        name: str = EMAIL,
        answers: Callable[[OutgoingMessage], Outcome] = lambda _: Accepted(),
    ) -> None:
        self._name = name
        self.answers = answers
        self.sent: list[OutgoingMessage] = []

    @property
    def name(self) -> str:
        return self._name

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        outcomes = [self.answers(message) for message in messages]
        self.sent += [m for m, o in zip(messages, outcomes, strict=True) if isinstance(o, Accepted)]
        return outcomes

    def forget(self, ids: Sequence[NotificationId]) -> None:
        self.sent = [message for message in self.sent if message.id not in ids]


class PlainRenderer(Renderer):
    """Says which kind it is and where it leads; for tests that are not about texts."""

    def render(self, kind: Kind, locale: str, values: Mapping[str, Any]) -> Rendered:
        link = str(values.get("link", ""))
        return Rendered(title=f"{kind} ({locale})", text=f"{kind}: {link}", html=f"<p>{kind}</p>")

    def locale_for(self, locale: str | None) -> str:
        return locale or "en"
