"""Placing orders: what queued up while the last group was committed becomes one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.cart import Cart, CartRepository, next_cart_id
from commerce_core.catalog import Offers
from commerce_core.checkout.model import OrderSaga, Placed
from commerce_core.checkout.ports import CheckoutRule, SagaStore
from commerce_core.checkout.saga import Saga, placed
from commerce_core.checkout.service.buyer import asked_at
from commerce_core.checkout.service.decide import (
    Accepted,
    Decision,
    Draft,
    Repeated,
    Snapshot,
    decide,
)
from commerce_core.checkout.service.prepare import PreparedPayment
from commerce_core.inventory import AvailabilityChanged, Hold, SkuDemand, StockLedger
from commerce_core.kernel.batching import check_weight, isolate_failures
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Conflict, StaleRead
from commerce_core.kernel.ids import CartId, IdFactory, OrderId, SkuId
from commerce_core.kernel.messaging import Message, Outbox, envelope
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction
from commerce_core.orders import (
    EVENT_OF,
    FIRST_FACTS,
    NextAction,
    Order,
    OrderKey,
    OrderLine,
    OrderRepository,
    OrderState,
    OrderView,
)
from commerce_core.payment import Action, Handle
from commerce_core.pricing import Pricer


@attrs.frozen(kw_only=True, eq=False)
class Placement:
    """Decides and writes groups of prepared orders: the group function behind a ``Batcher``."""

    database: Database
    carts: CartRepository
    offers: Offers
    stock: StockLedger
    orders: OrderRepository
    sagas: SagaStore
    outbox: Outbox
    pricer: Pricer
    clock: Clock
    ids: IdFactory
    carrier: str
    definition: Saga
    rules: Sequence[CheckoutRule] = ()

    def preview(self, drafts: Sequence[Draft]) -> list[Decision]:
        """What would become of each of *drafts* right now, were it alone. Changes nothing."""
        return isolate_failures(self._preview, drafts)

    def _preview(self, drafts: Sequence[Draft]) -> list[Decision]:
        with self.database.snapshot() as tx:
            read_state = self._read(tx, drafts)
        return [decide([draft], read_state, self.pricer, self.rules)[0] for draft in drafts]

    def place_many(self, group: Sequence[PreparedPayment]) -> list[Placed | Exception]:
        """Place each order of *group* or say why not, in one transaction: a fixed number of
        statements whatever its size.

        Idempotent by order id, cart and idempotency key, so that the whole may be tried again after
        a lost connection.
        """
        return isolate_failures(self._place, group)

    def place(self, prepared: PreparedPayment) -> Placed:
        """Place one order, by itself. Idempotent, and refused, as :meth:`Checkout.place`.

        Raises:
            TransactionLost: others were in the way; it may be tried again.
        """
        (answer,) = self.place_many([prepared])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def within(self, database: Database) -> "Placement":
        """The same with its transactions on *database*, one that is part of a caller's transaction
        for instance.
        """
        return attrs.evolve(self, database=database)

    def _place(self, group: Sequence[PreparedPayment]) -> list[Placed | Exception]:
        return retry_transaction(self.database, lambda: self._try(group))

    def _try(self, group: Sequence[PreparedPayment]) -> list[Placed | Exception]:
        drafts = [prepared.draft for prepared in group]
        with self.database.begin() as tx:
            decisions = decide(drafts, self._read(tx, drafts), self.pricer, self.rules)
            accepted = [
                (d, p) for d, p in zip(decisions, group, strict=True) if isinstance(d, Accepted)
            ]
            views: Mapping[OrderId, OrderView] = (
                self._write(tx, accepted, self.clock.now()) if accepted else {}
            )
            tx.commit()
        return [
            _answer(draft, decision, views.get(draft.order_id))
            for draft, decision in zip(drafts, decisions, strict=True)
        ]

    def _read(self, tx: Transaction, drafts: Sequence[Draft]) -> Snapshot:
        with_key = [(d.buyer_id, d.idem_key) for d in drafts if d.idem_key]
        carts = self._carts(tx, drafts)
        check_weight([len(carts[d.cart_id].lines) if d.cart_id in carts else 0 for d in drafts])
        skus = sorted({line.sku_id for cart in carts.values() for line in cart.lines})
        return Snapshot(
            orders=self.orders.placed_with(tx, with_key, [(d.buyer_id, d.cart_id) for d in drafts]),
            carts=carts,
            offers=self.offers.by_sku(tx, skus),
            levels=self.stock.levels(tx, skus),
            numbers=self.orders.numbered(tx, [d.number for d in drafts if d.number]),
        )

    def _carts(self, tx: Transaction, drafts: Sequence[Draft]) -> Mapping[CartId, Cart]:
        """The requested carts; one that its buyer has not put anything into yet is not
        stored, but known by its name.
        """
        found = dict(self.carts.load(tx, sorted({(d.buyer_id, d.cart_id) for d in drafts})))
        if missing := [d for d in drafts if d.cart_id not in found]:
            counts = self.carts.count_of(tx, sorted({d.buyer_id for d in missing}))
            for d in missing:
                if d.cart_id == next_cart_id(d.buyer_id, counts.get(d.buyer_id, 0)):
                    found[d.cart_id] = Cart(
                        id=d.cart_id, buyer_id=d.buyer_id, version=0, updated_at=self.clock.now()
                    )
        return found

    def _write(
        self, tx: Transaction, accepted: Sequence[tuple[Accepted, PreparedPayment]], at: datetime
    ) -> Mapping[OrderId, OrderView]:
        """Write orders with all that follows from them; the orders as they are placed."""
        orders = [_order(a, prepared.handle, at) for a, prepared in accepted]
        traces = {
            order.id: prepared.trace for order, (_, prepared) in zip(orders, accepted, strict=True)
        }
        holds = [
            Hold(sku_id=sku, order_id=a.draft.order_id, quantity=n)
            for a, _ in accepted
            for sku, n in _demand([a]).items()
        ]
        consumed = self.carts.consume(
            tx, [(a.draft.buyer_id, a.cart.id, a.cart.version) for a, _ in accepted]
        )
        if len(consumed) != len(accepted):
            raise StaleRead("a cart was changed meanwhile")
        try:
            self.orders.insert(tx, orders)
        except Conflict as error:
            raise StaleRead(error.detail) from error
        self.stock.record_holds(tx, holds)
        actions = {order.id: p.action for order, (_, p) in zip(orders, accepted, strict=True)}
        begun = [self._begun(order, traces[order.id], actions[order.id], at) for order in orders]
        asked = self._begin(tx, begun, actions, at)
        views = {order.id: OrderView.as_placed(order, asked.get(order.id)) for order in orders}
        self._tell(tx, [*views.values()], traces, at)
        self._hold(tx, _demand([a for a, _ in accepted]), at)
        return views

    def _begun(
        self, order: Order, trace: str | None, action: Action | None, at: datetime
    ) -> OrderSaga:
        saga, _ = placed(self._saga(order, trace), action, self.definition)
        calls = {op: call.intended(at) for op, call in saga.calls.items()}
        return attrs.evolve(saga, calls=calls) if calls else saga

    def _begin(
        self, tx: Transaction, begun: Sequence[OrderSaga],
        actions: Mapping[OrderId, Action | None], at: datetime
    ) -> Mapping[OrderId, NextAction]:  # fmt: skip
        """Write the sagas; what is asked of buyers who act before anything else."""
        waiting = [saga for saga in begun if saga.state is OrderState.AWAITING_BUYER]
        self.sagas.insert(
            tx, [s for s in begun if s.state is not OrderState.AWAITING_BUYER], len(FIRST_FACTS), at
        )
        self.sagas.insert(tx, waiting, len(FIRST_FACTS) + 1, at)
        asked = {
            saga.key: asked_at(at, action)
            for saga in waiting
            if (action := actions[saga.key.order_id]) is not None
        }
        self.sagas.ask_buyers(tx, asked)
        return {key.order_id: one for key, one in asked.items()}

    def _hold(self, tx: Transaction, demand: Mapping[SkuId, int], at: datetime) -> None:
        """Last of all: others wait for a SKU that many want from here to the commit."""
        held = self.stock.hold(
            tx, [SkuDemand(sku_id=sku_id, quantity=n) for sku_id, n in sorted(demand.items())]
        )
        if len(held) != len(demand):
            raise StaleRead("stock was taken meanwhile")
        flipped = [
            AvailabilityChanged(sku_id=sku_id) for sku_id, change in held.items() if change.flipped
        ]
        self.outbox.append(tx, [envelope(event, id=self.ids.new(), at=at) for event in flipped])

    def _tell(
        self, tx: Transaction, views: Sequence[OrderView], traces: Mapping[OrderId, str | None],
        at: datetime
    ) -> None:  # fmt: skip
        self.orders.append(
            tx, {OrderKey(view.order.buyer_id, view.order.id): view.timeline for view in views}
        )
        messages: list[Message] = []
        for order, entries in [(view.order, view.timeline) for view in views]:
            for entry in entries:
                event = EVENT_OF[entry.fact](
                    order_id=order.id, buyer_id=order.buyer_id, seq=entry.seq, detail={},
                    number=order.number,
                )  # fmt: skip
                messages.append(envelope(event, id=self.ids.new(), at=at, trace=traces[order.id]))
        self.outbox.append(tx, messages)

    def _saga(self, order: Order, trace: str | None) -> OrderSaga:
        return OrderSaga(
            key=OrderKey(order.buyer_id, order.id),
            definition=self.definition.name,
            version=self.definition.version,
            gateway=order.handle.gateway,
            account=order.handle.account,
            carrier=self.carrier,
            digest=order.digest,
            total=order.total,
            trace=trace,
        )


def _answer(draft: Draft, decision: Decision, view: OrderView | None) -> Placed | Exception:
    match decision:
        case Accepted():
            return Placed(draft.key, draft.cart_id, replayed=False, view=view)
        case Repeated(of=order_id):
            return Placed(OrderKey(draft.buyer_id, order_id), draft.cart_id, replayed=True)
        case _:
            return decision


def _demand(accepted: Sequence[Accepted]) -> dict[SkuId, int]:
    demand: dict[SkuId, int] = {}
    for a in accepted:
        for line in a.cart.lines:
            demand[line.sku_id] = demand.get(line.sku_id, 0) + line.quantity
    return demand


def _order(accepted: Accepted, handle: Handle, at: datetime) -> Order:
    draft, cart = accepted.draft, accepted.cart
    lines = tuple(
        OrderLine(
            sku_id=offer.sku_id,
            item_id=offer.item_id,
            variant_id=offer.variant_id,
            seller_id=offer.seller_id,
            name=offer.name,
            quantity=line.quantity,
            unit_price=offer.price,
            sku=offer.sku,
            options=offer.options,
            metadata=line.metadata,
        )
        for line, offer in zip(cart.lines, accepted.offers, strict=True)
    )
    return Order(
        id=draft.order_id,
        buyer_id=draft.buyer_id,
        cart_id=cart.id,
        cart_version=cart.version,
        idem_key=draft.idem_key,
        digest=draft.digest,
        lines=lines,
        adjustments=accepted.quote.adjustments,
        total=accepted.quote.total,
        handle=handle,
        email=draft.email,
        address=draft.address,
        created_at=at,
        metadata=accepted.metadata,
        coupons=accepted.quote.applied,
        number=draft.number,
    )
