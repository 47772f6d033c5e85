"""A shop: every service under one roof, with what drives it and what has to be closed."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry

from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.settings import Settings
from commerce_core.assembly import Parts, Services
from commerce_local.serializer import Serializer
from commerce_local.wake_up import WakeUp


class Shop(Services):
    """What entrypoints drive. Handlers ask for its services by the names that they have here.

    A context manager, which closes it.

    Args:
        parts: what it stands on.
        settings: what it was built from.
        deployment: how it is laid out.
        checks: what is wrong with each part that requests need; ``None``: nothing.
        registry: what it counts.
        tracer: collects traces, or nothing.
        work: rung when orders, cancellations or items wait for a worker.
        serializer: where loops queue, so that one works at a time; ``None``: they work side by
            side.
        close: finishes what is queued and lets go of files and connections. Idempotent.
    """

    def __init__(
        self,
        parts: Parts,
        settings: Settings,
        deployment: Deployment,
        checks: Mapping[str, Callable[[], str | None]],
        registry: CollectorRegistry,
        tracer: Tracer,
        work: WakeUp,
        serializer: Serializer | None,
        close: Callable[[], None],
    ) -> None:
        super().__init__(parts)
        self.settings = settings
        self.deployment = deployment
        self.currency = parts.currency
        self.clock = parts.clock
        self.database = parts.database
        self.outbox = parts.outbox
        self.index = parts.index
        self.checks = checks
        self.registry = registry
        self.tracer = tracer
        self.work = work
        self.serializer = serializer
        self.close = close

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self.close()
