"""How the work of many callers is grouped and queued."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final, ParamSpec, TypeVar

from commerce_bootstrap.metrics import GroupMetrics
from commerce_bootstrap.settings import Settings
from commerce_core.kernel.batching import GroupFunction
from commerce_core.plugins import scheme
from commerce_local.batching import ThreadBatcher
from commerce_local.serializer import Serializer
from commerce_local.wake_up import WakeUp

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
#: The scheme of the gateway and the carrier that are played.
SANDBOX: Final = "sandbox"
_GROUP: Final = 128
_QUEUE: Final = 4_096


def build_batcher(
    function: GroupFunction[T, R], name: str, groups: GroupMetrics, closing: ExitStack[bool | None]
) -> ThreadBatcher[T, R]:
    """A thread that hands *function* group after group, with *groups* measured."""
    batcher = ThreadBatcher(groups.measured(function, name), limit=_GROUP, queue=_QUEUE, name=name)
    groups.watch(name, lambda: batcher.waiting)
    closing.callback(batcher.close)
    return batcher


def build_preview(
    settings: Settings,
    preview: GroupFunction[T, R],
    groups: GroupMetrics,
    closing: ExitStack[bool | None],
) -> Callable[[Sequence[T]], list[R | Exception]]:
    """*preview*, for those who each prepare an order on a thread of their own: it looks for all who
    ask meanwhile together.
    """
    if calls_inside(settings):  # they are prepared in groups as it is
        return lambda group: list(preview(group))
    batcher = build_batcher(preview, "looks", groups, closing)

    def preview_together(group: Sequence[T]) -> list[R | Exception]:
        asked = [batcher.submit(item) for item in group]
        return [future.exception() or future.result() for future in asked]  # type: ignore[misc]

    return preview_together


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


def serialized(function: Callable[P, R], serializer: Serializer | None) -> Callable[P, R]:
    """*function*, in its turn where there are turns."""
    return serializer.serialized(function) if serializer else function


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
