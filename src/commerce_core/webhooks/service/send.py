"""Sending what waits for endpoints."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from commerce_core.kernel.clock import Clock
from commerce_core.kernel.transaction import Database, retry_transaction
from commerce_core.webhooks.model import (
    ANSWERS_WITHIN,
    GONE,
    Answer,
    DeliveryStatus,
    DisabledBecause,
    Endpoint,
    EndpointId,
    Post,
    WebhookDelivery,
)
from commerce_core.webhooks.ports import (
    ClaimedEndpoint,
    Receivers,
    SendResults,
    WebhookRepository,
)
from commerce_core.webhooks.service.disable import Disabling, Ended
from commerce_core.webhooks.service.limits import WebhookLimits
from commerce_core.webhooks.service.secrets import SigningSecrets

#: Long enough for every answer and its record, so that nobody else sends the same meanwhile.
_LEASE: Final = ANSWERS_WITHIN + timedelta(seconds=30)


@attrs.frozen
class _UnderWay:
    """What is being sent to an endpoint."""

    claimed: ClaimedEndpoint
    sent: Sequence[tuple[WebhookDelivery, "Future[Answer]"]]

    @property
    def is_over(self) -> bool:
        """Whether every receiver has answered."""
        return all(answer.done() for _, answer in self.sent)


class WebhookSender:
    """Sends in any number of processes: each endpoint is one's at a time.

    It waits for no receiver: a turn starts what can be started and records what was answered. One
    of it serves a process, on one thread.
    """

    def __init__(
        self,
        database: Database,
        repo: WebhookRepository,
        receivers: Receivers,
        secrets: SigningSecrets,
        clock: Clock,
        limits: WebhookLimits,
        disabling: Disabling,
    ) -> None:
        self._db = database
        self._repo = repo
        self._receivers = receivers
        self._secrets = secrets
        self._clock = clock
        self._limits = limits
        self._disabling = disabling
        self._under_way: dict[EndpointId, _UnderWay] = {}

    def run_once(self, limit: int) -> int:
        """Record what was answered, and start sending to up to *limit* further endpoints; how many
        of both there were.

        Nothing is lost by ending at any point: what was sent and not recorded is sent once more.
        """
        return self._record() + self._start(limit)

    def _record(self) -> int:
        over = [each for each in self._under_way.values() if each.is_over]
        if over:
            self._disabling.note(retry_transaction(self._db, lambda: self._write(over)))
            for each in over:
                del self._under_way[each.claimed.endpoint.id]
        return len(over)

    def _write(self, over: Sequence[_UnderWay]) -> Sequence[Ended]:
        now = self._clock.now()
        results = [_results(each, now) for each in over]
        hopeless = [(r.claimed.endpoint, why) for r in results if (why := _hopeless(r))]
        with self._db.begin() as tx:
            held = set(self._repo.record(tx, results, now))
            ended = self._disabling.disable(tx, [e for e in hopeless if e[0].id in held], now)
            tx.commit()
        return ended

    def _start(self, limit: int) -> int:
        room = self._limits.at_once - sum(len(each.sent) for each in self._under_way.values())
        most = min(limit, room // self._limits.at_once_each)
        now = self._clock.now()
        if most <= 0 or not self._any_due(now):
            return 0
        claims, due = retry_transaction(self._db, lambda: self._claim(now, most))
        for claimed in claims:
            deliveries = due.get(claimed.endpoint.id, ())
            sent = [(each, self._send(claimed.endpoint, each)) for each in deliveries]
            self._under_way[claimed.endpoint.id] = _UnderWay(claimed, sent)
        return len(claims)

    def _any_due(self, now: datetime) -> bool:
        with self._db.single_read() as tx:
            return self._repo.any_due(tx, now, now + _LEASE)

    def _claim(
        self, now: datetime, limit: int
    ) -> tuple[Sequence[ClaimedEndpoint], Mapping[EndpointId, Sequence[WebhookDelivery]]]:
        with self._db.begin() as tx:
            claims = self._repo.claim(tx, now, now + _LEASE, limit)
            each = self._limits.at_once_each
            most = {c.endpoint.id: 1 if c.endpoint.failing_since else each for c in claims}
            due = self._repo.due(tx, most, now)
            tx.commit()
        return claims, due

    def _send(self, endpoint: Endpoint, delivery: WebhookDelivery) -> "Future[Answer]":
        now = self._clock.now()
        return self._receivers.post(
            Post(
                url=endpoint.url,
                id=delivery.event_id,
                at=now,
                body=_body(delivery),
                secrets=tuple(
                    self._secrets.secret_of(endpoint.id, generation)
                    for generation in endpoint.generations(now)
                ),
            )
        )


def _body(delivery: WebhookDelivery) -> str:
    """The event as receivers read it."""
    return json.dumps(
        {
            "type": delivery.name,
            "timestamp": delivery.occurred_at.astimezone(UTC).isoformat(),
            "data": delivery.payload,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _results(under_way: _UnderWay, now: datetime) -> SendResults:
    answers = [(delivery, future.result()) for delivery, future in under_way.sent]
    wishes = [answer.wish for _, answer in answers if answer.wish]
    deliveries = [delivery.after(answer, now) for delivery, answer in answers]
    endpoint = under_way.claimed.endpoint
    succeeded = any(answer.is_success for _, answer in answers)
    since = None if succeeded or not answers else endpoint.failing_since or now
    return SendResults(
        claimed=under_way.claimed,
        deliveries=deliveries,
        leave_alone=now + max(wishes) if wishes else None,
        failing_since=since if answers else endpoint.failing_since,
    )


def _hopeless(results: SendResults) -> DisabledBecause | None:
    """Why nothing more is to be sent to an endpoint."""
    failed = [d for d in results.deliveries if d.status is DeliveryStatus.FAILED]
    if not failed:
        return None
    gone = any(delivery.answered == GONE for delivery in failed)
    return DisabledBecause.GONE if gone else DisabledBecause.FAILING
