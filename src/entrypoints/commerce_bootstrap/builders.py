"""Typed functions that build a shop's parts, each from what it needs: for the container, and for
teams with a wiring of their own.
"""

import logging
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import attrs
from opentelemetry.trace import Tracer

from commerce_bootstrap.database import open_database
from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.extras import missing_extra
from commerce_bootstrap.opened import Closing, open_part
from commerce_bootstrap.probing import down_check
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import PREFIX, Settings
from commerce_bootstrap.tracing import UNTRACED, traced_broker
from commerce_core.accounts import TokenFactory
from commerce_core.audit import AuditBooks
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.messaging import Broker, Consumer
from commerce_core.kernel.transaction import Database
from commerce_core.notifications import Channel, Renderer
from commerce_core.payment import PaymentGateway
from commerce_core.plugins import (
    BROKERS,
    CARRIERS,
    CHANNELS,
    PAYMENT_GATEWAYS,
    SEARCH,
    PluginContext,
    name_of,
)
from commerce_core.search import SearchIndex
from commerce_core.shipping import Carrier
from commerce_local.clock import SystemClock
from commerce_local.wake_up import WakeUp
from commerce_sqlalchemy import postgres
from commerce_sqlalchemy.accounts import SqlAccountRepository, SqlSecretStore
from commerce_sqlalchemy.audit import SqlCallLog, SqlDecisionLog
from commerce_sqlalchemy.cart import SqlCartRepository
from commerce_sqlalchemy.catalog import SqlItemRepository, SqlOffers
from commerce_sqlalchemy.checkout import SqlSagaStore
from commerce_sqlalchemy.credential_requests import SqlCredentialRequests
from commerce_sqlalchemy.engine import EngineDatabase
from commerce_sqlalchemy.images import SqlImageRepository
from commerce_sqlalchemy.imports import SqlImportQueue
from commerce_sqlalchemy.inventory import SqlStockLedger
from commerce_sqlalchemy.ledger import SqlLedgerRepository
from commerce_sqlalchemy.messaging import SqlInbox, SqlOutbox
from commerce_sqlalchemy.notifications import SqlNotificationRepository
from commerce_sqlalchemy.order_handles import SqlOrderHandles
from commerce_sqlalchemy.orders import SqlOrderRepository, SqlSellerOrders
from commerce_sqlalchemy.payment_notices import SqlNoticeRepository
from commerce_sqlalchemy.purchases import SqlPurchaseHistory
from commerce_sqlalchemy.queues import SqlLocalQueues
from commerce_sqlalchemy.recommendations import SqlRecommendationModels
from commerce_sqlalchemy.refunds import SqlRefundRepository
from commerce_sqlalchemy.search import SqlReindexQueue
from commerce_sqlalchemy.server_clock import ServerClock
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_sqlalchemy.wishlist import SqlWishlistRepository

_LOG: Final = logging.getLogger("commerce.shop")
_GUESTS: Final = "guest carts"


@attrs.frozen(kw_only=True)
class Storage:
    """The database and everything that is kept in it."""

    database: SqlDatabase
    accounts: SqlAccountRepository
    credential_requests: SqlCredentialRequests
    secrets: SqlSecretStore
    items: SqlItemRepository
    offers: SqlOffers
    imports: SqlImportQueue
    images: SqlImageRepository
    stock: SqlStockLedger
    carts: SqlCartRepository
    orders: SqlOrderRepository
    seller_orders: SqlSellerOrders
    wishlists: SqlWishlistRepository
    purchases: SqlPurchaseHistory
    recommendation_models: SqlRecommendationModels
    sagas: SqlSagaStore
    payment_notices: SqlNoticeRepository
    ledger: SqlLedgerRepository
    refunds: SqlRefundRepository
    order_handles: SqlOrderHandles
    audit: AuditBooks
    outbox: SqlOutbox
    queues: SqlLocalQueues
    reindex: SqlReindexQueue
    inbox: SqlInbox
    notifications: SqlNotificationRepository


