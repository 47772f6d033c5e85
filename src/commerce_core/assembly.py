"""Putting a shop together: parts in, services out, in this one place.

Whoever builds a shop gives :class:`Parts`; what is the same of every shop is here. Nothing is
opened, read or started, and nothing but the parts' own classes decides how a shop behaves. A new
capability is its folder, one line in :class:`Parts` if it has a port, and one in
:class:`Services`.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final, Protocol, TypeVar, get_type_hints

import attrs

from commerce_core.accounts import AccountRepository, Limits, PasswordHasher, TokenFactory
from commerce_core.accounts.service import Accounts
from commerce_core.cart import CartRepository
from commerce_core.cart.service import CartChanges, CartRetention, Carts, GuestTokens
from commerce_core.catalog import ImportLimits, ImportQueue, ItemRepository, Offers
from commerce_core.catalog.service.importer import Importer
from commerce_core.catalog.service.imports import Imports
from commerce_core.catalog.service.item_writer import ItemWriter
from commerce_core.catalog.service.items import Items
from commerce_core.checkout import (
    OURS,
    CheckoutRule,
    Definitions,
    InTime,
    OrderNumbers,
    Outside,
    Placed,
    SagaStore,
    Timing,
    without_limit,
)
from commerce_core.checkout.service.cancel import Cancellations
from commerce_core.checkout.service.check import Checker
from commerce_core.checkout.service.operate import Operations
from commerce_core.checkout.service.place import Placement
from commerce_core.checkout.service.prepare import (
    CheckoutRequest,
    InStages,
    Preparation,
    in_one_group,
)
from commerce_core.checkout.service.reconcile import Reconciliation
from commerce_core.checkout.service.record import Recorder
from commerce_core.checkout.service.run import SagaRunner
from commerce_core.checkout.service.submit import Checkout
from commerce_core.inventory import StockLedger
from commerce_core.kernel.batching import Batcher, FanOut, GroupFunction
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.deployment import answer_at_once
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.messaging import Broker, Consumer, Inbox, LocalQueues, Outbox
from commerce_core.kernel.part_types import check_type
from commerce_core.kernel.relay import LocalQueueDrain, Relay
from commerce_core.kernel.retention import Retention, Rule
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderRepository, SellerOrders
from commerce_core.orders.service import Orders, SellerOrderProjection
from commerce_core.payment import PaymentGateway, Route
from commerce_core.pricing import Charges, FreeOfCharges, Pricer
from commerce_core.search import ReindexQueue, SearchIndex
from commerce_core.search.service.find import Searches
from commerce_core.search.service.follow import IndexAudit, Reindexer, SearchIndexer
from commerce_core.shipping import Carrier

#: The group that places orders, in metrics and traces.
PLACEMENT: Final = "placement"

T = TypeVar("T")
R = TypeVar("R")


class Grouping(Protocol):
    """The one place where something is put around what callers share: grouping itself, and with it
    metrics, traces, and taking turns.
    """

    @abstractmethod
    def __call__(
        self, name: str, function: GroupFunction[T, R], /, *, waits: bool = False
    ) -> Batcher[T, R]:
        """What hands groups to *function*; *name* is a stable one, for people who operate it.

        One that *waits* for parties outside gets items one by one, several at the same time, and
        nobody else waits for it.
        """


def _unchanged(consumer: Consumer) -> Consumer:
    return consumer


def _unheard(*_: object) -> None:
    """Nobody counts it."""


@attrs.frozen(kw_only=True)
class RetentionPeriods:
    """How long things are kept after their last change, or after they ended."""

    guest_carts: timedelta = timedelta(days=30)
    carts: timedelta = timedelta(days=365)
    history: timedelta = timedelta(days=30)


@attrs.frozen(kw_only=True)
class Parts:
    """What a shop stands on: an adapter for each port, and what is set."""

    currency: str
    clock: Clock
    ids: IdFactory
    tokens: TokenFactory
    hasher: PasswordHasher
    database: Database
    accounts: AccountRepository
    items: ItemRepository
    offers: Offers
    imports: ImportQueue
    stock: StockLedger
    carts: CartRepository
    orders: OrderRepository
    seller_orders: SellerOrders
    sagas: SagaStore
    reindex: ReindexQueue
    outbox: Outbox
    inbox: Inbox
    queues: LocalQueues | None = None
    """Queues of the shop's own, in which events wait where there is no broker's server."""
    index: SearchIndex
    broker: Callable[[Sequence[Consumer]], Broker]
    """Opens what carries events to consumers; each says itself which events it follows.

    One whose ``answers_at_once`` is true delivers through the shop's own *queues*.
    """
    gateways: Mapping[str, PaymentGateway]
    """By name; the first one takes the payments, unless there is a *route*."""
    carriers: Mapping[str, Carrier]
    """By name; the first one takes the parcels."""
    charges: Charges = attrs.field(factory=FreeOfCharges)
    route: Route | None = None
    """Which gateway takes which payment."""
    rules: Sequence[CheckoutRule] = ()
    """Who may have which order."""
    numbers: OrderNumbers | None = None
    """What people call orders by; without it they have their ids alone."""
    definitions: Definitions = OURS
    """The sagas of orders that this process knows."""
    in_time: InTime = without_limit
    """Bounds the calls of steps that are none of the shop's own."""
    subscribers: Sequence[Consumer] = ()
    """Consumers beside the shop's own; :func:`~commerce_core.kernel.subscribing.subscribe` makes
    one of a function.
    """
    batcher: Grouping
    fan_out: FanOut
    consumer: Callable[[Consumer], Consumer] = _unchanged
    """Wraps each consumer, for traces and figures."""
    owner: str
    """In whose name this process holds leases."""
    guest_key: str
    """Signs guests' tokens; the same in all processes of a shop."""
    timing: Timing = attrs.field(factory=Timing)
    limits: Limits = attrs.field(factory=Limits)
    import_limits: ImportLimits = attrs.field(factory=ImportLimits)
    periods: RetentionPeriods = attrs.field(factory=RetentionPeriods)
    note_lag: Callable[[timedelta], None] = _unheard
    """Hears how long each change took until it could be found."""
    count_dropped: Callable[[str, int], None] = _unheard
    """Hears how many rows the retention forgot, by rule."""

    def __attrs_post_init__(self) -> None:
        check_parts(attrs.asdict(self, recurse=False))


