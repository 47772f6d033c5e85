"""How the work of many callers is grouped and queued."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final, TypeVar

from commerce_bootstrap.metrics import GroupMetrics
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.tracing import Tracer, traced_groups
from commerce_core.assembly import Grouping
from commerce_core.kernel.batching import Batcher, GroupFunction
from commerce_core.plugins import scheme
from commerce_local.batching import ThreadBatcher
from commerce_local.serializer import Serializer
from commerce_local.wake_up import WakeUp

T = TypeVar("T")
R = TypeVar("R")
#: The scheme of the gateway and the carrier that are played.
SANDBOX: Final = "sandbox"
_GROUP: Final = 128
_QUEUE: Final = 4_096
_ORDERS: Final = "placement"


class Groups(Grouping):
    """Puts a thread before each function of groups, and around the function what there is to put:
    its turn among the others, a span in the traces, waking whoever works on what it wrote, and its
    figures.
    """

    def __init__(
        self,
        metrics: GroupMetrics,
        serializer: Serializer | None,
        tracer: Tracer | None,
        wake_up: WakeUp,
        closing: ExitStack[bool | None],
    ) -> None:
        self._metrics = metrics
        self._serializer = serializer
        self._tracer = tracer
        self._wake_up = wake_up
        self._closing = closing

    def __call__(self, name: str, function: GroupFunction[T, R], /) -> Batcher[T, R]:
        if self._serializer is not None:
            function = self._serializer.serialized(function)
        if name == _ORDERS:
            function = ringing(traced_groups(function, self._tracer), self._wake_up)
        measured = self._metrics.measured(function, name)
        batcher = ThreadBatcher(measured, limit=_GROUP, queue=_QUEUE, name=name)
        self._metrics.watch(name, lambda: batcher.waiting)
        self._closing.callback(batcher.close)
        return batcher


def build_serializer(settings: Settings, at_once: bool) -> Serializer | None:
    """What the threads of a shop that is all in this process queue at; ``None``: where they wait
    for parties outside they work side by side.
    """
    inside = (
        settings.database_url.startswith("sqlite:")
        and settings.broker_url.startswith("local:")
        and at_once
    )
    return Serializer() if inside else None


def ringing(function: GroupFunction[T, R], wake_up: WakeUp) -> GroupFunction[T, R]:
    """*function*, with *wake_up* told after each group: there is work now."""

    def work_and_ring(group: Sequence[T]) -> Sequence[R | Exception]:
        results = function(group)
        wake_up.notify()
        return results

    return work_and_ring


def calls_inside(settings: Settings) -> bool:
    """Whether gateways and carrier are the sandboxes, which answer within the process and at
    once.
    """
    return {scheme(url) for url in (*settings.payment_urls, settings.carrier_url)} == {SANDBOX}
