"""Making notifications of events."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from commerce_core.catalog import PriceDropped
from commerce_core.inventory import AvailabilityChanged, StockLedger
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.codec import decode_event
from commerce_core.kernel.ids import MessageId, OrderId, SkuId
from commerce_core.kernel.messaging import Consumer, Inbox, Message
from commerce_core.kernel.transaction import Database
from commerce_core.notifications.model import Kind, Notification
from commerce_core.notifications.ports import NotificationRepository
from commerce_core.notifications.service.compose import LOW_STOCK
from commerce_core.notifications.service.notify import new_notification
from commerce_core.notifications.service.wishes import WishNotifications
from commerce_core.orders import (
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
    OrderKey,
    OrderRepository,
    OrderView,
    PaymentActionRequired,
    PaymentRefunded,
    ShipmentReady,
)
from commerce_core.refunds import RefundEvent, RefundFailed, RefundSucceeded

#: What its buyer is told of an event of an order. Nothing is confirmed before ShipmentReady: an
#: order can be cancelled until then.
_TO_BUYERS: Final[Mapping[type[OrderEvent], Kind]] = {
    PaymentActionRequired: Kind.PAYMENT_ACTION_REQUIRED,
    ShipmentReady: Kind.ORDER_CONFIRMED,
    OrderCompleted: Kind.ORDER_COMPLETED,
    OrderCancelled: Kind.ORDER_CANCELLED,
    PaymentRefunded: Kind.REFUND_COMPLETED,
}


_OF_REFUNDS: Final[Mapping[type[RefundEvent], Kind]] = {
    RefundSucceeded: Kind.REFUND_COMPLETED,
    RefundFailed: Kind.REFUND_FAILED,
}


def _of_refund(event: RefundEvent, at: datetime) -> Notification:
    """What its buyer is told of a refund; each has its own, and one that comes back a second."""
    facts = {
        "orderId": event.order_id,
        "returnedMinor": event.amount_minor,
        "currency": event.currency,
    }
    kind, subject = _OF_REFUNDS[type(event)], f"{event.order_id}/{event.no}"
    return new_notification(kind, subject, event.buyer_id, at, facts)


class EventNotifications(Consumer):
    """Writes a row for each message that an event causes, in the transaction in which the event
    counts as handled. No order waits for it.
    """

    def __init__(
        self,
        database: Database,
        repo: NotificationRepository,
        inbox: Inbox,
        orders: OrderRepository,
        stock: StockLedger,
        wishes: WishNotifications,
        clock: Clock,
    ) -> None:
        self._db = database
        self._repo = repo
        self._inbox = inbox
        self._orders = orders
        self._stock = stock
        self._wishes = wishes
        self._clock = clock

    @property
    def name(self) -> str:
        return "notifications"

    @property
    def follows(self) -> Sequence[str]:
        of_goods = (PriceDropped.name, AvailabilityChanged.name)
        return [*(e.name for e in (*_TO_BUYERS, *_OF_REFUNDS)), *of_goods]

    def handle(self, messages: Sequence[Message]) -> None:
        decoded = {m.id: decode_event(m.name, m.payload) for m in messages}
        self._wishes.tell(
            {e.item_id for e in decoded.values() if isinstance(e, PriceDropped)},
            {e.sku_id for e in decoded.values() if isinstance(e, AvailabilityChanged)},
        )
        events = {i: e for i, e in decoded.items() if isinstance(e, OrderEvent | RefundEvent)}
        if events:
            self._tell_of_orders([m for m in messages if m.id in events], events)

    def _tell_of_orders(
        self, messages: Sequence[Message], events: Mapping[MessageId, OrderEvent | RefundEvent]
    ) -> None:
        shipped = [
            OrderKey(e.buyer_id, e.order_id)
            for e in events.values()
            if isinstance(e, ShipmentReady)
        ]
        with self._db.snapshot() as tx:
            views = self._orders.load(tx, shipped)
            skus = sorted({line.sku_id for view in views.values() for line in view.order.lines})
            levels = self._stock.levels(tx, skus)
        few = {sku_id for sku_id, level in levels.items() if level.available <= LOW_STOCK}
        with self._db.begin() as tx:
            new = self._inbox.record_new(tx, self.name, messages)
            made = [n for m in new for n in self._caused_by(events[m.id], views, few)]
            self._repo.insert(tx, sorted(made, key=lambda n: (n.person, n.id)))
            tx.commit()

    def _caused_by(
        self,
        event: OrderEvent | RefundEvent,
        views: Mapping[OrderId, OrderView],
        few: Collection[SkuId],
    ) -> Iterator[Notification]:
        at = self._clock.now()
        if isinstance(event, RefundEvent):
            yield _of_refund(event, at)
            return
        yield new_notification(_TO_BUYERS[type(event)], event.order_id, event.buyer_id, at, {})
        view = views.get(event.order_id) if isinstance(event, ShipmentReady) else None
        for seller in sorted({line.seller_id for line in view.order.lines}) if view else ():
            facts = {"buyerId": event.buyer_id}
            yield new_notification(Kind.NEW_ORDER, event.order_id, seller, at, facts)
        for line in view.order.lines if view else ():
            if line.sku_id in few:
                # Once a day, however many are sold: a seller needs time to act.
                subject = f"{line.sku_id}/{at:%Y-%m-%d}"
                about = {"itemId": line.item_id, "skuId": line.sku_id}
                yield new_notification(Kind.LOW_STOCK, subject, line.seller_id, at, about)
