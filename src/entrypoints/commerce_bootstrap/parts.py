"""The parts of a shop that is built from settings, and those that the caller provides."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry

from commerce_bootstrap.builders import Storage
from commerce_bootstrap.extras import counting_of_co_purchases
from commerce_bootstrap.metrics import disabled_webhooks, dropped_rows, search_lag
from commerce_bootstrap.payments import counted_notices
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import PREFIX, Settings
from commerce_bootstrap.tracing import FollowedConsumer
from commerce_core.accounts import PasswordHasher, TokenFactory
from commerce_core.assembly import Parts, check_parts
from commerce_core.checkout import CheckoutRule, Definitions, InTime, OrderNumbers
from commerce_core.checkout.service.notices import NoticeBooks
from commerce_core.images import Media
from commerce_core.kernel.batching import FanOut, Grouping
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.messaging import Broker, Consumer
from commerce_core.kernel.retention import RetentionPeriods
from commerce_core.notifications import Channel, Renderer
from commerce_core.payment import PaymentGateway
from commerce_core.pricing import Charges
from commerce_core.recommendations import RecommendationParts
from commerce_core.search import SearchIndex
from commerce_core.shipping import Carrier
from commerce_core.webhooks import Receivers
from commerce_core.webhooks.service import WebhookLimits, WebhookParts
from commerce_sqlalchemy.webhooks import SqlWebhooks

#: Parts of one's own: ``partial(Parts, charges=…)`` names some, and the settings give the rest.
OwnParts: TypeAlias = partial[Parts]


def build_parts(
    settings: Settings,
    storage: Storage,
    registry: CollectorRegistry,
    tracer: Tracer,
    own: Mapping[str, Any],
    *,
    clock: Clock,
    ids: IdFactory,
    tokens: TokenFactory,
    hasher: PasswordHasher,
    index: SearchIndex,
    channels: Sequence[Channel],
    renderer: Renderer,
    media: Media | None,
    broker: Callable[[Sequence[Consumer]], Broker],
    gateways: Mapping[str, PaymentGateway],
    carriers: Mapping[str, Carrier],
    charges: Charges,
    rules: Sequence[CheckoutRule],
    numbers: OrderNumbers | None,
    subscribers: Sequence[Consumer],
    definitions: Definitions,
    in_time: InTime,
    batcher: Grouping,
    fan_out: FanOut,
    owner: str,
    guest_key: str,
    receivers: Receivers,
) -> Parts:
    """All parts of a shop; its *own* by their names, in place of what the settings say."""
    made = partial(
        Parts, currency=settings.currency, clock=clock, ids=ids, tokens=tokens, hasher=hasher,
        database=storage.database, accounts=storage.accounts,
        credential_requests=storage.credential_requests, items=storage.items,
        offers=storage.offers, imports=storage.imports, images=storage.images, media=media,
        media_address=settings.media_address, stock=storage.stock, carts=storage.carts,
        orders=storage.orders, seller_orders=storage.seller_orders,
        wishlists=storage.wishlists, recommending=_recommending(settings, storage),
        sagas=storage.sagas, audit=storage.audit,
        payment_notices=_notices(storage, registry), refunds=storage.refunds,
        ledger=storage.ledger, reindex=storage.reindex, outbox=storage.outbox,
        inbox=storage.inbox, queues=storage.queues,
        notifications=storage.notifications, renderer=renderer, channels=channels,
        webhooks=_webhooks(settings, receivers, registry),
        sending=settings.sending, index=index, broker=broker,
        gateways=gateways, carriers=carriers, charges=charges,
        return_origins=_return_origins(settings),
        rules=rules, numbers=numbers, subscribers=subscribers, definitions=definitions,
        in_time=in_time, batcher=batcher, fan_out=fan_out, owner=owner, guest_key=guest_key,
        consumer=lambda consumer: FollowedConsumer(consumer, tracer), timing=settings.timing,
        limits=settings.limits, import_limits=settings.import_limits, periods=_periods(settings),
        note_lag=search_lag(registry), count_dropped=dropped_rows(registry),
    )  # fmt: skip
    return made(**own)


def _return_origins(settings: Settings) -> list[str]:
    """The shop's own pages, and those that may call it from a browser; ``*`` names nobody."""
    shop = urlsplit(settings.shop_url)
    named = [origin for origin in settings.cors_origins if origin != "*"]
    return [f"{shop.scheme}://{shop.netloc}", *named]


def _recommending(settings: Settings, storage: Storage) -> RecommendationParts:
    return RecommendationParts(
        history=storage.purchases,
        models=storage.recommendation_models,
        count=counting_of_co_purchases(),
        learning=settings.learning,
    )


def _webhooks(
    settings: Settings, receivers: Receivers, registry: CollectorRegistry
) -> WebhookParts:
    limits = WebhookLimits(
        endpoints=settings.webhook_endpoints, waiting=settings.webhook_deliveries
    )
    return WebhookParts(
        repo=SqlWebhooks(),
        receivers=receivers,
        limits=limits,
        note_disabled=disabled_webhooks(registry),
    )


def _notices(storage: Storage, registry: CollectorRegistry) -> NoticeBooks:
    return NoticeBooks(
        notices=storage.payment_notices,
        handles=storage.order_handles,
        count=counted_notices(registry),
    )


def _periods(settings: Settings) -> RetentionPeriods:
    return RetentionPeriods(
        guest_carts=timedelta(days=settings.guest_cart_days),
        carts=timedelta(days=settings.cart_days),
        history=timedelta(days=settings.history_days),
        messages=timedelta(days=settings.notification_days),
    )


def checked_parts(parts: object) -> Mapping[str, Any]:
    """The parts that ``partial(Parts, …)`` names.

    Raises:
        TypeError: it is something else, or one of them cannot be what it is given for.
    """
    own = _partial(parts)
    if own is None or own.func is not Parts or own.args:
        raise TypeError(f"parts must be partial(Parts, charges=…), not {type(parts).__name__}")
    check_parts(own.keywords)
    return own.keywords


def _partial(value: object) -> OwnParts | None:
    return cast("OwnParts", value) if isinstance(value, partial) else None


def named_parts(settings: Settings) -> Mapping[str, Any]:
    """What the function that *settings* name returns; none of one's own where they name none.

    Raises:
        WrongSetting: there is no such function, or it returns something else.
    """
    if not settings.parts:
        return {}
    module, _, function = settings.parts.partition(":")
    try:
        made: object = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise WrongSetting(f"{PREFIX}PARTS: {settings.parts} is not there ({error}).") from error
    found: object = made() if callable(made) else None
    if not isinstance(found, partial) or cast("OwnParts", found).func is not Parts:
        raise WrongSetting(f"{PREFIX}PARTS: {settings.parts} must return partial(Parts, …).")
    try:
        return checked_parts(cast("OwnParts", found))
    except TypeError as error:
        raise WrongSetting(f"{PREFIX}PARTS: {settings.parts}: {error}.") from error
