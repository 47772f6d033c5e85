"""What every answer says about itself: who may keep it, what it is, in which coding; and which
sites' pages may read it.
"""

import gzip
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from commerce_core.kernel.errors import Unavailable
from commerce_http.web.answers import Payload, Reply, Shape
from commerce_http.web.app import ShopApplication, build_app
from commerce_http.web.auth import BUYER_OR_GUEST
from commerce_http.web.dependencies import HttpContext
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import IfMatch, Operation, Runs, operation
from tests.unit.http.bare import Answer, ask


class TextShape(Shape):
    """Some text."""

    text: str


@operation(
    "GET", "/public/{length}", answer=TextShape, public=True, headers={"ETag": "Its version."}
)
def public(length: str) -> Reply:
    """What anybody may know, so long."""
    return Reply(body=TextShape(text="x" * int(length)), headers={"ETag": '"3.17"'})


@operation("GET", "/own", who=BUYER_OR_GUEST, answer=TextShape)
def own() -> TextShape:
    """What is one person's."""
    return TextShape(text="mine")


@operation("PATCH", "/own", who=BUYER_OR_GUEST, answer=TextShape, headers={"X-Told": "Something."})
def change_own(if_match: IfMatch) -> TextShape:
    """The same, changed."""
    return TextShape(text="x" * 5_000)


@operation("GET", "/away", public=True)
def away() -> Payload:
    """Something that is not there now."""
    raise Unavailable("it is away")


@operation("GET", "/broken", public=True)
def broken() -> Payload:
    """A defect."""
    raise LookupError("what")


OPERATIONS: list[Operation] = [public, own, change_own, away, broken]


def application(origins: Sequence[str] = ()) -> tuple[ShopApplication, BlockingExecutor]:
    executor = BlockingExecutor(threads=1, on_event_loop=set(Runs))
    around = HttpContext(
        shop=object(), more={}, authenticate=lambda _: None, currency="USD", executor=executor
    )
    return build_app(OPERATIONS, around, CollectorRegistry(), origins=origins), executor


@pytest.fixture(scope="module")
def app() -> Iterator[ShopApplication]:
    made, executor = application()
    yield made
    executor.close()


@pytest.fixture(scope="module")
def open_app() -> Iterator[ShopApplication]:
    made, executor = application(["https://shop.example.com"])
    yield made
    executor.close()


def get(app: ShopApplication, path: str, method: str = "GET", **headers: str) -> Answer:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return ask(app, {"path": path, "method": method, "headers": lines})


