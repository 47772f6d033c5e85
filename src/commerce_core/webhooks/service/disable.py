"""Ending what is sent to an endpoint that its owner has not ended, and telling the owner."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from commerce_core.accounts import AccountRepository
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.transaction import Transaction
from commerce_core.notifications import Kind
from commerce_core.webhooks.model import DisabledBecause, Endpoint
from commerce_core.webhooks.ports import WebhookRepository

#: An endpoint, and why nothing more is sent to it.
Ended: TypeAlias = tuple[Endpoint, DisabledBecause]
#: Hears which endpoint was disabled, and why.
NoteDisabled: TypeAlias = Callable[[str, str], None]

_MOST_OPERATORS: Final = 100


class Disabling:
    """Disables endpoints. In the same transaction the seller is told whose one is, and of one of
    the shop every operator: nobody has to look for it.
    """

    def __init__(
        self,
        repo: WebhookRepository,
        accounts: AccountRepository,
        notifier: Notifier,
        note: NoteDisabled,
    ) -> None:
        self._repo = repo
        self._accounts = accounts
        self._notifier = notifier
        self._note = note

    def disable(self, tx: Transaction, ending: Iterable[Ended], at: datetime) -> Sequence[Ended]:
        """Send nothing more to those that are active; which those were."""
        ended = [
            (endpoint, because)
            for endpoint, because in ending
            if self._repo.disable(tx, endpoint.id, because, at)
        ]
        for endpoint, because in ended:
            facts = {
                "endpointId": endpoint.id,
                "host": urlsplit(endpoint.url).hostname or "",
                "reason": because.value,
                "at": at.isoformat(),
            }
            for person in self._owners(tx, endpoint):
                case = f"{endpoint.id}/{at.isoformat()}"
                self._notifier.notify(tx, Kind.WEBHOOK_DISABLED, case, person, facts)
        return ended

    def note(self, ended: Sequence[Ended]) -> None:
        """Count and log them, when that is committed."""
        for endpoint, because in ended:
            self._note(endpoint.id, because.value)

    def _owners(self, tx: Transaction, endpoint: Endpoint) -> Sequence[str]:
        if endpoint.seller_id is not None:
            return [endpoint.seller_id]
        return [account.id for account in self._accounts.operators(tx, _MOST_OPERATORS)]