def check_parts(parts: Mapping[str, object]) -> None:
    """Accept *parts*, all or some, that can be the fields of :class:`Parts` of these names.

    Raises:
        TypeError: one cannot; the sentence names it and says what it must be.
    """
    kinds = _kinds_of_parts()
    for name, part in parts.items():
        if name not in kinds:
            raise TypeError(f"Parts has no {name}; it has {', '.join(sorted(kinds))}")
        check_type(f"Parts.{name}", kinds[name], part)


@cache
def _kinds_of_parts() -> Mapping[str, Any]:
    return get_type_hints(Parts)


class Services:
    """Every service of a shop by its name; each may be used from any thread.

    Use cases hold no state. What runs in the background does (the runner remembers which parties
    do not answer, subscriptions what they have handled): one of each serves a whole process.
    """

    def __init__(self, parts: Parts) -> None:
        db, clock, ids, currency = parts.database, parts.clock, parts.ids, parts.currency
        items, stock, carts, outbox = parts.items, parts.stock, parts.carts, parts.outbox
        orders, sagas, gateways = parts.orders, parts.sagas, parts.gateways
        pricer = Pricer(currency, parts.charges)
        item_writer = ItemWriter(items, stock, outbox, ids)
        self.accounts = Accounts(
            db, parts.accounts, parts.hasher, parts.tokens, clock, ids, parts.limits
        )
        self.items = Items(db, items, stock, item_writer, clock, ids, currency)
        self.imports = Imports(db, parts.imports, clock, ids, parts.import_limits)
        self.importer = Importer(db, parts.imports, items, item_writer, clock, ids, currency)
        self.carts = _carts(parts, pricer)
        self.guest_tokens = GuestTokens(parts.guest_key, parts.tokens)
        self.placement = _placement(parts, pricer)
        self.checkout = _checkout(parts, self.placement)
        self.cancellations = Cancellations(db, orders, sagas, clock)
        self.orders = Orders(db, orders, parts.seller_orders)
        known = parts.definitions
        outside = Outside(
            gateways=gateways, carriers=parts.carriers, clock=clock, in_time=parts.in_time
        )
        recorder = Recorder(carts, stock, orders, sagas, outbox, ids, parts.timing, known)
        self.runner = SagaRunner(
            db, orders, sagas, recorder, known, outside, parts.fan_out, clock, parts.timing
        )
        self.operations = Operations(db, orders, sagas, recorder, gateways, clock, known)
        self.reconciliation = Reconciliation(db, orders, sagas, gateways, clock)
        self.checker = Checker(db, carts, stock, orders, sagas, outbox, gateways, clock)
        self.searches = Searches(db, parts.imports, parts.index)
        self.reindexer = Reindexer(db, items, stock, parts.index, parts.reindex, clock, ids)
        self.index_audit = IndexAudit(db, items, stock, parts.index)
        self.indexer = SearchIndexer(db, items, stock, parts.index, clock, parts.note_lag)
        self.seller_list = SellerOrderProjection(db, orders, parts.seller_orders, clock)
        self.retention = Retention(db, _rules(parts), clock, parts.count_dropped)
        ours = (self.indexer, self.seller_list)
        consumers = [parts.consumer(c) for c in _each_by_its_name([*ours, *parts.subscribers])]
        self.broker = parts.broker(consumers)
        self.followers = _followers(parts, self.broker, consumers)
        inside = [*self.followers.values()] if answer_at_once(self.broker) else ()
        self.relay = Relay(outbox, self.broker, clock, parts.owner, inside)
        self.local_queue_drain = LocalQueueDrain(parts.queues, self.broker)