@pytest.mark.parametrize(
    "path", ["/public/1", "/public/5000", "/own", "/away", "/broken", "/nothing", "//own"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH"])
def test_no_browser_guesses_what_an_answer_is(app: ShopApplication, path: str, method: str) -> None:
    assert get(app, path, method).all("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize(
    ("path", "method", "kept"),
    [
        ("/public/1", "GET", []),
        ("/public/1", "HEAD", []),
        ("/own", "GET", ["no-store"]),
        ("/own", "HEAD", ["no-store"]),
        ("/own", "PATCH", ["no-store"]),
        ("/own", "PUT", ["no-store"]),
        ("/own/x", "GET", ["no-store"]),
        ("/away", "GET", ["no-store"]),
        ("/broken", "GET", ["no-store"]),
        ("/nothing", "GET", ["no-store"]),
    ],
)
def test_nobody_keeps_what_tells_of_a_person_or_a_refusal(
    app: ShopApplication, path: str, method: str, kept: list[str]
) -> None:
    assert get(app, path, method).all("cache-control") == kept


def test_responses_to_an_authenticated_client_are_cached_by_it_alone(
    app: ShopApplication,
) -> None:
    assert get(app, "/public/1", authorization="Bearer x").all("cache-control") == [
        "private, no-cache"
    ]


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.5", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("*", True),
        ("deflate, *;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("gzip;q=zero", False),
        ("identity, gzip;q=0.5", False),
        ("*;q=0", False),
        ("br", False),
        ("", False),
        ("," * 400 + "gzip" + "," * 400, False),
    ],
)
def test_an_answer_is_compressed_for_who_takes_that(
    app: ShopApplication, accepted: str, taken: bool
) -> None:
    plain, got = get(app, "/public/5000"), get(app, "/public/5000", accept_encoding=accepted)
    assert got.all("content-encoding") == (["gzip"] if taken else [])
    assert (gzip.decompress(got.body) if taken else got.body) == plain.body
    assert got.all("content-length") == [str(len(got.body))]
    assert got.all("vary") == plain.all("vary") == ["Accept-Encoding"]


def test_other_bytes_have_another_entity_tag(app: ShopApplication) -> None:
    assert get(app, "/public/5000").all("etag") == ['"3.17"']
    assert get(app, "/public/5000", accept_encoding="gzip").all("etag") == ['"3.17-gzip"']


def test_a_head_says_what_the_get_would(app: ShopApplication) -> None:
    head, got = (
        get(app, "/public/5000", method, accept_encoding="gzip") for method in ("HEAD", "GET")
    )
    assert (head.body, [h for h in head.headers if h[0] != "x-request-id"]) == (
        b"",
        [h for h in got.headers if h[0] != "x-request-id"],
    )


def test_a_short_answer_is_left_as_it_is_and_a_large_one_is_not(app: ShopApplication) -> None:
    assert get(app, "/public/900", accept_encoding="gzip").all("content-encoding") == []
    large = get(app, "/public/200000", accept_encoding="gzip")
    assert (large.all("content-encoding"), len(gzip.decompress(large.body))) == (["gzip"], 200_011)


def preflight(app: ShopApplication, origin: str) -> Answer:
    request_headers = {
        "access_control_request_method": "PATCH",
        "access_control_request_headers": "authorization,if-match",
    }
    return get(app, "/own", "OPTIONS", origin=origin, **request_headers)


def test_no_other_sites_page_may_read_anything_unless_a_setting_says_so(
    app: ShopApplication,
) -> None:
    for answer in (
        get(app, "/own", origin="https://shop.example.com"),
        preflight(app, "https://shop.example.com"),
    ):
        assert [name for name, _ in answer.headers if name.startswith("access-control")] == []


def test_a_site_that_is_named_may_ask_with_everything_that_the_contract_has(
    open_app: ShopApplication,
) -> None:
    allowed = preflight(open_app, "https://shop.example.com")
    assert allowed.status == 204
    assert allowed.all("access-control-allow-origin") == ["https://shop.example.com"]
    assert allowed.all("access-control-allow-credentials") == ["true"]
    assert {"GET", "PATCH"} <= {*allowed.all("access-control-allow-methods")[0].split(", ")}
    assert {"Authorization", "Content-Type", "X-Cart-Token", "If-Match"} <= {
        *allowed.all("access-control-allow-headers")[0].split(", ")
    }


@pytest.mark.parametrize(
    ("path", "status"), [("/own", 200), ("/public/5000", 200), ("/away", 503), ("/nothing", 404)]
)
def test_a_site_that_is_named_may_read_every_answer_refusals_as_well(
    open_app: ShopApplication, path: str, status: int
) -> None:
    response = get(open_app, path, origin="https://shop.example.com", accept_encoding="gzip")
    assert (response.status, response.all("access-control-allow-origin")) == (
        status,
        ["https://shop.example.com"],
    )
    assert response.all("vary") == ["Accept-Encoding", "Origin"]
    exposed = {*response.all("access-control-expose-headers")[0].split(", ")}
    assert {"ETag", "Retry-After", "X-Request-ID", "X-Told"} <= exposed


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example.com.evil.example",
        "http://shop.example.com",
        "https://shop.example.com:8443",
        "null",
        "https://SHOP.example.com/",
        "x",
    ],
)
def test_a_site_that_is_not_named_may_not(open_app: ShopApplication, origin: str) -> None:
    for answer in (get(open_app, "/own", origin=origin), preflight(open_app, origin)):
        assert [name for name, _ in answer.headers if name.startswith("access-control")] == []
        assert "Origin" in answer.all("vary")


def test_an_answer_to_nobodys_page_says_that_it_depends_on_who_asks(
    open_app: ShopApplication,
) -> None:
    assert get(open_app, "/own").all("vary") == ["Accept-Encoding", "Origin"]


def test_every_site_may_ask_but_without_cookies() -> None:
    anyone, executor = application(["*"])
    response: Any = get(anyone, "/own", origin="https://anywhere.example")
    assert response.all("access-control-allow-origin") == ["*"]
    assert response.all("access-control-allow-credentials") == []
    assert preflight(anyone, "https://anywhere.example").all("access-control-allow-origin") == ["*"]
    executor.close()
