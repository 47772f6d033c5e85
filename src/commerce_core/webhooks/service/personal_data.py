"""What webhooks hold of a seller."""

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.personal_data import Excerpt, PersonalData
from commerce_core.kernel.transaction import Transaction
from commerce_core.webhooks.ports import WebhookRepository


class WebhookData(PersonalData):
    """A seller's endpoints, a bounded number. Deleted they have no address any more, and their
    deliveries, which name no person, are forgotten by the retention.
    """

    def __init__(self, repo: WebhookRepository, clock: Clock) -> None:
        self._repo = repo
        self._clock = clock

    @property
    def name(self) -> str:
        return "webhookEndpoints"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        found = self._repo.of_owner(tx, SellerId(user_id))
        records = [
            {
                "endpointId": each.id,
                "url": each.url,
                "events": list(each.events),
                "description": each.description,
                "status": each.status.value,
                "createdAt": each.created_at.isoformat(),
            }
            for each in found
        ]
        return Excerpt(records=records)

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        found = self._repo.of_owner(tx, SellerId(user_id))[: limit + 1]
        for each in found[:limit]:
            self._repo.delete(tx, each.id, self._clock.now())
        return "more" if len(found) > limit else None
