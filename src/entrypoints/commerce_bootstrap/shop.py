"""A shop: every service under one roof, each a stateless singleton that any thread may use."""

from collections.abc import Callable, Mapping

import attrs
from prometheus_client import CollectorRegistry

from commerce_bootstrap.settings import Settings
from commerce_bootstrap.tracing import Tracer
from commerce_core.accounts.service import Accounts
from commerce_core.cart.service import Carts, GuestTokens
from commerce_core.catalog.service.importer import Importer
from commerce_core.catalog.service.imports import Imports
from commerce_core.catalog.service.items import Items
from commerce_core.checkout.service.cancel import Cancellations
from commerce_core.checkout.service.check import Checker
from commerce_core.checkout.service.operate import Operations
from commerce_core.checkout.service.place import Checkout
from commerce_core.checkout.service.reconcile import Reconciliation
from commerce_core.checkout.service.run import SagaRunner
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import Follower
from commerce_core.kernel.messaging import Broker, Outbox
from commerce_core.kernel.relay import LeftOver, Relay
from commerce_core.kernel.retention import Retention
from commerce_core.orders.service import Orders, SellerOrderProjection
from commerce_core.search import SearchIndex
from commerce_core.search.service.find import Searches
from commerce_core.search.service.follow import IndexAudit, Reindexer
from commerce_local.serializer import Serializer
from commerce_local.wake_up import WakeUp


@attrs.frozen(kw_only=True)
class Shop:
    """What entrypoints drive. Handlers ask for its services by the names that they have here."""

    settings: Settings
    currency: str
    clock: Clock
    accounts: Accounts
    items: Items
    imports: Imports
    carts: Carts
    guest_tokens: GuestTokens
    checkout: Checkout
    cancellations: Cancellations
    orders: Orders
    seller_list: SellerOrderProjection
    searches: Searches
    operations: Operations
    checker: Checker
    index_audit: IndexAudit
    reconciliation: Reconciliation
    retention: Retention
    runner: SagaRunner
    relay: Relay
    left_over: LeftOver
    """What publishes events that waited inside the shop when it went over to a broker."""
    broker: Broker
    followers: Mapping[str, Follower]
    """What hands each consumer the messages in its queue, by the consumer's name; none where
    publishing does.
    """
    importer: Importer
    reindexer: Reindexer
    outbox: Outbox
    index: SearchIndex
    checks: Mapping[str, Callable[[], str | None]]
    """What is wrong with each part that requests need; ``None``: nothing."""
    registry: CollectorRegistry
    tracer: Tracer | None
    """What collects traces; ``None``: nobody does."""
    work: WakeUp
    """Rung when orders, cancellations or items wait for a worker."""
    serializer: Serializer | None
    """Where loops queue, so that one works at a time; ``None``: they work side by side."""
    close: Callable[[], None]
    """Finish what is queued and let go of files and connections. Idempotent."""
