"""What a shop says of itself at its root."""

from typing import Final

from commerce_bootstrap.health import LIVE, METRICS, READY
from commerce_core import __version__
from commerce_http.web.answers import Shape, link
from commerce_http.web.operations import Runs, operation

ROOT: Final = "/"


class Service(Shape):
    """What answers here, and where to read on."""

    name: str
    version: str
    links: dict[str, str]


@operation("GET", ROOT, answer=Service, runs=Runs.AT_ONCE, public=True)
def service() -> Service:
    """What answers here: name, version, and the addresses of its documents and of its health."""
    paths = {
        "docs": "/schema",
        "problems": "/problems",
        "live": LIVE,
        "ready": READY,
        "metrics": METRICS,
    }
    links = {name: link(path) for name, path in paths.items()}
    return Service(name="Commerce Core", version=__version__, links=links)
