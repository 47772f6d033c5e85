"""Putting a shop together: parts in, services out, in this one place.

Whoever builds a shop gives :class:`Parts`; what is the same of every shop is here. Nothing is
opened, read or started, and nothing but the parts' own classes decides how a shop behaves. A new
capability is its folder, one line in :class:`Parts` if it has a port, and one in
:class:`Services`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.accounts import (
    AccountRepository,
    CredentialRequests,
    Limits,
    PasswordHasher,
    TokenFactory,
)
from commerce_core.accounts.service import AccountData, AccountServices, Links, OwnData
from commerce_core.audit import AuditBooks
from commerce_core.audit.service import DeadLetters, Decisions
from commerce_core.cart import CartRepository
from commerce_core.cart.service import CartChanges, CartData, CartRetention, Carts, GuestTokens
from commerce_core.catalog import ImportLimits, ImportQueue, ItemRepository, Offers
from commerce_core.catalog.service.importer import Importer
from commerce_core.catalog.service.imports import Imports
from commerce_core.catalog.service.item_writer import ItemWriter
from commerce_core.catalog.service.items import Items
from commerce_core.catalog.service.personal_data import ImportData, ItemData
from commerce_core.checkout import (
    OURS,
    CheckoutRule,
    Definitions,
    InTime,
    OrderNumbers,
    Outside,
    SagaStore,
    Timing,
    without_limit,
)
from commerce_core.checkout.service.attention import AttentionNotices
from commerce_core.checkout.service.buyer import PaymentReturns
from commerce_core.checkout.service.cancel import Cancellations
from commerce_core.checkout.service.check import Checker
from commerce_core.checkout.service.notices import NoticeAudit, NoticeBooks, PaymentNotices
from commerce_core.checkout.service.operate import Operations
from commerce_core.checkout.service.place import Placement
from commerce_core.checkout.service.prepare import Preparation, on_their_way
from commerce_core.checkout.service.reconcile import Reconciliation
from commerce_core.checkout.service.record import Recorder
from commerce_core.checkout.service.run import SagaRunner
from commerce_core.checkout.service.submit import Checkout
from commerce_core.images import ImageRepository, Media
from commerce_core.images.service import ImageAudit, ImageData, ImageListing, ImageProcessing
from commerce_core.images.service.upload import Images
from commerce_core.inventory import StockLedger
from commerce_core.kernel.audit import Audit
from commerce_core.kernel.batching import FanOut, Grouping
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.delivery import followers_of
from commerce_core.kernel.deployment import answer_at_once
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.messaging import (
    Broker,
    Consumer,
    Inbox,
    LocalQueues,
    Outbox,
    each_by_its_name,
)
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.part_types import check_fields
from commerce_core.kernel.personal_data import PersonalData
from commerce_core.kernel.relay import LocalQueueDrain, Relay
from commerce_core.kernel.retention import Retention, RetentionPeriods, Rule
from commerce_core.kernel.transaction import Database
from commerce_core.ledger import LedgerRepository
from commerce_core.ledger.service import LedgerServices
from commerce_core.notifications import Channel, Kind, NotificationRepository, Renderer
from commerce_core.notifications.service import (
    MessageRetention,
    NotificationData,
    Notifications,
    NotificationServices,
    SendingRules,
)
from commerce_core.orders import OrderRepository, SellerOrders
from commerce_core.orders.service import OrderData, Orders, SaleData, SellerOrderProjection
from commerce_core.payment import PaymentGateway, Route
from commerce_core.pricing import Charges, FreeOfCharges, Pricer
from commerce_core.recommendations import RecommendationParts
from commerce_core.recommendations.service import ModelBuilder, Recommendations
from commerce_core.refunds import RefundRepository
from commerce_core.refunds.service import RefundAudit, RefundServices
from commerce_core.search import ReindexQueue, SearchIndex
from commerce_core.search.service.find import Searches
from commerce_core.search.service.follow import IndexAudit, Reindexer, SearchIndexer
from commerce_core.shipping import Carrier
from commerce_core.webhooks.service import WebhookData, WebhookParts, WebhookServices
from commerce_core.wishlist import WishlistRepository
from commerce_core.wishlist.service import WishlistAudit, WishlistData, Wishlists

#: The group that places orders, in metrics and traces.
PLACEMENT: Final = "placement"


def _unchanged(consumer: Consumer) -> Consumer:
    return consumer


def _unheard(*_: object) -> None:
    """Nobody counts it."""


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
    credential_requests: CredentialRequests
    items: ItemRepository
    offers: Offers
    imports: ImportQueue
    images: ImageRepository
    media: Media | None = None
    """Where images are kept, and what reads them; without it the shop takes none."""
    media_address: str = ""
    """What addresses of images begin with; empty: the shop shows them itself."""
    stock: StockLedger
    carts: CartRepository
    orders: OrderRepository
    seller_orders: SellerOrders
    wishlists: WishlistRepository
    recommending: RecommendationParts
    sagas: SagaStore
    payment_notices: NoticeBooks
    ledger: LedgerRepository
    refunds: RefundRepository
    audit: AuditBooks
    reindex: ReindexQueue
    outbox: Outbox
    inbox: Inbox
    queues: LocalQueues | None = None
    """Queues of the shop's own, in which events wait where there is no broker's server."""
    webhooks: WebhookParts
    index: SearchIndex
    notifications: NotificationRepository
    renderer: Renderer
    channels: Sequence[Channel] = ()
    """By which messages go to people; without any they are in the shop's own list alone."""
    sending: SendingRules = attrs.field(factory=SendingRules)
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
    return_origins: Sequence[str] = ()  #: of pages that buyers come back to from a gateway
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
    """Signs guests' tokens and makes the secrets of webhooks; the same in all processes."""
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
    check_fields(Parts, parts)


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
        writer = ItemWriter(items, stock, outbox, ids)
        notifier = self.notifications = Notifications(parts.notifications, clock)
        people = _accounts(parts, notifier)
        accounts = self.accounts = people.accounts()
        self.credentials, self.resets = people.credentials(accounts), people.resets(accounts)
        self.images, self.image_processing, own = _images(parts, writer)
        self.own_data = OwnData(db, parts.accounts, accounts, _personal_data(parts, own), clock)
        self.items = Items(db, items, stock, writer, clock, ids, currency)
        self.imports = Imports(db, parts.imports, clock, ids, parts.import_limits)
        self.importer = Importer(db, parts.imports, items, writer, clock, ids, currency, notifier)
        self.carts = _carts(parts, pricer)
        self.guest_tokens = GuestTokens(parts.guest_key, parts.tokens)
        self.placement, self.checkout = _checkout(parts, pricer)
        self.cancellations = Cancellations(db, orders, sagas, clock)
        self.payment_returns = PaymentReturns(db, orders, sagas, clock)
        self.orders = Orders(db, orders, parts.seller_orders)
        self.wishlists = Wishlists(db, parts.wishlists, parts.offers, stock, clock)
        self.runner, recorder = _runner(parts)
        self.audit = Decisions(db, parts.audit.decisions, clock, ids)
        back = RefundServices(db, orders, parts.refunds, gateways, outbox, clock, ids, self.audit)
        self.refunds, self.refund_runner, self.refund_desk = back.made()
        theirs = (parts.payment_notices.handles, sagas, back.found(), gateways, clock)
        ledger = LedgerServices(db, parts.ledger, *theirs, self.audit)
        self.ledger, self.strangers, self.ledger_report = ledger.made()
        self.letters = DeadLetters(outbox, self.audit, clock)
        told_of = (db, parts.payment_notices, sagas, parts.refunds, gateways)
        self.payment_notices = PaymentNotices(*told_of, clock, self.audit)
        decides = (db, orders, sagas, stock, recorder, gateways, clock, parts.definitions)
        self.operations = Operations(*decides, self.audit, parts.audit.calls)
        self.reconciliation = Reconciliation(db, orders, sagas, gateways, clock)
        self.messages, hooks = parts.notifications, _webhooks(parts, notifier)
        on = (db, carts, stock, orders, sagas, parts.refunds, outbox, gateways, clock)
        self.checker = Checker(*on, self.messages, _audits(parts, people, hooks, ledger))
        self.searches = Searches(db, parts.imports, parts.index)
        tips, told = parts.recommending, _notifications(parts)
        self.recommendations = Recommendations(db, tips, carts, parts.offers, stock, parts.index)
        self.model_builder = ModelBuilder(db, tips, parts.accounts, clock, ids)
        self.reindexer = Reindexer(db, items, stock, parts.index, parts.reindex, clock, ids)
        self.index_audit = IndexAudit(db, items, stock, parts.index)
        self.indexer = SearchIndexer(db, items, stock, parts.index, clock, parts.note_lag)
        self.seller_list = SellerOrderProjection(db, orders, parts.seller_orders, clock)
        self.notices, self.notification_sender = told.notices(), told.sender()
        self.attention = AttentionNotices(db, orders, sagas, parts.accounts, notifier, clock)
        self.retention = Retention(db, _rules(parts), clock, parts.count_dropped)
        self.webhooks, self.webhook_sender = hooks.endpoints(), hooks.sender()
        self.webhook_queueing, self.webhook_audit = hooks.queueing(), hooks.audit()
        ours = (self.indexer, self.seller_list, told.events(), self.webhook_queueing)
        consumers = [parts.consumer(c) for c in each_by_its_name([*ours, *parts.subscribers])]
        self.broker = parts.broker(consumers)
        self.followers = followers_of(self.broker, consumers, outbox.park, clock)
        inside = [*self.followers.values()] if answer_at_once(self.broker) else ()
        self.relay = Relay(outbox, self.broker, clock, parts.owner, inside)
        self.local_queue_drain = LocalQueueDrain(parts.queues, self.broker)


