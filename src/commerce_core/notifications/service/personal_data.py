"""What notifications hold of a person, and forgetting it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from commerce_core.accounts import AccountRepository
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import AccountId, NotificationId
from commerce_core.kernel.personal_data import Excerpt, PersonalData
from commerce_core.kernel.transaction import Transaction
from commerce_core.notifications.model import Notification
from commerce_core.notifications.ports import Channel, NotificationRepository

#: Behind every notification: what the person chose, in an export.
_CHOICES = "choices"


class NotificationData(PersonalData):
    """What a person was sent and chose. Erased, nothing of it is left here, nor what a channel has
    kept itself.
    """

    def __init__(
        self,
        repo: NotificationRepository,
        accounts: AccountRepository,
        channels: Sequence[Channel],
    ) -> None:
        self._repo = repo
        self._accounts = accounts
        self._channels = channels

    @property
    def name(self) -> str:
        return "notifications"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        if after == _CHOICES:
            chosen = self._repo.choices(tx, [user_id]).get(user_id)
            return Excerpt(records=[{"preferences": chosen}] if chosen else [])
        found = self._repo.of_person(tx, user_id, _id(after), limit)
        return Excerpt(
            records=[_record(n) for n in found],
            after=found[-1].id if len(found) == limit else _CHOICES,
        )

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        account = self._accounts.load(tx, [AccountId(user_id)]).get(AccountId(user_id))
        if account:
            self._repo.forget_bounce(tx, account.email)
        found = self._repo.of_person(tx, user_id, _id(after), limit)
        forget(tx, self._repo, self._channels, [(n.person, n.id) for n in found])
        if len(found) == limit:
            return found[-1].id
        self._repo.erase(tx, user_id, [])
        return None


class MessageRetention:
    """Forgets notifications that ended long ago, with what channels have kept of them."""

    def __init__(self, repo: NotificationRepository, channels: Sequence[Channel]) -> None:
        self._repo = repo
        self._channels = channels

    def drop(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* that ended *before*; how many. Idempotent."""
        keys = self._repo.ended(tx, before, limit)
        forget(tx, self._repo, self._channels, keys)
        return len(keys)


def forget(
    tx: Transaction,
    repo: NotificationRepository,
    channels: Sequence[Channel],
    keys: Sequence[tuple[str, NotificationId]],
) -> None:
    """Delete notifications, and what channels keep of them before that is committed: a transaction
    that is lost is tried again, and finds the rows that name it. Whoever is sending one finds no
    row to mark, and has the channels forget it then.
    """
    repo.delete(tx, keys)
    for channel in channels:
        channel.forget([one for _, one in keys])


def _id(after: str | None) -> NotificationId | None:
    return NotificationId(after) if after is not None else None


def _record(n: Notification) -> Mapping[str, Any]:
    return {
        "notificationId": n.id,
        "kind": n.kind.value,
        "subject": n.subject,
        "status": n.status.value,
        "title": n.title,
        "createdAt": n.created_at.isoformat(),
        "endedAt": n.ended_at.isoformat() if n.ended_at else None,
        "readAt": n.read_at.isoformat() if n.read_at else None,
    }
