"""Systems of others that a shop in memory sends to: they take whatever they are posted."""

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import CommerceError, Invalid
from commerce_core.kernel.ids import SellerId
from commerce_core.webhooks import NewEndpoint
from commerce_testkit.memory.shop import MemoryShop
from commerce_testkit.receiver import subject_of
from commerce_testkit.shop import Refused, Visitor
from commerce_testkit.systems import Systems, Webhook


class ServiceSystems(Systems):
    """Manages endpoints by the services of *shop*; *seller* says who a visitor is."""

    def __init__(self, shop: MemoryShop, seller: Callable[[Visitor], SellerId]) -> None:
        self._shop = shop
        self._seller = seller

    def address(self) -> str:
        return f"https://system-{self._shop.parts.ids.new()}.example.com/"

    def add(self, who: Visitor, url: str, events: Sequence[str]) -> Webhook:
        asked = {"url": url, "events": list(events)}
        with _refusing():
            command = reader(self._shop.parts.currency).read(asked, NewEndpoint)
            endpoint, secret = self._shop.webhooks.create(self._seller(who), command)
        return Webhook(id=endpoint.id, url=endpoint.url, secret=secret)

    def of(self, who: Visitor) -> tuple[str, ...]:
        return tuple(each.url for each in self._shop.webhooks.own(self._seller(who)))

    def remove(self, who: Visitor, webhook_id: str) -> None:
        with _refusing():
            self._shop.webhooks.delete(self._seller(who), webhook_id)

    def received(self, webhook: Webhook) -> tuple[tuple[str, str], ...]:
        bodies = [
            json.loads(post.body)
            for post in self._shop.parts.receivers.posts
            if post.url == webhook.url and webhook.secret in post.secrets
        ]
        return tuple((body["type"], subject_of(body["data"])) for body in bodies)


@contextmanager
def _refusing() -> Generator[None]:
    try:
        yield
    except CommerceError as error:
        fields = [p.pointer for p in error.problems] if isinstance(error, Invalid) else []
        raise Refused(error.code, error.facts, fields, error.detail) from error