def assemble(parts: Parts) -> Services:
    """The services of a shop that stands on *parts*."""
    return Services(parts)


def _images(parts: Parts, writer: ItemWriter) -> tuple[Images, ImageProcessing, ImageData]:
    kept = (parts.images, parts.media, ImageListing(writer.change_images, parts.media_address))
    db, items, clock, (images, _, listing) = parts.database, parts.items, parts.clock, kept
    own = ImageData(items, images, listing, clock)
    return Images(db, items, *kept, clock, parts.ids), ImageProcessing(db, *kept, clock), own


def _webhooks(on: Parts, notifier: Notifier) -> WebhookServices:
    uses = (on.database, on.inbox, on.orders, on.offers, on.accounts, notifier)
    return WebhookServices(on.webhooks, *uses, on.guest_key, on.clock, on.ids)


def _carts(on: Parts, pricer: Pricer) -> Carts:
    changes = CartChanges(on.database, on.carts, on.offers, on.stock, pricer, on.clock)
    return Carts(changes, on.batcher("carts", changes.change_many))


def _placement(parts: Parts, pricer: Pricer) -> Placement:
    return Placement(
        database=parts.database, carts=parts.carts, offers=parts.offers, stock=parts.stock,
        orders=parts.orders, sagas=parts.sagas, outbox=parts.outbox, pricer=pricer,
        clock=parts.clock, ids=parts.ids, carrier=next(iter(parts.carriers)),
        definition=parts.definitions.current,
        rules=[rule for rule in parts.rules if answer_at_once(rule)],
    )  # fmt: skip


