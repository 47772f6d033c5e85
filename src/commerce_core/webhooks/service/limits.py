"""What webhooks may take up."""

import attrs


@attrs.frozen(kw_only=True)
class WebhookLimits:
    """Bounds of an account, of an endpoint, and of a process that sends."""

    endpoints: int = 20
    """Endpoints of a seller, and of the shop."""
    waiting: int = 50_000
    """Deliveries that wait for one endpoint; it is disabled when there would be more."""
    at_once_each: int = 8
    """Deliveries under way to one endpoint; to one that fails there is one."""
    at_once: int = 512
    """Deliveries that one process has under way."""
