"""Endpoints as their owners manage them, and what was delivered to them."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.errors import StaleVersion
from commerce_core.kernel.ids import IdFactory, SellerId, is_id
from commerce_core.kernel.paging import Page, cut_page, decode_cursor
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.webhooks.commands import ChangeEndpoint, NewEndpoint
from commerce_core.webhooks.errors import (
    DeliveryNotFound,
    EndpointDisabled,
    EndpointNotFound,
    TooManyEndpoints,
    TooManyWaiting,
)
from commerce_core.webhooks.model import (
    DeliveryId,
    DeliveryStatus,
    DisabledBecause,
    Endpoint,
    EndpointId,
    EndpointStatus,
    WebhookDelivery,
)
from commerce_core.webhooks.ports import Receivers, WebhookRepository
from commerce_core.webhooks.service.limits import WebhookLimits
from commerce_core.webhooks.service.secrets import SigningSecrets


class Webhooks:
    """Endpoints of one owner: a seller, or the shop (``None``), whose endpoints any operator
    manages.
    """

    def __init__(
        self,
        database: Database,
        repo: WebhookRepository,
        receivers: Receivers,
        secrets: SigningSecrets,
        clock: Clock,
        ids: IdFactory,
        limits: WebhookLimits,
    ) -> None:
        self._db = database
        self._repo = repo
        self._receivers = receivers
        self._secrets = secrets
        self._clock = clock
        self._ids = ids
        self._limits = limits

    def create(self, owner: SellerId | None, command: NewEndpoint) -> tuple[Endpoint, str]:
        """A new endpoint, and the secret that signs what it gets. Not idempotent.

        Raises:
            Invalid: nothing may be sent to its URL.
            TooManyEndpoints: the owner has as many as it may.
        """
        self._receivers.check(command.url)
        now = self._clock.now()
        endpoint = Endpoint(
            id=EndpointId(self._ids.new()),
            seller_id=owner,
            url=command.url,
            events=tuple(dict.fromkeys(command.events)),
            description=command.description,
            created_at=now,
            updated_at=now,
        )
        retry_transaction(self._db, lambda: self._insert(endpoint))
        return endpoint, self._secrets.secret_of(endpoint.id, endpoint.generation)

    def own(self, owner: SellerId | None) -> Sequence[Endpoint]:
        """The owner's endpoints, oldest first."""
        with self._db.snapshot() as tx:
            return self._repo.of_owner(tx, owner)

    def details(self, owner: SellerId | None, endpoint_id: str) -> Endpoint:
        """One of them.

        Raises:
            EndpointNotFound: there is none, or it is somebody else's.
        """
        with self._db.snapshot() as tx:
            return self._own(tx, owner, endpoint_id)

    def change(self, owner: SellerId | None, endpoint_id: str, command: ChangeEndpoint) -> Endpoint:
        """Change what is mentioned. Idempotent. Enabled again, it gets what happens from then
        on.

        Raises:
            EndpointNotFound: there is none, or it is somebody else's.
            Invalid: nothing may be sent to its URL.
            StaleVersion: it was changed meanwhile.
        """
        if command.url is not ABSENT:
            self.details(owner, endpoint_id)
            self._receivers.check(command.url)
        now = self._clock.now()
        with self._db.begin() as tx:
            before = self._own(tx, owner, endpoint_id)
            if command.enabled is False:
                self._repo.disable(tx, before.id, DisabledBecause.OWNER, now)
            after = self._save(tx, before, _changed(before, command), now)
            tx.commit()
        return after

    def roll(self, owner: SellerId | None, endpoint_id: str) -> tuple[Endpoint, str]:
        """A new secret; the present one signs beside it for a day. Not idempotent.

        Raises:
            EndpointNotFound: there is none, or it is somebody else's.
            StaleVersion: it was changed meanwhile.
        """
        now = self._clock.now()
        with self._db.begin() as tx:
            before = self._own(tx, owner, endpoint_id)
            after = self._save(tx, before, before.rolled(now), now)
            tx.commit()
        return after, self._secrets.secret_of(after.id, after.generation)

    def delete(self, owner: SellerId | None, endpoint_id: str) -> None:
        """Send nothing more to an endpoint, and forget it.

        Raises:
            EndpointNotFound: there is none, or it is somebody else's.
        """
        with self._db.begin() as tx:
            endpoint = self._own(tx, owner, endpoint_id)
            self._repo.delete(tx, endpoint.id, self._clock.now())
            tx.commit()

    def deliveries(
        self,
        owner: SellerId | None,
        endpoint_id: str,
        status: DeliveryStatus | None,
        cursor: str | None,
        size: int,
    ) -> Page[WebhookDelivery]:
        """What was sent to an endpoint or waits for it, newest first.

        Raises:
            EndpointNotFound: there is none, or it is somebody else's.
            BadCursor: *cursor* was not given out by this list.
        """
        kind = f"deliveries {endpoint_id} {status or ''}"
        before = _position(kind, cursor)
        with self._db.snapshot() as tx:
            endpoint = self._own(tx, owner, endpoint_id)
            found = self._repo.deliveries(tx, endpoint.id, status, before, size + 1)
        return cut_page(kind, found, size, lambda one: (one.created_at, one.id))

    def redeliver(
        self, owner: SellerId | None, endpoint_id: str, delivery_id: str
    ) -> WebhookDelivery:
        """Have a delivery sent once more, whatever became of it, and soon if it waits. Idempotent
        until that is done.

        Raises:
            EndpointNotFound: there is no such endpoint, or it is somebody else's.
            DeliveryNotFound: it has no such delivery.
            EndpointDisabled: nothing is sent to it.
            TooManyWaiting: as many wait for it as may.
        """
        with self._db.begin() as tx:
            endpoint = self._own(tx, owner, endpoint_id)
            known = DeliveryId(delivery_id) if is_id(delivery_id) else None
            delivery = self._repo.delivery(tx, endpoint.id, known) if known else None
            if delivery is None:
                raise DeliveryNotFound("the endpoint has no such delivery")
            if not endpoint.is_active:
                raise EndpointDisabled("enable the endpoint first")
            if not self._repo.redeliver(tx, delivery, self._clock.now(), self._limits.waiting):
                raise TooManyWaiting("too many deliveries wait for the endpoint")
            found = self._repo.delivery(tx, endpoint.id, delivery.id)
            tx.commit()
        return found or delivery

    def _insert(self, endpoint: Endpoint) -> None:
        with self._db.begin() as tx:
            if not self._repo.insert(tx, endpoint, self._limits.endpoints):
                raise TooManyEndpoints(
                    f"there are {self._limits.endpoints} endpoints already: delete one first"
                )
            tx.commit()

    def _own(self, tx: Transaction, owner: SellerId | None, endpoint_id: str) -> Endpoint:
        found = self._repo.load(tx, EndpointId(endpoint_id)) if is_id(endpoint_id) else None
        if found is None or found.seller_id != owner:
            raise EndpointNotFound("there is no such endpoint")
        return found

    def _save(self, tx: Transaction, before: Endpoint, after: Endpoint, at: datetime) -> Endpoint:
        if after == before:
            return before
        after = attrs.evolve(after, version=before.version + 1, updated_at=at)
        if not self._repo.update(tx, after):
            raise StaleVersion("the endpoint was changed meanwhile")
        return self._repo.load(tx, after.id) or after


def _changed(endpoint: Endpoint, command: ChangeEndpoint) -> Endpoint:
    after = endpoint
    if command.url is not ABSENT:
        after = attrs.evolve(after, url=command.url)
    if command.events is not ABSENT:
        after = attrs.evolve(after, events=tuple(dict.fromkeys(command.events)))
    if command.description is not ABSENT:
        after = attrs.evolve(after, description=command.description)
    if command.enabled is True and not after.is_active:
        return attrs.evolve(
            after, status=EndpointStatus.ACTIVE, disabled_because=None, failing_since=None
        )
    if command.enabled is False and after.is_active:
        return attrs.evolve(
            after, status=EndpointStatus.DISABLED, disabled_because=DisabledBecause.OWNER
        )
    return after


def _position(kind: str, cursor: str | None) -> tuple[datetime, DeliveryId] | None:
    if cursor is None:
        return None
    at, delivery_id = decode_cursor(kind, cursor, datetime, str)
    return at, DeliveryId(delivery_id)
