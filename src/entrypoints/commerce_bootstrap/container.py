"""The container: lifetimes, configuration and overrides. What is built, and how, is in
``builders``; how services stand on parts is in :mod:`commerce_core.assembly`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from dependency_injector import providers
from dependency_injector.containers import DeclarativeContainer
from prometheus_client import CollectorRegistry

from commerce_bootstrap import builders, grouping, outside
from commerce_bootstrap.database import build_clock
from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.media import ImagesCollector, build_media
from commerce_bootstrap.metrics import (
    CallMetrics,
    GroupMetrics,
    ModelCollector,
    QueueCollector,
    ShopCollector,
    WebhookCollector,
)
from commerce_bootstrap.opened import Closing
from commerce_bootstrap.parts import OwnParts, build_parts, checked_parts, named_parts
from commerce_bootstrap.payments import LedgerCollector, NoticeCollector, RefundCollector
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_bootstrap.webhooks import build_receivers
from commerce_core.assembly import Parts
from commerce_core.checkout import OURS, OrderNumbers
from commerce_core.kernel.transaction import Database
from commerce_core.plugins import PluginContext
from commerce_core.pricing import FreeOfCharges
from commerce_local.accounts import Argon2Hasher, RandomTokens
from commerce_local.ids import UuidFactory
from commerce_sqlalchemy.transaction import SqlDatabase


def _opened(
    held: Callable[[], Sequence[Any]],
    parts: Callable[[], Parts],
    database: Callable[[], SqlDatabase],
    services: Callable[[], Mapping[str, Any]],
    closing: Closing,
) -> Shop:
    """The shop, its figures registered; what was opened for one that cannot be built is closed.

    What is *held* open is closed with it, after the groups and calls that use it.
    """
    try:
        kept_in = database()  # first: what else a shop needs depends on where it is kept
        for part in held():
            closing.takes(*_each(part))
        made = parts()
        shop = Shop(made, checks=builders.build_checks(kept_in, made.index), **services())
        shop.registry.register(
            ShopCollector(
                shop.operations, made.outbox, made.notifications, shop.own_data, kept_in, made.clock
            )
        )
        shop.registry.register(ModelCollector(shop.model_builder, made.clock))
        shop.registry.register(ImagesCollector(shop.image_processing))
        shop.registry.register(WebhookCollector(shop.webhook_audit, made.clock))
        shop.registry.register(NoticeCollector(shop.payment_notices, made.clock))
        shop.registry.register(LedgerCollector(shop.strangers, made.clock))
        shop.registry.register(RefundCollector(shop.refund_desk, made.clock))
        if shop.deployment.delivers_inside:
            shop.registry.register(QueueCollector(shop.broker))
    except BaseException:
        closing.close()
        raise
    return shop


def _each(part: object) -> Iterable[object]:
    if isinstance(part, Mapping):
        return cast("Mapping[str, object]", part).values()
    return cast("Sequence[object]", part) if isinstance(part, list | tuple) else (part,)


def _later(provider: Any) -> Any:
    """What provides, in place of what it provides."""
    return provider.provider


class ShopContainer(DeclarativeContainer):
    """Every part once. Override a provider to put a part of your own in its place."""

    one = providers.Singleton
    settings = providers.Dependency(instance_of=Settings)
    own = providers.Object(dict[str, Any]())
    closing = one(Closing)
    laid_out = one(Deployment.of, settings)
    clock, ids, tokens = one(build_clock, laid_out), one(UuidFactory), one(RandomTokens)
    hasher = one(
        Argon2Hasher,
        at_once=settings.provided.hashes_at_once,
        waiting=settings.provided.hashes_waiting,
    )
    database = providers.Object(cast("Database | None", None))
    wake_up = one(builders.build_wake_up, settings, laid_out, closing, database)
    registry = one(CollectorRegistry)
    owner = one(builders.build_owner, ids)
    tracer = one(builders.build_tracer, settings, owner, closing)
    context = one(
        PluginContext, currency=settings.provided.currency, clock=clock,
        call_timeout=settings.provided.call_timeout, shop_name=settings.provided.shop_name,
        mail_from=settings.provided.mail_from
    )  # fmt: skip

    storage = one(
        builders.build_storage, settings, closing, clock, owner,
        _later(wake_up.provided.notify), laid_out, database
    )  # fmt: skip
    guest_key = one(builders.build_guest_key, storage, tokens)
    receivers = one(build_receivers, settings)
    index = one(builders.build_index, settings, context, closing)
    media = one(build_media, settings, context, closing)
    broker = one(builders.build_broker, settings, context, storage, tracer, closing)
    channels = one(builders.build_channels, settings, context, closing)
    renderer = one(builders.build_renderer, settings)
    gateways = one(builders.build_gateways, settings, laid_out, context, closing)
    carriers = one(builders.build_carriers, settings, laid_out, context, storage, closing)
    charges = one(FreeOfCharges)
    rules, subscribers = providers.Object(()), providers.Object(())
    numbers: providers.Object[OrderNumbers | None] = providers.Object(None)
    definitions = providers.Object(OURS)

    deployment = one(
        Deployment.with_parts, laid_out, index, gateways, carriers, rules, numbers, definitions
    )
    serializer = one(grouping.build_serializer, deployment)
    groups = one(GroupMetrics, registry)
    batcher = one(grouping.Groups, groups, serializer, tracer, closing)
    calls = one(CallMetrics, registry)
    fan_out = one(outside.build_fan_out, deployment, tracer, calls, closing)
    parts = one(
        build_parts, settings, storage, registry, tracer, own, clock=clock, ids=ids,
        tokens=tokens, hasher=hasher, index=index, media=media, broker=broker,
        channels=channels, renderer=renderer,
        gateways=one(outside.timed_gateways, gateways, settings, storage, closing),
        carriers=one(outside.timed_carriers, carriers, settings, closing), charges=charges,
        rules=one(outside.timed_rules, rules, settings, closing), definitions=definitions,
        numbers=one(outside.timed_numbers, numbers, settings, closing),
        subscribers=one(outside.timed_subscribers, subscribers, settings, closing),
        in_time=one(outside.TimedSteps, definitions, settings, closing),
        batcher=batcher, fan_out=fan_out, owner=owner, guest_key=guest_key,
        receivers=receivers
    )  # fmt: skip
    shop = one(
        _opened,
        _later(providers.List(
            own, hasher, charges, index, gateways, carriers, rules, numbers, channels,
            receivers
        )),
        _later(parts), _later(storage.provided.database),
        _later(providers.Dict(
            settings=settings, deployment=deployment, registry=registry, tracer=tracer,
            work=wake_up, serializer=serializer, close=closing.provided.close
        )), closing
    )  # fmt: skip


def build_shop(settings: Settings, parts: OwnParts | None = None) -> Shop:
    """A whole shop. Close it when done, or use it as a context manager.

    Args:
        settings: say what it is built of.
        parts: parts of one's own, as ``partial(Parts, charges=…)``, in place of those that the
            settings say; else those of the function that the settings name. The shop closes them
            as well.

    Raises:
        TypeError: one of *parts* cannot be what it is given for; nothing was opened.
        WrongSetting: a part cannot be built from its setting; what was opened before is closed
            again.
    """
    own = dict(named_parts(settings) if parts is None else checked_parts(parts))
    laid_out = Deployment.of(settings, own.get("broker"))
    builders.check_named(settings, laid_out, own)
    container: Any = ShopContainer(settings=settings)
    container.laid_out.override(providers.Object(laid_out))
    for name in container.providers.keys() & own.keys():
        container.providers[name].override(providers.Object(own.pop(name)))
    container.own.override(providers.Object(own))
    shop: Shop = container.shop()
    return shop
