"""From events to deliveries."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from commerce_core.catalog import ItemChanged, Offer, Offers
from commerce_core.inventory import AvailabilityChanged
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import BuyerId, ItemId, OrderId, SellerId, SkuId
from commerce_core.kernel.messaging import Consumer, Inbox, Message
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.orders import OrderKey, OrderRepository, OrderView
from commerce_core.webhooks.commands import EVENTS
from commerce_core.webhooks.model import (
    DisabledBecause,
    Endpoint,
    delivery_of,
)
from commerce_core.webhooks.ports import WebhookRepository
from commerce_core.webhooks.service.disable import Disabling, Ended
from commerce_core.webhooks.service.limits import WebhookLimits


class WebhookQueueing(Consumer):
    """Writes down, for each endpoint that follows an event, that it is to be delivered. It sends
    nothing, and is done before anything is sent: a receiver holds up no event.
    """

    def __init__(
        self,
        database: Database,
        repo: WebhookRepository,
        inbox: Inbox,
        orders: OrderRepository,
        offers: Offers,
        clock: Clock,
        limits: WebhookLimits,
        disabling: Disabling,
    ) -> None:
        self._db = database
        self._repo = repo
        self._inbox = inbox
        self._orders = orders
        self._offers = offers
        self._clock = clock
        self._limits = limits
        self._disabling = disabling

    @property
    def name(self) -> str:
        return "webhooks"

    @property
    def follows(self) -> Sequence[str]:
        return EVENTS

    def handle(self, messages: Sequence[Message]) -> None:
        recipients = self._recipients(messages)
        if recipients:
            concerned = [m for m in messages if m.id in recipients]
            ended = retry_transaction(self._db, lambda: self._enqueue(concerned, recipients))
            self._disabling.note(ended)

    def _enqueue(
        self, messages: Sequence[Message], recipients: Mapping[str, Sequence[Endpoint]]
    ) -> Sequence[Ended]:
        now = self._clock.now()
        known = {each.id: each for some in recipients.values() for each in some}
        with self._db.begin() as tx:
            new = self._inbox.record_new(tx, self.name, messages)
            deliveries = [delivery_of(m, each, now) for m in new for each in recipients[m.id]]
            full = self._repo.enqueue(tx, deliveries, now, self._limits.waiting)
            because = DisabledBecause.TOO_MANY_WAITING
            ended = self._disabling.disable(tx, [(known[i], because) for i in full], now)
            tx.commit()
        return ended

    def _recipients(self, messages: Sequence[Message]) -> Mapping[str, Sequence[Endpoint]]:
        """The endpoints that follow each message, by its id; a message that nobody follows is
        missing.
        """
        with self._db.snapshot() as tx:
            of_shop, sellers_follow = self._repo.of_the_shop(tx)
            sellers = self._sellers(tx, messages) if sellers_follow else _NO_SELLERS
            some = sorted(set[SellerId]().union(*sellers.values()))
            of_sellers = self._repo.of_sellers(tx, some)
        found: dict[str, list[Endpoint]] = {}
        for message in messages:
            concerned = sellers.get(message.id, set[SellerId]())
            following = [
                each
                for each in (*of_shop, *of_sellers)
                if message.name in each.events
                and (each.seller_id is None or each.seller_id in concerned)
            ]
            if following:
                found[message.id] = following
        return found

    def _sellers(
        self, tx: Transaction, messages: Sequence[Message]
    ) -> Mapping[str, AbstractSet[SellerId]]:
        """Whose goods each message is about, by its id."""
        keys, items, skus = _subjects(messages)
        owners: dict[str, set[SellerId]] = {}
        for order_id, view in (self._orders.load(tx, keys) if keys else _NO_ORDERS).items():
            owners[order_id] = {line.seller_id for line in view.order.lines}
        for item_id, offers in (self._offers.by_item(tx, items) if items else _NO_ITEMS).items():
            owners[item_id] = {offer.seller_id for offer in offers}
        for sku_id, offer in (self._offers.by_sku(tx, skus) if skus else _NO_FORMS).items():
            owners[sku_id] = {offer.seller_id}
        return {m.id: owners.get(m.partition_key, set()) for m in messages}


_NO_SELLERS: Final[Mapping[str, AbstractSet[SellerId]]] = {}
_NO_ORDERS: Final[Mapping[OrderId, OrderView]] = {}
_NO_ITEMS: Final[Mapping[ItemId, Sequence[Offer]]] = {}
_NO_FORMS: Final[Mapping[SkuId, Offer]] = {}


def _subjects(
    messages: Sequence[Message],
) -> tuple[Sequence[OrderKey], Sequence[ItemId], Sequence[SkuId]]:
    """What the messages are about, each once, in an order that is always the same."""
    orders: set[tuple[str, str]] = set()
    items: set[str] = set()
    skus: set[str] = set()
    for message in messages:
        payload = message.payload
        if message.name == ItemChanged.name:
            items.add(payload["item_id"])
        elif message.name == AvailabilityChanged.name:
            skus.add(payload["sku_id"])
        else:
            orders.add((payload["buyer_id"], payload["order_id"]))
    return (
        [OrderKey(BuyerId(buyer_id), OrderId(order_id)) for buyer_id, order_id in sorted(orders)],
        [ItemId(item_id) for item_id in sorted(items)],
        [SkuId(sku_id) for sku_id in sorted(skus)],
    )
