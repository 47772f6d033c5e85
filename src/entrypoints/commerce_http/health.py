"""Whether the shop lives, whether it can serve, and what it counts."""

from collections.abc import Callable, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from commerce_core.kernel.errors import Unavailable
from commerce_http.answers import Payload, Shape
from commerce_http.operations import Runs, operation

#: A part of the shop and how to find out what is wrong with it: ``None`` when nothing is.
Check = Callable[[], str | None]


class NotReady(Unavailable):
    """A part that requests need is down."""

    code = "not-ready"


class Health(Shape):
    """How the shop is."""

    status: str


@operation("GET", "/health/live", answer=Health, runs=Runs.SEARCH)
def live() -> Health:
    """Whether the process answers at all."""
    return Health(status="live")


@operation("GET", "/health/ready", answer=Health, problems=(NotReady,))
def ready(checks: Mapping[str, Check]) -> Health:
    """Whether everything that requests need is up; names what is down."""
    down: list[dict[str, str]] = []
    for part, check in checks.items():
        if reason := check():
            down.append({"part": part, "detail": reason})
    if down:
        raise NotReady(f"{_listed([d['part'] for d in down])} down", down=down)
    return Health(status="ready")


@operation("GET", "/metrics", answer_media="text/plain")
def metrics(registry: CollectorRegistry) -> Payload:
    """Counters for Prometheus."""
    return Payload(200, generate_latest(registry), media=CONTENT_TYPE_LATEST.encode())


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts)} {'is' if len(parts) == 1 else 'are'}"
