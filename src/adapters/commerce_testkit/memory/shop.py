"""A whole shop in memory on one thread: every service over memory adapters, driven step by step
under a clock that is set.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.accounts.service import Accounts
from commerce_core.cart.service import CartChanges, CartRepositories, Carts
from commerce_core.catalog.service.importer import Importer
from commerce_core.catalog.service.imports import Imports
from commerce_core.catalog.service.items import Items
from commerce_core.catalog.service.shelve import Shelf
from commerce_core.checkout import Timing
from commerce_core.checkout.service.cancel import Cancellations
from commerce_core.checkout.service.check import Checker
from commerce_core.checkout.service.operate import Operations
from commerce_core.checkout.service.place import Checkout, Placement, PlacementRepositories
from commerce_core.checkout.service.prepare import Preparation, prepared_first
from commerce_core.checkout.service.reconcile import Reconciliation
from commerce_core.checkout.service.record import Recorder, SagaRepositories
from commerce_core.checkout.service.run import SagaRunner
from commerce_core.kernel.batching import InlineFanOut
from commerce_core.kernel.delivery import SUBSCRIPTIONS
from commerce_core.kernel.relay import Relay
from commerce_core.orders.service import Orders, SellerOrderProjection
from commerce_core.pricing import Charges, FreeOfCharges, Pricer
from commerce_core.search.service.find import Searches
from commerce_core.search.service.follow import (
    IndexAudit,
    ItemRepositories,
    Reindexer,
    SearchIndexer,
)
from commerce_testkit.memory.accounts import MemoryAccountBook
from commerce_testkit.memory.batching import SteppedBatcher
from commerce_testkit.memory.broker import MemoryBroker
from commerce_testkit.memory.cart import MemoryCartBook
from commerce_testkit.memory.catalog import MemoryImportQueue, MemoryItemBook, MemoryOffers
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.ids import CountingIds
from commerce_testkit.memory.inventory import MemoryStockLedger
from commerce_testkit.memory.messaging import MemoryOutbox
from commerce_testkit.memory.orders import MemoryOrderBook, MemorySellerOrders
from commerce_testkit.memory.passwords import CountingTokens, PlainHasher
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.reindex import MemoryReindexQueue
from commerce_testkit.memory.search import MemorySearchIndex
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.transaction import MemoryDatabase

_OWNER: Final = "memory"
_CARRIER: Final = "sandbox"
_GATEWAY: Final = "sandbox"
_STEP: Final = 100


def _outbox(parts: "MemoryParts") -> MemoryOutbox:
    return MemoryOutbox(parts.database)


def _gateway(parts: "MemoryParts") -> MemoryGateway:
    return MemoryGateway(parts.clock)


def _index(parts: "MemoryParts") -> MemorySearchIndex:
    return MemorySearchIndex(currency=parts.currency, clock=parts.clock, synonyms=parts.synonyms)


@attrs.frozen(kw_only=True)
class MemoryParts:
    """What the services stand on. Make one, put something of your own in its place, and give it to
    :func:`memory_shop`.
    """

    currency: str = "USD"
    timing: Timing = attrs.field(factory=Timing)
    clock: SettableClock = attrs.field(factory=SettableClock)
    ids: CountingIds = attrs.field(factory=CountingIds)
    database: MemoryDatabase = attrs.field(factory=MemoryDatabase)
    accounts: MemoryAccountBook = attrs.field(factory=MemoryAccountBook)
    items: MemoryItemBook = attrs.field(factory=MemoryItemBook)
    offers: MemoryOffers = attrs.field(factory=MemoryOffers)
    imports: MemoryImportQueue = attrs.field(factory=MemoryImportQueue)
    stock: MemoryStockLedger = attrs.field(factory=MemoryStockLedger)
    carts: MemoryCartBook = attrs.field(factory=MemoryCartBook)
    orders: MemoryOrderBook = attrs.field(factory=MemoryOrderBook)
    seller_orders: MemorySellerOrders = attrs.field(factory=MemorySellerOrders)
    sagas: MemorySagaStore = attrs.field(factory=MemorySagaStore)
    reindex: MemoryReindexQueue = attrs.field(factory=MemoryReindexQueue)
    charges: Charges = attrs.field(factory=FreeOfCharges)
    synonyms: Mapping[str, Sequence[str]] = attrs.field(factory=dict[str, Sequence[str]])
    outbox: MemoryOutbox = attrs.field(init=False, default=attrs.Factory(_outbox, takes_self=True))
    gateway: MemoryGateway = attrs.field(
        init=False, default=attrs.Factory(_gateway, takes_self=True)
    )
    carrier: MemoryCarrier = attrs.field(factory=MemoryCarrier)
    index: MemorySearchIndex = attrs.field(
        init=False, default=attrs.Factory(_index, takes_self=True)
    )


@attrs.frozen(kw_only=True)
class MemoryShop:
    """Every service, and the parts below them."""

    parts: MemoryParts
    accounts: Accounts
    items: Items
    imports: Imports
    importer: Importer
    carts: Carts
    checkout: Checkout
    placement: Placement
    cancellations: Cancellations
    orders: Orders
    searches: Searches
    reindexer: Reindexer
    runner: SagaRunner
    relay: Relay
    operations: Operations
    reconciliation: Reconciliation
    checker: Checker
    index_audit: IndexAudit

    @property
    def clock(self) -> SettableClock:
        """The clock that everything in the shop goes by."""
        return self.parts.clock

    def run_to_rest(self) -> None:
        """Carry on what can be carried on now, until nothing more comes of it. Time stands
        still.
        """
        loops = (
            self.importer.run_once,
            self.runner.run_once,
            self.relay.run_once,
            self.reindexer.run_once,
        )
        while any(run_once(_STEP) for run_once in loops):
            pass

    def let_pass(self, by: timedelta) -> None:
        """Let *by* go by, and carry on what is due then."""
        self.clock.advance(by)
        self.run_to_rest()


def memory_shop(parts: MemoryParts | None = None) -> MemoryShop:
    """A shop over *parts*; without, a new and empty one."""
    on = parts or MemoryParts()
    pricer = Pricer(on.currency, on.charges)
    shelf = Shelf(on.items, on.stock, on.outbox, on.ids)
    sources = ItemRepositories(database=on.database, book=on.items, stock=on.stock)
    books = SagaRepositories(
        database=on.database,
        carts=on.carts,
        stock=on.stock,
        orders=on.orders,
        sagas=on.sagas,
        outbox=on.outbox,
    )
    gateways, carriers = {_GATEWAY: on.gateway}, {_CARRIER: on.carrier}
    placement = _placement(on, pricer)
    preparation = Preparation(placement.preview, gateways)
    return MemoryShop(
        parts=on,
        accounts=Accounts(
            on.database, on.accounts, PlainHasher(), CountingTokens(), on.clock, on.ids
        ),
        items=Items(on.database, on.items, on.stock, shelf, on.clock, on.ids, on.currency),
        imports=Imports(on.database, on.imports, on.clock, on.ids),
        importer=Importer(on.database, on.imports, on.items, shelf, on.clock, on.ids, on.currency),
        carts=_carts(on, pricer),
        checkout=Checkout(
            preparation,
            SteppedBatcher(prepared_first(placement.place_many, preparation), at_once=True),
            on.ids,
        ),
        placement=placement,
        cancellations=Cancellations(on.database, on.orders, on.sagas, on.clock),
        orders=Orders(on.database, on.orders, on.seller_orders),
        searches=Searches(on.database, on.imports, on.index),
        reindexer=Reindexer(sources, on.index, on.reindex, on.clock, on.ids),
        runner=SagaRunner(
            books, gateways, carriers, InlineFanOut(8), on.clock, on.ids, on.timing, _OWNER
        ),
        relay=_relay(on, sources),
        operations=Operations(books, Recorder(books, on.ids, on.timing), gateways, on.clock),
        reconciliation=Reconciliation(books, gateways, on.clock),
        checker=Checker(books, gateways, on.clock),
        index_audit=IndexAudit(sources, on.index),
    )


def _carts(on: MemoryParts, pricer: Pricer) -> Carts:
    changes = CartChanges(
        CartRepositories(database=on.database, carts=on.carts, offers=on.offers, stock=on.stock),
        pricer,
        on.clock,
    )
    return Carts(changes, SteppedBatcher(changes.change_many, at_once=True))


def _placement(on: MemoryParts, pricer: Pricer) -> Placement:
    repositories = PlacementRepositories(
        database=on.database,
        carts=on.carts,
        offers=on.offers,
        stock=on.stock,
        orders=on.orders,
        sagas=on.sagas,
        outbox=on.outbox,
    )
    return Placement(repositories, pricer, on.clock, on.ids, _CARRIER)


def _relay(on: MemoryParts, sources: ItemRepositories) -> Relay:
    consumers = [
        SearchIndexer(sources, on.index, on.clock, lambda _: None),
        SellerOrderProjection(on.database, on.orders, on.seller_orders, on.clock),
    ]
    return Relay(
        on.outbox,
        MemoryBroker(consumers, SUBSCRIPTIONS, on.outbox.park, on.clock),
        on.clock,
        _OWNER,
    )