def _checkout(parts: Parts, pricer: Pricer) -> tuple[Placement, Checkout]:
    placement = _placement(parts, pricer)
    waiting = [rule for rule in parts.rules if not answer_at_once(rule)]
    origins, route = parts.return_origins, parts.route
    preparation = Preparation(parts.gateways, waiting, route, parts.numbers, origins)
    called = (*parts.gateways.values(), *waiting, *([parts.numbers] if parts.numbers else ()))
    preview, place = placement.preview, placement.place_many
    at_once = answer_at_once(*called)
    orders = on_their_way(parts.batcher, PLACEMENT, preview, preparation, place, at_once=at_once)
    return placement, Checkout(orders, placement.preview, preparation, parts.ids)


def _runner(on: Parts) -> tuple[SagaRunner, Recorder]:
    known, clock, timing, in_time = on.definitions, on.clock, on.timing, on.in_time
    outside = Outside(gateways=on.gateways, carriers=on.carriers, clock=clock, in_time=in_time)
    writes = (on.carts, on.stock, on.orders, on.sagas, on.outbox, on.audit.calls, on.ids)
    recorder = Recorder(*writes, timing, known)
    runs = (on.database, on.orders, on.sagas, recorder, known, outside, on.fan_out, clock)
    return SagaRunner(*runs, timing), recorder


