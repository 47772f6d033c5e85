"""Systems of others that a running shop sends to: servers on this machine."""

from collections.abc import Callable, Sequence

from commerce_testkit.http_connection import Answer
from commerce_testkit.receiver import WebhookReceiver, said
from commerce_testkit.shop import Visitor
from commerce_testkit.systems import Systems, Webhook


class HttpSystems(Systems):
    """Manages endpoints by *request*, sent as a visitor; it has a server for each system."""

    def __init__(self, request: Callable[..., Answer]) -> None:
        self._request = request
        self._servers: dict[str, WebhookReceiver] = {}

    def address(self) -> str:
        receiver = WebhookReceiver()
        self._servers[receiver.url] = receiver
        return receiver.url

    def add(self, who: Visitor, url: str, events: Sequence[str]) -> Webhook:
        asked = {"url": url, "events": list(events)}
        made = self._request(who, "POST", "/webhook-endpoints", asked).body
        return Webhook(id=made["endpointId"], url=made["url"], secret=made["secret"])

    def of(self, who: Visitor) -> tuple[str, ...]:
        found = self._request(who, "GET", "/webhook-endpoints").body["endpoints"]
        return tuple(each["url"] for each in found)

    def remove(self, who: Visitor, webhook_id: str) -> None:
        self._request(who, "DELETE", f"/webhook-endpoints/{webhook_id}")

    def received(self, webhook: Webhook) -> tuple[tuple[str, str], ...]:
        received = self._servers[webhook.url].received
        return tuple(said(each, webhook.secret) for each in received)

    def close(self) -> None:
        """End the systems."""
        for server in self._servers.values():
            server.close()
