"""Webhooks: endpoints of other systems, and what was sent to them."""

from typing import Any

import attrs

from commerce_core.accounts import Account, Role
from commerce_core.kernel.errors import StaleVersion
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.paging import BadCursor
from commerce_core.webhooks import (
    ChangeEndpoint,
    DeliveryNotFound,
    DeliveryStatus,
    Endpoint,
    EndpointDisabled,
    EndpointNotFound,
    NewEndpoint,
    TooManyEndpoints,
    TooManyWaiting,
)
from commerce_core.webhooks import WebhookDelivery as CoreDelivery
from commerce_core.webhooks.service import Webhooks
from commerce_http.web.answers import Reply, Shape, Timestamp
from commerce_http.web.auth import SELLER_OR_OPERATOR
from commerce_http.web.operations import Runs, operation
from commerce_http.web.query import page_size


class WebhookEndpoint(Shape):
    """Where events are sent. ``status`` is ``active`` or ``disabled``, ``disabledBecause`` is
    ``owner``, ``gone``, ``failing`` or ``too-many-waiting``. The secret before the present one
    signs as well until ``formerSecretUntil``.
    """

    endpoint_id: str
    url: str
    events: list[str]
    description: str
    status: str
    disabled_because: str | None
    failing_since: Timestamp | None
    waiting: int
    former_secret_until: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp


class WebhookEndpointWithSecret(WebhookEndpoint):
    """An endpoint with the secret that signs what it gets, which is shown this once."""

    secret: str


class WebhookEndpoints(Shape):
    """All endpoints of the caller."""

    endpoints: list[WebhookEndpoint]


class WebhookDelivery(Shape):
    """An event for an endpoint: ``pending``, ``delivered`` or ``failed``. ``nextAttemptAt`` is
    null while an earlier one of its subject is not over.
    """

    delivery_id: str
    event_id: str
    event: str
    subject: str
    status: str
    attempts: int
    status_code: int | None
    error: str | None
    occurred_at: Timestamp
    created_at: Timestamp
    next_attempt_at: Timestamp | None
    finished_at: Timestamp | None


class WebhookDeliveryPage(Shape):
    """A page of an endpoint's deliveries, newest first."""

    deliveries: list[WebhookDelivery]
    next_cursor: str | None


@attrs.frozen(kw_only=True)
class ListDeliveries:
    """Which deliveries, and which page of the list."""

    status: DeliveryStatus | None = None
    cursor: str | None = None
    size: int = page_size(20)


_EXAMPLE: dict[str, Any] = {
    "url": "https://hooks.example.com/commerce",
    "events": ["orders.order_created.v1", "orders.order_completed.v1"],
    "description": "the warehouse",
}


@operation(
    "POST",
    "/webhook-endpoints",
    who=SELLER_OR_OPERATOR,
    answer=WebhookEndpointWithSecret,
    status=201,
    problems=(TooManyEndpoints,),
    example=_EXAMPLE,
    headers={"Location": "The endpoint."},
)
def add_webhook_endpoint(command: NewEndpoint, caller: Account, webhooks: Webhooks) -> Reply:
    """Have events sent to a system of one's own: for an operator those of the whole shop, for a
    seller those of the own items and of orders with them.

    The answer holds the secret that signs deliveries, and no other one does.
    """
    endpoint, secret = webhooks.create(_owner(caller), command)
    return Reply(
        body=_with_secret(endpoint, secret),
        headers={"Location": f"/webhook-endpoints/{endpoint.id}"},
    )


@operation(
    "GET",
    "/webhook-endpoints",
    who=SELLER_OR_OPERATOR,
    answer=WebhookEndpoints,
    runs=Runs.KEY_READ,
)
def webhook_endpoints(caller: Account, webhooks: Webhooks) -> WebhookEndpoints:
    """The seller's own endpoints; an operator's: those of the shop."""
    found = webhooks.own(_owner(caller))
    return WebhookEndpoints(endpoints=[_endpoint_shape(each) for each in found])


@operation(
    "GET",
    "/webhook-endpoints/{endpoint_id}",
    who=SELLER_OR_OPERATOR,
    answer=WebhookEndpoint,
    problems=(EndpointNotFound,),
    runs=Runs.KEY_READ,
)
def webhook_endpoint(endpoint_id: str, caller: Account, webhooks: Webhooks) -> WebhookEndpoint:
    """One endpoint."""
    return _endpoint_shape(webhooks.details(_owner(caller), endpoint_id))


