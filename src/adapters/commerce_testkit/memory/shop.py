"""A whole shop in memory on one thread: every service over memory adapters, driven step by step
under a clock that is set.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

import attrs

from commerce_core.assembly import Parts, Services
from commerce_core.audit import AuditBooks
from commerce_core.checkout import OURS, Definitions, Timing
from commerce_core.checkout.service.notices import NoticeBooks
from commerce_core.images import Media
from commerce_core.kernel.batching import GroupFunction, InlineFanOut
from commerce_core.pricing import Charges, FreeOfCharges
from commerce_core.recommendations import RecommendationParts
from commerce_core.webhooks.service import WebhookParts
from commerce_testkit.memory.accounts import MemoryAccountRepository
from commerce_testkit.memory.audit import memory_books
from commerce_testkit.memory.batching import SteppedBatcher
from commerce_testkit.memory.broker import MemoryBroker
from commerce_testkit.memory.cart import MemoryCartRepository
from commerce_testkit.memory.catalog import MemoryImportQueue, MemoryItemRepository, MemoryOffers
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.credential_requests import MemoryCredentialRequests
from commerce_testkit.memory.ids import CountingIds
from commerce_testkit.memory.images import (
    MemoryImageProcessor,
    MemoryImageRepository,
    MemoryMediaStore,
)
from commerce_testkit.memory.inventory import MemoryStockLedger
from commerce_testkit.memory.ledger import MemoryLedgerRepository
from commerce_testkit.memory.messaging import MemoryInbox, MemoryOutbox
from commerce_testkit.memory.notifications import (
    MemoryChannel,
    MemoryNotificationRepository,
    PlainRenderer,
)
from commerce_testkit.memory.orders import MemoryOrderRepository, MemorySellerOrders
from commerce_testkit.memory.passwords import CountingTokens, PlainHasher
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.payment_notices import MemoryNoticeRepository, MemoryOrderHandles
from commerce_testkit.memory.recommendations import (
    MemoryCoPurchases,
    MemoryPurchaseHistory,
    MemoryRecommendationModels,
)
from commerce_testkit.memory.refunds import MemoryRefundRepository
from commerce_testkit.memory.reindex import MemoryReindexQueue
from commerce_testkit.memory.search import MemorySearchIndex
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.transaction import MemoryDatabase
from commerce_testkit.memory.webhooks import MemoryReceivers, MemoryWebhooks
from commerce_testkit.memory.wishlist import MemoryWishlistRepository

T = TypeVar("T")
R = TypeVar("R")

_OWNER: Final = "memory"
_CARRIER: Final = "sandbox"
_GATEWAY: Final = "sandbox"
_STEP: Final = 100


def _outbox(parts: "MemoryParts") -> MemoryOutbox:
    return MemoryOutbox(parts.database)


def _media() -> Media:
    return Media(store=MemoryMediaStore(), processor=MemoryImageProcessor())


def _notices() -> NoticeBooks:
    return NoticeBooks(notices=MemoryNoticeRepository(), handles=MemoryOrderHandles())


def _gateway(parts: "MemoryParts") -> MemoryGateway:
    return MemoryGateway(parts.clock)


def _index(parts: "MemoryParts") -> MemorySearchIndex:
    return MemorySearchIndex(currency=parts.currency, clock=parts.clock, synonyms=parts.synonyms)


def _recommending() -> RecommendationParts:
    return RecommendationParts(
        history=MemoryPurchaseHistory(),
        models=MemoryRecommendationModels(),
        count=MemoryCoPurchases,
    )


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
    accounts: MemoryAccountRepository = attrs.field(factory=MemoryAccountRepository)
    credential_requests: MemoryCredentialRequests = attrs.field(factory=MemoryCredentialRequests)
    items: MemoryItemRepository = attrs.field(factory=MemoryItemRepository)
    offers: MemoryOffers = attrs.field(factory=MemoryOffers)
    imports: MemoryImportQueue = attrs.field(factory=MemoryImportQueue)
    images: MemoryImageRepository = attrs.field(factory=MemoryImageRepository)
    media: Media | None = attrs.field(factory=_media)
    stock: MemoryStockLedger = attrs.field(factory=MemoryStockLedger)
    carts: MemoryCartRepository = attrs.field(factory=MemoryCartRepository)
    orders: MemoryOrderRepository = attrs.field(factory=MemoryOrderRepository)
    seller_orders: MemorySellerOrders = attrs.field(factory=MemorySellerOrders)
    sagas: MemorySagaStore = attrs.field(factory=MemorySagaStore)
    payment_notices: NoticeBooks = attrs.field(factory=_notices)
    ledger: MemoryLedgerRepository = attrs.field(factory=MemoryLedgerRepository)
    refunds: MemoryRefundRepository = attrs.field(factory=MemoryRefundRepository)
    audit: AuditBooks = attrs.field(factory=memory_books)
    wishlists: MemoryWishlistRepository = attrs.field(factory=MemoryWishlistRepository)
    recommending: RecommendationParts = attrs.field(factory=_recommending)
    reindex: MemoryReindexQueue = attrs.field(factory=MemoryReindexQueue)
    webhooks: MemoryWebhooks = attrs.field(factory=MemoryWebhooks)
    receivers: MemoryReceivers = attrs.field(factory=MemoryReceivers)
    charges: Charges = attrs.field(factory=FreeOfCharges)
    definitions: Definitions = OURS
    synonyms: Mapping[str, Sequence[str]] = attrs.field(factory=dict[str, Sequence[str]])
    outbox: MemoryOutbox = attrs.field(init=False, default=attrs.Factory(_outbox, takes_self=True))
    gateway: MemoryGateway = attrs.field(
        init=False, default=attrs.Factory(_gateway, takes_self=True)
    )
    carrier: MemoryCarrier = attrs.field(factory=MemoryCarrier)
    notifications: MemoryNotificationRepository = attrs.field(factory=MemoryNotificationRepository)
    mail: MemoryChannel = attrs.field(factory=MemoryChannel)
    index: MemorySearchIndex = attrs.field(
        init=False, default=attrs.Factory(_index, takes_self=True)
    )


def in_step(
    _: str, function: GroupFunction[T, R], /, *, waits: bool = False
) -> SteppedBatcher[T, R]:
    """Groups of one, decided at once on the caller's thread."""
    return SteppedBatcher(function, at_once=True)


