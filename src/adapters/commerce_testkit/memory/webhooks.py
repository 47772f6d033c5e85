"""Endpoints, deliveries and receivers in memory."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime

import attrs

from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.public_address import NotPublic, public_url
from commerce_core.kernel.transaction import Transaction
from commerce_core.webhooks import (
    Answer,
    ClaimedEndpoint,
    DeliveryId,
    DeliveryStatus,
    DisabledBecause,
    Endpoint,
    EndpointAudit,
    EndpointId,
    EndpointStatus,
    Post,
    Receivers,
    SendResults,
    WebhookDelivery,
    WebhookRepository,
    WebhookStats,
)
from commerce_testkit.memory.leases import unheld
from commerce_testkit.memory.transaction import table


@attrs.frozen(kw_only=True)
class _Row:
    """An endpoint with what its owner does not see."""

    endpoint: Endpoint
    fence: int = 0
    lease_until: datetime | None = None
    leave_alone: datetime | None = None


class MemoryWebhooks(WebhookRepository):
    """Endpoints and deliveries in dictionaries."""

    def insert(self, tx: Transaction, endpoint: Endpoint, most: int) -> bool:
        if len(self.of_owner(tx, endpoint.seller_id)) >= most:
            return False
        _endpoints(tx)[endpoint.id] = _Row(endpoint=endpoint)
        return True

    def load(self, tx: Transaction, endpoint_id: EndpointId) -> Endpoint | None:
        row = _endpoints(tx).get(endpoint_id)
        if row is None or row.endpoint.status is EndpointStatus.DELETED:
            return None
        waiting = len(_pending(tx, endpoint_id))
        return attrs.evolve(row.endpoint, waiting=waiting)

    def of_owner(self, tx: Transaction, seller_id: SellerId | None) -> Sequence[Endpoint]:
        found = [self.load(tx, endpoint_id) for endpoint_id in _endpoints(tx)]
        own = [each for each in found if each and each.seller_id == seller_id]
        return sorted(own, key=lambda each: (each.created_at, each.id))

    def update(self, tx: Transaction, endpoint: Endpoint) -> bool:
        row = _endpoints(tx).get(endpoint.id)
        if row is None or row.endpoint.version != endpoint.version - 1:
            return False
        _endpoints(tx)[endpoint.id] = attrs.evolve(row, endpoint=endpoint)
        return True

    def disable(
        self, tx: Transaction, endpoint_id: EndpointId, because: DisabledBecause, at: datetime
    ) -> bool:
        row = _endpoints(tx).get(endpoint_id)
        if row is None or not row.endpoint.is_active:
            return False
        disabled = attrs.evolve(
            row.endpoint, status=EndpointStatus.DISABLED, disabled_because=because, updated_at=at
        )
        _endpoints(tx)[endpoint_id] = attrs.evolve(row, endpoint=disabled)
        for each in _pending(tx, endpoint_id):
            _put(
                tx,
                attrs.evolve(each, status=DeliveryStatus.FAILED, next_at=None, finished_at=at),
            )
        return True

    def delete(self, tx: Transaction, endpoint_id: EndpointId, at: datetime) -> None:
        row = _endpoints(tx).get(endpoint_id)
        if row is not None:
            deleted = attrs.evolve(row.endpoint, status=EndpointStatus.DELETED, url="")
            _endpoints(tx)[endpoint_id] = attrs.evolve(row, endpoint=deleted)

    def of_the_shop(self, tx: Transaction) -> tuple[Sequence[Endpoint], bool]:
        active = _active(tx)
        own = [each for each in active if each.seller_id is None]
        return own, len(own) < len(active)

    def of_sellers(self, tx: Transaction, seller_ids: Sequence[SellerId]) -> Sequence[Endpoint]:
        return [each for each in _active(tx) if each.seller_id in seller_ids]

    def enqueue(
        self, tx: Transaction, deliveries: Sequence[WebhookDelivery], at: datetime, most: int
    ) -> Sequence[EndpointId]:
        full: list[EndpointId] = []
        active = {each.id for each in _active(tx)}
        for endpoint_id in sorted({each.endpoint_id for each in deliveries} & active):
            mine = [d for d in deliveries if d.endpoint_id == endpoint_id]
            if len(_pending(tx, endpoint_id)) + len(mine) > most:
                full.append(endpoint_id)
                continue
            for each in mine:
                _deliveries(tx).setdefault(each.id, attrs.evolve(each, next_at=None))
            for each in mine:
                _promote(tx, endpoint_id, each.subject, at)
        return full

    def claim(
        self, tx: Transaction, now: datetime, lease_until: datetime, limit: int
    ) -> Sequence[ClaimedEndpoint]:
        claimed: list[ClaimedEndpoint] = []
        for _, endpoint_id in _claimable(tx, now, lease_until)[:limit]:
            row = _endpoints(tx)[endpoint_id]
            row = attrs.evolve(row, fence=row.fence + 1, lease_until=lease_until)
            _endpoints(tx)[endpoint_id] = row
            loaded = self.load(tx, endpoint_id) or row.endpoint
            claimed.append(ClaimedEndpoint(endpoint=loaded, fence=row.fence))
        return claimed

    def any_due(self, tx: Transaction, now: datetime, lease_until: datetime) -> bool:
        return bool(_claimable(tx, now, lease_until))

    def due(
        self, tx: Transaction, most: Mapping[EndpointId, int], now: datetime
    ) -> Mapping[EndpointId, Sequence[WebhookDelivery]]:
        found: dict[EndpointId, Sequence[WebhookDelivery]] = {}
        for endpoint_id, count in most.items():
            due = [d for d in _pending(tx, endpoint_id) if d.next_at and d.next_at <= now]
            due.sort(key=lambda d: (d.next_at or now, d.event_id))
            if due:
                found[endpoint_id] = due[:count]
        return found

    def record(
        self, tx: Transaction, results: Sequence[SendResults], at: datetime
    ) -> Sequence[EndpointId]:
        held: list[EndpointId] = []
        for each in results:
            endpoint_id = each.claimed.endpoint.id
            row = _endpoints(tx).get(endpoint_id)
            if row is None or row.fence != each.claimed.fence:
                continue
            held.append(endpoint_id)
            endpoint = attrs.evolve(row.endpoint, failing_since=each.failing_since)
            _endpoints(tx)[endpoint_id] = attrs.evolve(
                row, endpoint=endpoint, lease_until=None, leave_alone=each.leave_alone
            )
            for delivery in each.deliveries:
                known = _deliveries(tx).get(delivery.id)
                if known is not None and known.status is DeliveryStatus.PENDING:
                    _put(tx, delivery)
                    _promote(tx, endpoint_id, delivery.subject, at)
        return held

    def delivery(
        self, tx: Transaction, endpoint_id: EndpointId, delivery_id: DeliveryId
    ) -> WebhookDelivery | None:
        found = _deliveries(tx).get(delivery_id)
        return found if found is not None and found.endpoint_id == endpoint_id else None

    def deliveries(
        self,
        tx: Transaction,
        endpoint_id: EndpointId,
        status: DeliveryStatus | None,
        before: tuple[datetime, DeliveryId] | None,
        limit: int,
    ) -> Sequence[WebhookDelivery]:
        found = [
            d
            for d in _deliveries(tx).values()
            if d.endpoint_id == endpoint_id
            and (status is None or d.status is status)
            and (before is None or (d.created_at, d.id) < before)
        ]
        return sorted(found, key=lambda d: (d.created_at, d.id), reverse=True)[:limit]

    def redeliver(
        self, tx: Transaction, delivery: WebhookDelivery, at: datetime, most: int
    ) -> bool:
        pending = delivery.status is DeliveryStatus.PENDING
        if not pending and len(_pending(tx, delivery.endpoint_id)) >= most:
            return False
        if pending and delivery.next_at is None:
            return True  # it is sent when those before it are over
        again = attrs.evolve(
            delivery,
            status=DeliveryStatus.PENDING,
            next_at=at,
            first_at=delivery.first_at if pending else None,
            attempts=delivery.attempts if pending else 0,
            finished_at=None,
        )
        _put(tx, again)
        return True

    def drop_finished(self, tx: Transaction, before: datetime, limit: int) -> int:
        rows, endpoints = _deliveries(tx), _endpoints(tx)
        deleted = {i for i, r in endpoints.items() if r.endpoint.status is EndpointStatus.DELETED}
        old = [
            d.id
            for d in rows.values()
            if d.endpoint_id in deleted or (d.finished_at is not None and d.finished_at < before)
        ][:limit]
        for delivery_id in old:
            del rows[delivery_id]
        empty = deleted - {d.endpoint_id for d in rows.values()}
        for endpoint_id in sorted(empty)[: limit - len(old)]:
            del endpoints[endpoint_id]
        return len(old) + min(len(empty), limit - len(old))

    def audit(
        self, tx: Transaction, after: EndpointId | None, limit: int
    ) -> Sequence[EndpointAudit]:
        found: list[EndpointAudit] = []
        for endpoint_id in sorted(i for i in _endpoints(tx) if after is None or i > after):
            if self.load(tx, endpoint_id) is not None:
                pending = _pending(tx, endpoint_id)
                timed = {d.subject for d in pending if d.next_at}
                found.append(
                    EndpointAudit(
                        endpoint_id=endpoint_id,
                        said=len(pending),
                        waiting=len(pending),
                        stuck=len({d.subject for d in pending} - timed),
                    )
                )
        return found[:limit]

    def stats(self, tx: Transaction, at_most: int) -> WebhookStats:
        rows = [row.endpoint for row in _endpoints(tx).values()]
        active = _active(tx)
        waiting = sum(len(_pending(tx, each.id)) for each in active)
        firsts = [
            max(first, _endpoints(tx)[each.id].leave_alone or first)
            for each in active
            if (first := _first_due(tx, each.id))
        ]
        return WebhookStats(
            waiting=min(waiting, at_most),
            oldest_due=min(firsts, default=None),
            failing=sum(each.failing_since is not None for each in active),
            disabled=sum(
                each.status is EndpointStatus.DISABLED
                and each.disabled_because is not DisabledBecause.OWNER
                for each in rows
            ),
        )


class MemoryReceivers(Receivers):
    """Receivers that answer at once what *answer* says, 204 without one. ``posts`` is what they
    got.
    """

    def __init__(self, answer: Callable[[Post], Answer] | None = None) -> None:
        self.answer = answer or _taken
        self.posts: list[Post] = []

    def check(self, url: str) -> None:
        try:
            public_url(url)
        except NotPublic as error:
            raise Invalid.at("/url", str(error)) from None

    def post(self, post: Post) -> "Future[Answer]":
        future: Future[Answer] = Future()
        try:
            public_url(post.url)
        except NotPublic as error:
            future.set_result(Answer(error=str(error)))
        else:
            self.posts.append(post)
            future.set_result(self.answer(post))
        return future


def _taken(_: Post) -> Answer:
    return Answer(status=204)


def _endpoints(tx: Transaction) -> dict[EndpointId, _Row]:
    return table(tx, "webhook_endpoint")


def _deliveries(tx: Transaction) -> dict[DeliveryId, WebhookDelivery]:
    return table(tx, "webhook_delivery")


def _put(tx: Transaction, delivery: WebhookDelivery) -> None:
    _deliveries(tx)[delivery.id] = delivery


def _active(tx: Transaction) -> list[Endpoint]:
    return [row.endpoint for row in _endpoints(tx).values() if row.endpoint.is_active]


def _pending(tx: Transaction, endpoint_id: EndpointId) -> list[WebhookDelivery]:
    return [
        d
        for d in _deliveries(tx).values()
        if d.endpoint_id == endpoint_id and d.status is DeliveryStatus.PENDING
    ]


def _first_due(tx: Transaction, endpoint_id: EndpointId) -> datetime | None:
    return min((d.next_at for d in _pending(tx, endpoint_id) if d.next_at), default=None)


def _claimable(
    tx: Transaction, now: datetime, lease_until: datetime
) -> list[tuple[datetime, EndpointId]]:
    """When something is due for whom that nobody sends to, longest due first."""
    return sorted(
        (first, endpoint_id)
        for endpoint_id, row in _endpoints(tx).items()
        if row.endpoint.is_active
        and unheld(row.lease_until, now, lease_until)
        and (row.leave_alone is None or row.leave_alone <= now)
        and (first := _first_due(tx, endpoint_id)) is not None
        and first <= now
    )


def _promote(tx: Transaction, endpoint_id: EndpointId, subject: str, at: datetime) -> None:
    """Let the oldest of a subject be sent, if none of it is on its way."""
    waiting = [d for d in _pending(tx, endpoint_id) if d.subject == subject]
    if waiting and all(d.next_at is None for d in waiting):
        _put(tx, attrs.evolve(min(waiting, key=lambda d: d.event_id), next_at=at))
