"""Making notifications in the transaction of what they are about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.transaction import Transaction
from commerce_core.notifications.model import Kind, Notification, notification_id
from commerce_core.notifications.ports import NotificationRepository


class Notifications(Notifier):
    """Writes down that a person is to get a message. The sender does the rest."""

    def __init__(self, repo: NotificationRepository, clock: Clock) -> None:
        self._repo = repo
        self._clock = clock

    def notify(
        self,
        tx: Transaction,
        kind: str,
        subject: str,
        person: str,
        facts: Mapping[str, Any] | None = None,
        *,
        address: str | None = None,
        until: datetime | None = None,
    ) -> None:
        made = new_notification(Kind(kind), subject, person, self._clock.now(), facts or {})
        self._repo.insert(tx, [made.limited(address, until)])


def new_notification(
    kind: Kind, subject: str, person: str, at: datetime, facts: Mapping[str, Any]
) -> Notification:
    """The one notification of this *kind* about *subject* to *person*, to be sent at once."""
    return Notification(
        id=notification_id(kind, subject, person),
        kind=kind,
        subject=subject,
        person=person,
        facts=facts,
        created_at=at,
        due_at=at,
    )