def build_storage(
    settings: Settings,
    closing: ExitStack[bool | None],
    clock: Clock | None = None,
    owner: str = "nobody",
    waker: Callable[[], Callable[[], None]] | None = None,
    deployment: Deployment | None = None,
    database: Database | None = None,
) -> Storage:
    """The database at its address, and the books that are kept in it.

    Args:
        settings: say where it is.
        closing: lets go of it.
        clock: what leases on the queues of consumers go by, else the system's.
        owner: who takes messages out of these queues here.
        waker: gives what is called after each commit that leaves work; called once the address is
            known to be good.
        deployment: how the shop is laid out, else as its addresses say.
        database: the one at this address on the connections of somebody else's engine.

    Raises:
        PartAway: it is a server that does not answer.
        WrongSetting: there is no database at this address, or not one to rely on.
    """
    laid_out = deployment or Deployment.of(settings)
    opened = open_database(settings, laid_out, closing, database)
    if isinstance(clock, ServerClock):
        opened.keep_time(clock)
    if waker is not None:
        opened.wake = waker()
    queues = SqlLocalQueues(opened, clock or SystemClock(), owner)
    return Storage(
        database=opened, accounts=SqlAccountRepository(),
        credential_requests=SqlCredentialRequests(), secrets=SqlSecretStore(),
        items=SqlItemRepository(), offers=SqlOffers(), imports=SqlImportQueue(),
        images=SqlImageRepository(),
        stock=SqlStockLedger(), carts=SqlCartRepository(), orders=SqlOrderRepository(),
        seller_orders=SqlSellerOrders(), wishlists=SqlWishlistRepository(),
        purchases=SqlPurchaseHistory(), recommendation_models=SqlRecommendationModels(),
        sagas=SqlSagaStore(), payment_notices=SqlNoticeRepository(), refunds=SqlRefundRepository(),
        order_handles=SqlOrderHandles(), ledger=SqlLedgerRepository(),
        audit=AuditBooks(decisions=SqlDecisionLog(), calls=SqlCallLog()),
        outbox=SqlOutbox(opened, queues if laid_out.delivers_inside else None), queues=queues,
        reindex=SqlReindexQueue(), inbox=SqlInbox(), notifications=SqlNotificationRepository(),
    )  # fmt: skip


def build_guest_key(storage: Storage, tokens: TokenFactory) -> str:
    """What signs guests' tokens. It lies in the database: all processes of the shop have the
    same.
    """
    with storage.database.snapshot() as tx:
        key = storage.secrets.secret_of(tx, _GUESTS)
    if key is None:
        with storage.database.begin() as tx:
            key = storage.secrets.keep_secret(tx, _GUESTS, tokens.new())
            tx.commit()
    return key


def build_index(settings: Settings, context: PluginContext, closing: Closing) -> SearchIndex:
    """The search index at its address.

    Raises:
        WrongSetting: there is none.
    """
    index: SearchIndex = open_part(SEARCH, "SEARCH_URL", settings.search_url, closing, context)
    return index


def check_named(settings: Settings, deployment: Deployment, provided: Collection[str] = ()) -> None:
    """Make sure that gateway and carrier are named, or *provided*, where real orders may be taken:
    the sandbox is no silent default on a server.

    Raises:
        WrongSetting: one is not.
    """
    for setting, is_set in (
        ("PAYMENT_URLS", settings.payment_urls or "gateways" in provided),
        ("CARRIER_URL", settings.carrier_url or "carriers" in provided),
    ):
        if not is_set and deployment.on_server:
            raise WrongSetting(
                f"{PREFIX}{setting} must be set on PostgreSQL: to a real address, or to sandbox:// "
                "for a shop that only plays."
            )


def build_gateways(
    settings: Settings, deployment: Deployment, context: PluginContext, closing: Closing
) -> Mapping[str, PaymentGateway]:
    """The payment gateways by name, the default first. A name is the address's scheme, or its
    option ``name``.

    On a database server the log warns of a sandbox: any card pays there that passes the check
    of its digits.

    Raises:
        WrongSetting: there is none at an address, or two have one name.
    """
    gateways: dict[str, PaymentGateway] = {}
    for url in settings.payment_urls:
        name = name_of(url)
        if name in gateways:
            raise WrongSetting(
                f"{PREFIX}PAYMENT_URLS names two gateways {name}: distinguish them by ?name=."
            )
        gateways[name] = open_part(PAYMENT_GATEWAYS, "PAYMENT_URLS", url, closing, context)
    if not gateways:
        raise WrongSetting(f"{PREFIX}PAYMENT_URLS must name a gateway.")
    if deployment.on_server and "PAYMENT_URLS" in deployment.sandboxes:
        _LOG.warning(
            "%sPAYMENT_URLS names the sandbox: every test card pays, and no money moves", PREFIX
        )
    return gateways


