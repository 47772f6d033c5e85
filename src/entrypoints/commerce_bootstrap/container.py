"""The container: lifetimes, configuration and overrides. What is built, and how, is in ``builders``
and in the services themselves.
"""

from dependency_injector import providers
from dependency_injector.containers import DeclarativeContainer
from prometheus_client import CollectorRegistry

from commerce_bootstrap import builders, grouping, outside, tracing
from commerce_bootstrap.database import build_clock
from commerce_bootstrap.followers import build_followers, followers_inside
from commerce_bootstrap.metrics import (
    GroupMetrics,
    QueueCollector,
    ShopCollector,
    dropped_rows,
    search_lag,
)
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts.service import Accounts
from commerce_core.cart.service import CartChanges, CartRepositories, Carts
from commerce_core.catalog.service.importer import Importer
from commerce_core.catalog.service.imports import Imports
from commerce_core.catalog.service.items import Items
from commerce_core.catalog.service.shelve import Shelf
from commerce_core.checkout.service.cancel import Cancellations
from commerce_core.checkout.service.check import Checker
from commerce_core.checkout.service.operate import Operations
from commerce_core.checkout.service.place import Checkout, Placement, PlacementRepositories
from commerce_core.checkout.service.prepare import Preparation, prepared_first
from commerce_core.checkout.service.reconcile import Reconciliation
from commerce_core.checkout.service.record import Recorder
from commerce_core.checkout.service.run import SagaRunner
from commerce_core.kernel.delivery import SUBSCRIPTIONS
from commerce_core.kernel.relay import LeftOver, Relay
from commerce_core.kernel.retention import Retention
from commerce_core.orders.service import Orders, SellerOrderProjection
from commerce_core.plugins import PluginContext
from commerce_core.pricing import FreeOfCharges, Pricer
from commerce_core.search.service.find import Searches
from commerce_core.search.service.follow import (
    IndexAudit,
    ItemRepositories,
    Reindexer,
    SearchIndexer,
)
from commerce_local.accounts import Argon2Hasher, RandomTokens
from commerce_local.ids import UuidFactory


