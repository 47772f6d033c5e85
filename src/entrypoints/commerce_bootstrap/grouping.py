"""How the work of many callers is grouped and queued."""

from contextlib import ExitStack
from typing import Final, TypeVar

from opentelemetry.trace import Tracer

from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.metrics import GroupMetrics
from commerce_bootstrap.tracing import traced_groups
from commerce_core.assembly import PLACEMENT
from commerce_core.kernel.batching import Batcher, GroupFunction, Grouping
from commerce_local.batching import ThreadBatcher
from commerce_local.serializer import Serializer

T = TypeVar("T")
R = TypeVar("R")
_GROUP: Final = 128
_QUEUE: Final = 4_096
#: Items that wait for parties outside at the same time.
_WAITING: Final = 16


class Groups(Grouping):
    """Puts a thread before each function of groups, and around the function what there is to put:
    its turn among the others, a span in the traces, and its figures.
    """

    def __init__(
        self,
        metrics: GroupMetrics,
        serializer: Serializer | None,
        tracer: Tracer,
        closing: ExitStack[bool | None],
    ) -> None:
        self._metrics = metrics
        self._serializer = serializer
        self._tracer = tracer
        self._closing = closing

    def __call__(
        self, name: str, function: GroupFunction[T, R], /, *, waits: bool = False
    ) -> Batcher[T, R]:
        if self._serializer is not None and not waits:
            function = self._serializer.serialized(function)
        if name == PLACEMENT:
            function = traced_groups(function, self._tracer)
        batcher = ThreadBatcher(
            self._metrics.measured(function, name),
            limit=1 if waits else _GROUP,
            queue=_QUEUE,
            name=name,
            threads=_WAITING if waits else 1,
        )
        self._metrics.watch(name, lambda: batcher.waiting)
        self._closing.callback(batcher.close)
        return batcher


def build_serializer(deployment: Deployment) -> Serializer | None:
    """What the threads of a shop that is all in this process queue at; ``None``: they work side by
    side.
    """
    return Serializer() if deployment.takes_turns else None