def assemble(parts: Parts) -> Services:
    """The services of a shop that stands on *parts*."""
    return Services(parts)


def _each_by_its_name(consumers: Sequence[Consumer]) -> Sequence[Consumer]:
    names = [consumer.name for consumer in consumers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two consumers are called {twice[0]}: each has a queue by its name")
    return consumers


def _carts(parts: Parts, pricer: Pricer) -> Carts:
    changes = CartChanges(
        parts.database, parts.carts, parts.offers, parts.stock, pricer, parts.clock
    )
    return Carts(changes, parts.batcher("carts", changes.change_many))


def _placement(parts: Parts, pricer: Pricer) -> Placement:
    return Placement(
        database=parts.database,
        carts=parts.carts,
        offers=parts.offers,
        stock=parts.stock,
        orders=parts.orders,
        sagas=parts.sagas,
        outbox=parts.outbox,
        pricer=pricer,
        clock=parts.clock,
        ids=parts.ids,
        carrier=next(iter(parts.carriers)),
        definition=parts.definitions.current,
        rules=[rule for rule in parts.rules if answer_at_once(rule)],
    )


def _checkout(parts: Parts, placement: Placement) -> Checkout:
    waiting = [rule for rule in parts.rules if not answer_at_once(rule)]
    preparation = Preparation(parts.gateways, waiting, parts.route, parts.numbers)
    batcher, numbers = parts.batcher, [parts.numbers] if parts.numbers else []
    orders: Batcher[CheckoutRequest, Placed]
    if answer_at_once(*parts.gateways.values(), *waiting, *numbers):
        whole = in_one_group(placement.preview, preparation, placement.place_many)
        orders = batcher(PLACEMENT, whole)
    else:
        orders = InStages(
            batcher("looks", placement.preview),
            batcher("preparations", preparation.prepare_many, waits=True),
            batcher(PLACEMENT, placement.place_many),
        )
    return Checkout(orders, placement.preview, preparation, parts.ids)


def _rules(parts: Parts) -> Sequence[Rule]:
    """What is forgotten, and after how long.

    Orders, their payments and whatever a repeated request is recognised by are never forgotten.
    """
    periods, history = parts.periods, parts.periods.history
    carts = CartRetention(parts.carts, guests=periods.guest_carts, buyers=periods.carts)
    return (
        Rule(name="carts", keep=timedelta(), drop=carts.drop),
        Rule(name="sessions", keep=timedelta(), drop=parts.accounts.drop_sessions),
        Rule(name="imports", keep=history, drop=parts.imports.drop_ended),
        Rule(name="index-rebuilds", keep=history, drop=parts.reindex.drop_ended),
        Rule(name="inbox", keep=history, drop=parts.inbox.forget_before),
    )


def _followers(
    parts: Parts, broker: Broker, consumers: Sequence[Consumer]
) -> Mapping[str, Follower]:
    """What hands each consumer the messages in its queue, by the consumer's name; none where
    publishing does.
    """
    queues = broker.queues()
    return {
        c.name: Follower(c, queues[c.name], parts.outbox.park, parts.clock)
        for c in consumers
        if c.name in queues
    }
