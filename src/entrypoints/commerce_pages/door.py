"""The door: where a browser that opens the shop's address comes in."""

from commerce_http.web import root
from commerce_http.web.answers import Payload, payload
from commerce_http.web.frame import headers_of
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.visits import Visit

_BY_ACCEPT = (b"vary", b"Accept")


@page("GET", root.ROOT)
def door(visit: Visit, desk: Desk) -> Answer:
    """What there is, for people; for everybody else what answers here, as the API says it."""
    if "text/html" in headers_of(visit.scope).get("accept", ""):
        made = desk.pages.draw("door.html", visit)
    else:
        said = payload(root.service.function(), root.service.status)
        assert isinstance(said, Payload)  # a shape is no stream
        made = said
    made.headers.append(_BY_ACCEPT)
    return made
