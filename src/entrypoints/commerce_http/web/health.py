"""Whether the shop lives, whether it can serve, and what it counts."""

from typing import Final

from msgspec import UNSET, UnsetType
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from commerce_bootstrap.health import LIVE, METRICS, READY, NotReady, not_ready
from commerce_bootstrap.metrics import Checks
from commerce_http.web.answers import Payload, Shape
from commerce_http.web.operations import Runs, operation

_CAN_DO_WITHOUT: Final = frozenset({"search"})


class PartDown(Shape):
    """A part that is down. What is known of it is in the log: it may name hosts and users."""

    part: str


class Health(Shape):
    """How the shop is. What is down and named here keeps it from something, and from no order."""

    status: str
    down: list[PartDown] | UnsetType = UNSET


@operation("GET", LIVE, answer=Health, runs=Runs.AT_ONCE)
def live() -> Health:
    """Whether the process answers at all."""
    return Health(status="live")


@operation("GET", READY, answer=Health, problems=(NotReady,), runs=Runs.PROBE)
def ready(checks: Checks) -> Health:
    """Whether the shop can take requests; names what is down.

    Without search it can: orders are taken, and searches are answered with 503. Who takes a
    shop that is not ready out of its service would end all of it.
    """
    down = [part for part, check in checks.items() if check()]
    if needed := sorted({*down} - _CAN_DO_WITHOUT):
        raise not_ready(down, needed)
    return Health(status="ready", down=[PartDown(part=part) for part in down] or UNSET)


@operation("GET", METRICS, answer_media=("text/plain",), runs=Runs.FIGURES)
def metrics(registry: CollectorRegistry) -> Payload:
    """Counters for Prometheus."""
    return Payload(200, generate_latest(registry), media=CONTENT_TYPE_LATEST.encode())