@operation(
    "PATCH",
    "/webhook-endpoints/{endpoint_id}",
    who=SELLER_OR_OPERATOR,
    answer=WebhookEndpoint,
    problems=(EndpointNotFound, StaleVersion),
    media=("application/json", "application/merge-patch+json"),
    example={"description": "the new warehouse", "enabled": True},
)
def change_webhook_endpoint(
    command: ChangeEndpoint, endpoint_id: str, caller: Account, webhooks: Webhooks
) -> WebhookEndpoint:
    """Change an endpoint. With `enabled` of `false` nothing more is sent and what waits is given
    up; with `true` what happens from then on is sent.
    """
    return _endpoint_shape(webhooks.change(_owner(caller), endpoint_id, command))


@operation(
    "DELETE",
    "/webhook-endpoints/{endpoint_id}",
    who=SELLER_OR_OPERATOR,
    status=204,
    problems=(EndpointNotFound,),
)
def remove_webhook_endpoint(endpoint_id: str, caller: Account, webhooks: Webhooks) -> None:
    """Delete an endpoint and its deliveries."""
    webhooks.delete(_owner(caller), endpoint_id)


@operation(
    "POST",
    "/webhook-endpoints/{endpoint_id}/secret",
    who=SELLER_OR_OPERATOR,
    answer=WebhookEndpointWithSecret,
    status=201,
    problems=(EndpointNotFound, StaleVersion),
)
def roll_webhook_secret(
    endpoint_id: str, caller: Account, webhooks: Webhooks
) -> WebhookEndpointWithSecret:
    """A new secret; for a day deliveries are signed with the present one as well."""
    return _with_secret(*webhooks.roll(_owner(caller), endpoint_id))


@operation(
    "GET",
    "/webhook-endpoints/{endpoint_id}/deliveries",
    who=SELLER_OR_OPERATOR,
    answer=WebhookDeliveryPage,
    problems=(EndpointNotFound, BadCursor),
    runs=Runs.KEY_READ,
)
def webhook_deliveries(
    endpoint_id: str, query: ListDeliveries, caller: Account, webhooks: Webhooks
) -> WebhookDeliveryPage:
    """What was sent to an endpoint or waits for it, newest first."""
    found = webhooks.deliveries(_owner(caller), endpoint_id, query.status, query.cursor, query.size)
    return WebhookDeliveryPage(
        deliveries=[_delivery_shape(each) for each in found.items],
        next_cursor=found.next_cursor,
    )


@operation(
    "POST",
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/redelivery",
    who=SELLER_OR_OPERATOR,
    answer=WebhookDelivery,
    status=202,
    problems=(EndpointNotFound, DeliveryNotFound, EndpointDisabled, TooManyWaiting),
)
def redeliver_webhook(
    endpoint_id: str, delivery_id: str, caller: Account, webhooks: Webhooks
) -> WebhookDelivery:
    """Send a delivery once more, whatever became of it; one that waits for its next attempt,
    now.
    """
    return _delivery_shape(webhooks.redeliver(_owner(caller), endpoint_id, delivery_id))


def _owner(caller: Account) -> SellerId | None:
    """Whose endpoints a caller manages."""
    return None if caller.role is Role.OPERATOR else SellerId(caller.id)


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "endpoint_id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "description": endpoint.description,
        "status": endpoint.status.value,
        "disabled_because": endpoint.disabled_because and endpoint.disabled_because.value,
        "failing_since": endpoint.failing_since,
        "waiting": endpoint.waiting,
        "former_secret_until": endpoint.former_until,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
    }


def _endpoint_shape(endpoint: Endpoint) -> WebhookEndpoint:
    return WebhookEndpoint(**_shown(endpoint))


def _with_secret(endpoint: Endpoint, secret: str) -> WebhookEndpointWithSecret:
    return WebhookEndpointWithSecret(**_shown(endpoint), secret=secret)


def _delivery_shape(delivery: CoreDelivery) -> WebhookDelivery:
    return WebhookDelivery(
        delivery_id=delivery.id,
        event_id=delivery.event_id,
        event=delivery.name,
        subject=delivery.subject,
        status=delivery.status.value,
        attempts=delivery.attempts,
        status_code=delivery.answered,
        error=delivery.error,
        occurred_at=delivery.occurred_at,
        created_at=delivery.created_at,
        next_attempt_at=delivery.next_at,
        finished_at=delivery.finished_at,
    )