def build_carriers(
    settings: Settings,
    deployment: Deployment,
    context: PluginContext,
    storage: Storage,
    closing: Closing,
) -> Mapping[str, Carrier]:
    """The carrier by name.

    Raises:
        WrongSetting: there is none at its address, or an unfinished order is sent with another one
            (rule 7).
    """
    if deployment.on_server and "CARRIER_URL" in deployment.sandboxes:
        _LOG.warning("%sCARRIER_URL names the sandbox: no parcel is sent", PREFIX)
    url = settings.carrier_url
    carriers = {name_of(url): open_part(CARRIERS, "CARRIER_URL", url, closing, context)}
    with storage.database.snapshot() as tx:
        missing = sorted(set(storage.sagas.carriers_in_use(tx)) - carriers.keys())
    if missing:
        raise WrongSetting(
            f"{PREFIX}CARRIER_URL lacks {missing[0]}, with which unfinished orders are sent."
        )
    return carriers


def build_channels(
    settings: Settings, context: PluginContext, closing: Closing
) -> Sequence[Channel]:
    """By which messages go to people, each at its address.

    Raises:
        WrongSetting: there is none at an address.
    """
    return [open_part(CHANNELS, "CHANNELS", url, closing, context) for url in settings.channels]


def build_renderer(settings: Settings) -> Renderer:
    """What writes the texts of messages.

    Raises:
        WrongSetting: the library is missing.
    """
    try:
        from commerce_notify.texts import TemplateRenderer  # hundreds of milliseconds
    except ImportError as error:
        raise WrongSetting(
            f"{PREFIX}TEXTS: {missing_extra(error) or f'{error.name} is missing'}."
        ) from error
    folder = Path(settings.texts) if settings.texts else None
    return TemplateRenderer(settings.shop_name, settings.locale, settings.zone, folder)


def build_broker(
    settings: Settings,
    context: PluginContext,
    storage: Storage,
    tracer: Tracer,
    closing: Closing,
) -> Callable[[Sequence[Consumer]], Broker]:
    """What opens the broker at its address, which carries events to the consumers that it is given.

    It raises WrongSetting where there is none.
    """

    def opened(consumers: Sequence[Consumer]) -> Broker:
        storage.queues.subscribe(consumers)
        plugin_context = attrs.evolve(context, queues=storage.queues)
        url, park = settings.broker_url, storage.outbox.park
        broker: Broker = open_part(
            BROKERS, "BROKER_URL", url, closing, plugin_context, consumers, park
        )
        return traced_broker(broker, tracer)

    return opened


def build_tracer(settings: Settings, owner: str, closing: ExitStack[bool | None]) -> Tracer:
    """What collects traces: nothing, unless a collector is named.

    Raises:
        WrongSetting: they are wanted, and the library is missing.
    """
    if not settings.otlp_url:
        return UNTRACED
    try:
        from commerce_bootstrap.otel import open_tracer
    except ImportError as error:
        raise WrongSetting(
            f"{PREFIX}OTLP_URL: the library is missing; install commerce-core[otel]."
        ) from error
    return open_tracer(settings.otlp_url, owner, closing)


def build_owner(ids: IdFactory) -> str:
    """The name under which this process holds leases."""
    return f"{socket.gethostname()}:{os.getpid()}:{ids.new()[-12:]}"


def build_checks(
    database: SqlDatabase, index: SearchIndex
) -> Mapping[str, Callable[[], str | None]]:
    """What is wrong with each part that requests need; ``None``: nothing."""

    def answers() -> None:
        with database.snapshot() as tx:
            tx.connection.exec_driver_sql("SELECT 1")
        database.check_room()

    return {
        "database": down_check("database", answers),
        "search": down_check("search", lambda: index.versions([])),
    }


def build_wake_up(
    settings: Settings,
    deployment: Deployment,
    closing: ExitStack[bool | None],
    database: Database | None = None,
) -> WakeUp:
    """What is notified of work: on a database server it reaches every process that works
    on it, by a connection out of the pool of the *database* that is handed in, if one is.
    """
    wake_up = WakeUp()
    if deployment.on_server:
        from commerce_sqlalchemy.wire import PostgresNotifier  # needs the server's driver

        url = settings.database_url
        lent = database.detached if isinstance(database, EngineDatabase) else None
        connect = lent or partial(postgres.connect, url)
        wire = PostgresNotifier(connect, postgres.schema_of(url), wake_up.notify_here)
        closing.callback(wire.close)
        wake_up.connect(wire.notify, wire.listening)
    return wake_up