def _accounts(parts: Parts, notifier: Notifier) -> AccountServices:
    return AccountServices(
        database=parts.database, repo=parts.accounts, requests=parts.credential_requests,
        hasher=parts.hasher, tokens=parts.tokens, clock=parts.clock, ids=parts.ids,
        limits=parts.limits, notifier=notifier, links=Links(parts.guest_key),
    )  # fmt: skip


def _personal_data(parts: Parts, images: ImageData) -> Sequence[PersonalData]:
    """What every capability holds of a person, in the order in which it is erased."""
    return (
        NotificationData(parts.notifications, parts.accounts, parts.channels),
        AccountData(parts.accounts, parts.credential_requests),
        CartData(parts.carts, parts.clock), OrderData(parts.orders, parts.seller_orders),
        SaleData(parts.seller_orders), ItemData(parts.items), ImportData(parts.imports),
        WishlistData(parts.wishlists), WebhookData(parts.webhooks.repo, parts.clock), images,
    )  # fmt: skip


def _audits(
    parts: Parts, people: AccountServices, hooks: WebhookServices, ledger: LedgerServices
) -> Sequence[Audit]:
    """What is checked beside orders, stock and money."""
    return (
        people.audit(), ImageAudit(parts.database, parts.images, parts.media, parts.clock),
        WishlistAudit(parts.database, parts.wishlists, parts.accounts), hooks.audit(),
        NoticeAudit(parts.database, parts.payment_notices, parts.clock),
        RefundAudit(parts.database, parts.refunds, parts.clock), ledger.audit(),
    )  # fmt: skip


def _notifications(parts: Parts) -> NotificationServices:
    links = Links(parts.guest_key)
    paths = {Kind.PASSWORD_RESET: links.reset_path, Kind.EMAIL_VERIFICATION: links.change_path}
    return NotificationServices(
        database=parts.database, repo=parts.notifications, inbox=parts.inbox,
        accounts=parts.accounts, orders=parts.orders, items=parts.items, stock=parts.stock,
        offers=parts.offers, wishlists=parts.wishlists, renderer=parts.renderer,
        channels=parts.channels, key=parts.guest_key, clock=parts.clock, rules=parts.sending,
        links=paths,
    )  # fmt: skip


def _rules(parts: Parts) -> Sequence[Rule]:
    """What is forgotten, and after how long.

    Orders, their payments and whatever a repeated request is recognised by are never forgotten.
    """
    periods, history, models = parts.periods, parts.periods.history, parts.recommending.models
    forgetting = MessageRetention(parts.notifications, parts.channels)
    carts = CartRetention(parts.carts, guests=periods.guest_carts, buyers=periods.carts)
    return (
        Rule(name="carts", keep=timedelta(), drop=carts.drop),
        Rule(name="sessions", keep=timedelta(), drop=parts.accounts.drop_sessions),
        Rule(name="links", keep=timedelta(), drop=parts.credential_requests.drop_ended),
        Rule(name="imports", keep=history, drop=parts.imports.drop_ended),
        Rule(name="index-rebuilds", keep=history, drop=parts.reindex.drop_ended),
        Rule(name="notifications", keep=periods.messages, drop=forgetting.drop),
        Rule(name="recommendation-models", keep=history, drop=models.drop_ended),
        Rule(name="payment-notices", keep=history, drop=parts.payment_notices.notices.blank),
        Rule(name="outside-calls", keep=history, drop=parts.audit.calls.drop),
        Rule(name="inbox", keep=history, drop=parts.inbox.forget_before),
        Rule(name="webhook-deliveries", keep=history, drop=parts.webhooks.repo.drop_finished),
    )