def parts_in_memory(on: MemoryParts) -> "partial[Parts]":
    """Every part of a shop, over *on*."""
    return partial(
        Parts,
        currency=on.currency, clock=on.clock, ids=on.ids, tokens=CountingTokens(),
        hasher=PlainHasher(), database=on.database, accounts=on.accounts,
        credential_requests=on.credential_requests, items=on.items,
        offers=on.offers, imports=on.imports, images=on.images, media=on.media,
        stock=on.stock, carts=on.carts, orders=on.orders,
        webhooks=WebhookParts(repo=on.webhooks, receivers=on.receivers),
        seller_orders=on.seller_orders, wishlists=on.wishlists, recommending=on.recommending,
        sagas=on.sagas, payment_notices=on.payment_notices, refunds=on.refunds,
        ledger=on.ledger, audit=on.audit,
        reindex=on.reindex, outbox=on.outbox, inbox=MemoryInbox(),
        index=on.index, notifications=on.notifications, renderer=PlainRenderer(),
        channels=[on.mail], gateways={_GATEWAY: on.gateway},
        carriers={_CARRIER: on.carrier}, charges=on.charges,
        definitions=on.definitions,
        broker=lambda consumers: MemoryBroker(consumers, on.outbox.park, on.clock),
        batcher=in_step, fan_out=InlineFanOut(8), owner=_OWNER, guest_key=_OWNER, timing=on.timing,
    )  # fmt: skip


class MemoryShop(Services):
    """Every service, and the parts below them."""

    def __init__(self, parts: MemoryParts, own: "partial[Parts]") -> None:
        super().__init__(parts_in_memory(parts)(**own.keywords))
        self.parts = parts
        self.clock: SettableClock = parts.clock

    def run_to_rest(self) -> None:
        """Carry on what can be carried on now, until nothing more comes of it. Time stands
        still.
        """
        loops: tuple[Callable[[int], int], ...] = (
            self.importer.run_once,
            self.payment_notices.run_once,
            self.runner.run_once,
            self.refund_runner.run_once,
            self.relay.run_once,
            self.reindexer.run_once,
            self.resets.run_once,
            self.notification_sender.run_once,
            self.model_builder.run_once,
            lambda _: self.image_processing.run_once(),
            self.webhook_sender.run_once,
        )
        while any(run_once(_STEP) for run_once in loops):
            pass

    def let_pass(self, by: timedelta) -> None:
        """Let *by* go by, and carry on what is due then."""
        self.clock.advance(by)
        self.run_to_rest()


def memory_shop(
    parts: MemoryParts | None = None,
    own: "partial[Parts]" = partial(Parts),  # noqa: B008 (it holds nothing)
) -> MemoryShop:
    """A shop over *parts*; without, a new and empty one. *own* names parts that memory does not
    have.
    """
    return MemoryShop(parts or MemoryParts(), own)
