"""The services of webhooks, put together."""

import attrs

from commerce_core.accounts import AccountRepository
from commerce_core.catalog import Offers
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.messaging import Inbox
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderRepository
from commerce_core.webhooks.ports import Receivers, WebhookRepository
from commerce_core.webhooks.service.audit import WebhookAudit
from commerce_core.webhooks.service.disable import Disabling, NoteDisabled
from commerce_core.webhooks.service.endpoints import Webhooks
from commerce_core.webhooks.service.follow import WebhookQueueing
from commerce_core.webhooks.service.limits import WebhookLimits
from commerce_core.webhooks.service.secrets import SigningSecrets
from commerce_core.webhooks.service.send import WebhookSender


def _unheard(*_: object) -> None:
    """Nobody counts it."""


@attrs.frozen(kw_only=True)
class WebhookParts:
    """What webhooks stand on. *note_disabled* hears which endpoint was disabled, and why."""

    repo: WebhookRepository
    receivers: Receivers
    limits: WebhookLimits = attrs.field(factory=WebhookLimits)
    note_disabled: NoteDisabled = _unheard


@attrs.frozen
class WebhookServices:
    """Each service of webhooks over the same parts. *key* makes the secrets."""

    parts: WebhookParts
    database: Database
    inbox: Inbox
    orders: OrderRepository
    offers: Offers
    accounts: AccountRepository
    notifier: Notifier
    key: str = attrs.field(repr=False)
    clock: Clock
    ids: IdFactory

    def endpoints(self) -> Webhooks:
        """What owners manage."""
        on = self.parts
        return Webhooks(
            self.database, on.repo, on.receivers, self._secrets, self.clock, self.ids, on.limits
        )

    def queueing(self) -> WebhookQueueing:
        """What follows events."""
        return WebhookQueueing(
            self.database, self.parts.repo, self.inbox, self.orders, self.offers, self.clock,
            self.parts.limits, self._disabling,
        )  # fmt: skip

    def sender(self) -> WebhookSender:
        """What sends; one for each process that does."""
        on = self.parts
        return WebhookSender(
            self.database, on.repo, on.receivers, self._secrets, self.clock, on.limits,
            self._disabling,
        )  # fmt: skip

    def audit(self) -> WebhookAudit:
        """What looks whether all fits together."""
        return WebhookAudit(self.database, self.parts.repo)

    @property
    def _disabling(self) -> Disabling:
        on = self.parts
        return Disabling(on.repo, self.accounts, self.notifier, on.note_disabled)

    @property
    def _secrets(self) -> SigningSecrets:
        return SigningSecrets(self.key)