class ShopContainer(DeclarativeContainer):
    """Every part once. Override a provider to put a part of your own in its place."""

    one = providers.Singleton
    settings = providers.Dependency(instance_of=Settings)
    closing = one(builders.Closing)
    clock, ids, tokens = one(build_clock, settings), one(UuidFactory), one(RandomTokens)
    wake_up = one(builders.build_wake_up, settings, closing)
    registry = one(CollectorRegistry)
    groups = one(GroupMetrics, registry)
    currency = settings.provided.currency
    subscriptions = providers.Object(SUBSCRIPTIONS)
    context = one(
        PluginContext, currency=currency, clock=clock, call_timeout=settings.provided.call_timeout,
        subscriptions=subscriptions
    )  # fmt: skip
    owner = one(builders.build_owner, ids)
    tracer = one(builders.build_tracer, settings, owner, closing)

    storage = one(builders.build_storage, settings, closing, clock, owner, subscriptions)
    held = storage.provided
    database = held.database
    index = one(builders.build_index, settings, context, closing)
    gateways = one(builders.build_gateways, settings, context, closing)
    carriers = one(builders.build_carriers, settings, context, storage, closing)
    asked_gateways = one(outside.timed_gateways, gateways, settings, storage, closing)
    asked_carriers = one(outside.timed_carriers, carriers, settings, closing)
    at_once = one(outside.answer_at_once, gateways, carriers)
    serializer = one(grouping.build_serializer, settings, at_once)
    charges = one(FreeOfCharges)
    pricer = one(Pricer, currency, charges)
    hasher = one(
        Argon2Hasher,
        at_once=settings.provided.hashes_at_once,
        waiting=settings.provided.hashes_waiting,
    )

    accounts = one(
        Accounts, database, held.accounts, hasher, tokens, clock, ids, settings.provided.limits
    )
    shelf = one(Shelf, held.items, held.stock, held.outbox, ids)
    items = one(Items, database, held.items, held.stock, shelf, clock, ids, currency)
    imports = one(Imports, database, held.imports, clock, ids, settings.provided.import_limits)
    importer = one(Importer, database, held.imports, held.items, shelf, clock, ids, currency)

    cart_shelves = one(
        CartRepositories, database=database, carts=held.carts, offers=held.offers, stock=held.stock
    )
    cart_changes = one(CartChanges, cart_shelves, pricer, clock)
    cart_batcher = one(
        grouping.build_batcher,
        one(grouping.serialized, cart_changes.provided.change_many, serializer),
        "carts",
        groups,
        closing,
    )
    carts = one(Carts, cart_changes, cart_batcher)
    guest_tokens = one(builders.build_guest_tokens, storage, tokens)

    repositories = one(
        PlacementRepositories, database=database, carts=held.carts, offers=held.offers,
        stock=held.stock, orders=held.orders, sagas=held.sagas,
        outbox=held.outbox,
    )  # fmt: skip
    placement = one(
        Placement,
        repositories,
        pricer,
        clock,
        ids,
        carrier=providers.Callable(next, providers.Callable(iter, carriers)),
    )
    preparation = one(
        Preparation,
        one(grouping.build_preview, settings, placement.provided.preview, groups, closing),
        asked_gateways,
    )
    in_order = one(
        grouping.serialized,
        one(prepared_first, placement.provided.place_many, preparation),
        serializer,
    )
    place_many = one(grouping.ringing, one(tracing.traced_groups, in_order, tracer), wake_up)
    placing = one(grouping.build_batcher, place_many, "placement", groups, closing)
    checkout = one(Checkout, preparation, placing, ids)

    books = held.books
    timing = settings.provided.timing
    recorder = one(Recorder, books, ids, timing)
    operations = one(Operations, books, recorder, asked_gateways, clock)
    cancellations = one(Cancellations, database, held.orders, held.sagas, clock)
    fan_out = one(tracing.FollowedCalls, one(outside.build_fan_out, at_once, closing), tracer)
    runner = one(
        SagaRunner, books, asked_gateways, asked_carriers, fan_out, clock, ids, timing, owner
    )
    reconciliation = one(Reconciliation, books, asked_gateways, clock)
    checker = one(Checker, books, asked_gateways, clock)
    orders = one(Orders, database, held.orders, held.seller_orders)

    sources = one(ItemRepositories, database=database, book=held.items, stock=held.stock)
    searches = one(Searches, database, held.imports, index)
    reindexer = one(Reindexer, sources, index, held.reindex, clock, ids)
    index_audit = one(IndexAudit, sources, index)
    indexer = one(SearchIndexer, sources, index, clock, one(search_lag, registry))
    seller_list = one(SellerOrderProjection, database, held.orders, held.seller_orders, clock)
    consumers = providers.List(
        one(tracing.FollowedConsumer, indexer, tracer),
        one(tracing.FollowedConsumer, seller_list, tracer),
    )
    broker = one(builders.build_broker, settings, context, consumers, storage, closing)
    followers = one(build_followers, broker, consumers, storage, clock)
    inside = one(followers_inside, settings, followers)
    relay = one(
        Relay, held.outbox, one(tracing.traced_broker, broker, tracer), clock, owner, inside
    )
    retention = one(
        Retention, database, one(builders.build_rules, settings, storage), clock,
        one(dropped_rows, registry)
    )  # fmt: skip
    left_over = one(LeftOver, held.queues, broker)
    collector = one(ShopCollector, operations, held.outbox, database, clock)

    shop = one(
        Shop, settings=settings, currency=currency, clock=clock, accounts=accounts, items=items,
        imports=imports, carts=carts, guest_tokens=guest_tokens,
        checkout=checkout, cancellations=cancellations, orders=orders, seller_list=seller_list,
        searches=searches, operations=operations, checker=checker,
        index_audit=index_audit, reconciliation=reconciliation, retention=retention, runner=runner,
        relay=relay, left_over=left_over,
        broker=broker, followers=followers,
        importer=importer, reindexer=reindexer, outbox=held.outbox, index=index,
        checks=one(builders.build_checks, storage, index),
        registry=registry, tracer=tracer, work=wake_up, serializer=serializer,
        close=closing.provided.close,
    )  # fmt: skip


def build_shop(settings: Settings) -> Shop:
    """A whole shop. Close it when done.

    Raises:
        WrongSetting: a part cannot be built from its setting; what was opened before is closed
            again.
    """
    builders.check_named(settings)
    container = ShopContainer(settings=settings)
    try:
        shop: Shop = container.shop()
        shop.registry.register(container.collector())
        if settings.delivers_inside:
            shop.registry.register(QueueCollector(shop.broker))
    except BaseException:
        container.closing().close()
        raise
    return shop
