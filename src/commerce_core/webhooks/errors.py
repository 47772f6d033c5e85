"""Refusals about webhooks."""

from commerce_core.kernel.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    """There is no such endpoint, or it is somebody else's."""

    code = "webhook-endpoint-not-found"


class DeliveryNotFound(NotFound):
    """The endpoint has no such delivery, or no more."""

    code = "webhook-delivery-not-found"


class TooManyEndpoints(Conflict):
    """The account has as many endpoints as it may have."""

    code = "too-many-webhook-endpoints"


class EndpointDisabled(Conflict):
    """Nothing is sent to the endpoint until it is enabled again."""

    code = "webhook-endpoint-disabled"


class TooManyWaiting(Conflict):
    """As many deliveries wait for the endpoint as may."""

    code = "too-many-webhook-deliveries"
