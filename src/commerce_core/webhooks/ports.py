"""The promises of what keeps endpoints and deliveries, and of what sends."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Protocol

import attrs

from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.transaction import Transaction
from commerce_core.webhooks.model import (
    Answer,
    DeliveryId,
    DeliveryStatus,
    DisabledBecause,
    Endpoint,
    EndpointId,
    Post,
    WebhookDelivery,
)


@attrs.frozen(kw_only=True)
class ClaimedEndpoint:
    """An endpoint that one process sends to, until its lease is over or its results are
    recorded.
    """

    endpoint: Endpoint
    fence: int


@attrs.frozen(kw_only=True)
class SendResults:
    """What came of what was sent to a claimed endpoint. *leave_alone* is when it wants to be sent
    something again.
    """

    claimed: ClaimedEndpoint
    deliveries: Sequence[WebhookDelivery]
    leave_alone: datetime | None = None
    failing_since: datetime | None = None


@attrs.frozen(kw_only=True)
class WebhookStats:
    """Figures for those who operate the shop; deliveries are counted up to a bound."""

    waiting: int
    oldest_due: datetime | None
    """Since when the one that is due for longest could be sent."""
    failing: int
    disabled: int


@attrs.frozen(kw_only=True)
class EndpointAudit:
    """What is stored of an endpoint, to be compared: how many deliveries it says that wait, how
    many do, and of how many subjects some wait and none has a time.
    """

    endpoint_id: EndpointId
    said: int
    waiting: int
    stuck: int


class WebhookRepository(Protocol):
    """Endpoints and their deliveries.

    One process sends to an endpoint at a time (lease and fence). Of one subject only the oldest
    pending delivery has a time; the next one gets its own when that is over.
    """

    @abstractmethod
    def insert(self, tx: Transaction, endpoint: Endpoint, most: int) -> bool:
        """Write down a new endpoint; whether its owner has less than *most*. Idempotent by id.

        Raises:
            StaleRead: the same owner made another one meanwhile; the caller tries again.
        """

    @abstractmethod
    def load(self, tx: Transaction, endpoint_id: EndpointId) -> Endpoint | None:
        """The endpoint; none for a deleted one."""

    @abstractmethod
    def of_owner(self, tx: Transaction, seller_id: SellerId | None) -> Sequence[Endpoint]:
        """The endpoints of a seller (``None``: of the shop), oldest first."""

    @abstractmethod
    def update(self, tx: Transaction, endpoint: Endpoint) -> bool:
        """Write what its owner has changed if the version before its own is what is stored; whether
        it was.
        """

    @abstractmethod
    def disable(
        self, tx: Transaction, endpoint_id: EndpointId, because: DisabledBecause, at: datetime
    ) -> bool:
        """Send nothing more to an active endpoint, and give up what waits for it; whether it was
        active.
        """

    @abstractmethod
    def delete(self, tx: Transaction, endpoint_id: EndpointId, at: datetime) -> None:
        """Delete an endpoint: it is not found any more, and forgotten with its deliveries by
        :meth:`drop_finished`. Idempotent.
        """

    @abstractmethod
    def of_the_shop(self, tx: Transaction) -> tuple[Sequence[Endpoint], bool]:
        """The active endpoints of the shop, and whether any seller has one."""

    @abstractmethod
    def of_sellers(self, tx: Transaction, seller_ids: Sequence[SellerId]) -> Sequence[Endpoint]:
        """The active endpoints of sellers."""

    @abstractmethod
    def enqueue(
        self, tx: Transaction, deliveries: Sequence[WebhookDelivery], at: datetime, most: int
    ) -> Sequence[EndpointId]:
        """Add deliveries for active endpoints. Idempotent by id.

        An endpoint for which more than *most* would wait gets none of them; the ids of those.
        """

    @abstractmethod
    def claim(
        self, tx: Transaction, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[ClaimedEndpoint]:
        """Take up to *limit* active endpoints for which something is due and that nobody sends to,
        longest due first. A lease holds at its end too.
        """

    @abstractmethod
    def any_due(self, tx: Transaction, now: datetime, lease_until: datetime) -> bool:
        """Whether :meth:`claim` would take something. One statement."""

    @abstractmethod
    def due(
        self, tx: Transaction, most: Mapping[EndpointId, int], now: datetime
    ) -> Mapping[EndpointId, Sequence[WebhookDelivery]]:
        """What is due for endpoints, so many for each, longest due first."""

    @abstractmethod
    def record(
        self, tx: Transaction, results: Sequence[SendResults], at: datetime
    ) -> Sequence[EndpointId]:
        """Write what came of what was sent, and give the endpoints back; those whose fence was the
        newest: nothing is written for others.
        """

    @abstractmethod
    def delivery(
        self, tx: Transaction, endpoint_id: EndpointId, delivery_id: DeliveryId
    ) -> WebhookDelivery | None:
        """One delivery."""

    @abstractmethod
    def deliveries(
        self,
        tx: Transaction,
        endpoint_id: EndpointId,
        status: DeliveryStatus | None,
        before: tuple[datetime, DeliveryId] | None,
        limit: int,
    ) -> Sequence[WebhookDelivery]:
        """Up to *limit* deliveries behind *before*, newest first: by when they were made, then by
        id.
        """

    @abstractmethod
    def redeliver(
        self, tx: Transaction, delivery: WebhookDelivery, at: datetime, most: int
    ) -> bool:
        """Have a delivery sent *at* that moment, whatever became of it before; whether no more than
        *most* wait for its endpoint then. Idempotent.
        """

    @abstractmethod
    def drop_finished(self, tx: Transaction, before: datetime, limit: int) -> int:
        """Forget up to *limit* deliveries that ended before *before* or whose endpoint is deleted,
        and deleted endpoints that have none; how many. Idempotent.
        """

    @abstractmethod
    def audit(
        self, tx: Transaction, after: EndpointId | None, limit: int
    ) -> Sequence[EndpointAudit]:
        """Up to *limit* endpoints behind *after*, by id, deleted ones excepted."""

    @abstractmethod
    def stats(self, tx: Transaction, at_most: int) -> WebhookStats:
        """Figures, deliveries counted up to *at_most*."""


class Receivers(Protocol):
    """The systems of others, which are reached by HTTP and trusted with nothing: neither with how
    long they take nor with where their addresses lead.
    """

    @abstractmethod
    def check(self, url: str) -> None:
        """Let pass a URL that may be sent to now.

        Raises:
            Rejected: it may not: its text, or an address that its name has, leads to where nothing
                may be sent; or its name has none. The sentence tells neither addresses nor URL.
        """

    @abstractmethod
    def post(self, post: Post) -> "Future[Answer]":
        """Send it once, signed. Answers at once; the future has the answer within
        ``ANSWERS_WITHIN`` and a moment, and never fails. Addresses are checked anew.
        """
