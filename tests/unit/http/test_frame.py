"""Requests as servers and other applications may hand them over, all within what ASGI allows."""

import asyncio
from typing import Any

import attrs
import pytest
from prometheus_client import CollectorRegistry

from commerce_http.web.answers import Reply, Shape, request_id
from commerce_http.web.app import ShopApplication, build_app
from commerce_http.web.auth import cart_cookie
from commerce_http.web.dependencies import HttpContext
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import IdempotencyKey, IfMatch, Operation, Prefer, Runs, operation
from tests.unit.http.bare import ask


@attrs.frozen(kw_only=True)
class Word:
    """What comes in."""

    word: str


class WordShape(Shape):
    """What goes out."""

    word: str
    request: str


@operation("POST", "/words", answer=WordShape, status=201)
def say(command: Word, idempotency_key: IdempotencyKey, if_match: IfMatch, prefer: Prefer) -> Reply:
    """Say a word."""
    headers = {"Location": f"/words/{command.word}"}
    return Reply(
        body=WordShape(word=command.word, request=request_id()),
        headers=headers,
        cookies=(cart_cookie("token"),),
    )


@operation("GET", "/words/{word}", answer=WordShape)
def said(word: str) -> WordShape:
    """A word that was said."""
    return WordShape(word=word, request=request_id())


@operation("GET", "/metrics")
def figures() -> WordShape:
    """Something that is kept inside."""
    return WordShape(word="secret", request="")


OPERATIONS: list[Operation] = [say, said, figures]


@pytest.fixture
def app() -> Any:
    executor = BlockingExecutor(threads=1, on_event_loop=set(Runs))
    around = HttpContext(
        shop=object(), more={}, authenticate=lambda _: None, currency="USD", executor=executor
    )
    yield build_app(OPERATIONS, around, CollectorRegistry())
    executor.close()


POST = {"method": "POST", "path": "/words", "headers": [(b"content-type", b"application/json")]}
SAID = [{"type": "http.request", "body": b'{"word": "x"}'}]


def test_no_optional_key_of_a_scope_is_needed(app: ShopApplication) -> None:
    assert ask(app, {}).json["word"] == "x"
    for scope in (
        {
            "client": None,
            "server": None,
            "raw_path": None,
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
        },
        {"client": ("", 0), "state": {}, "extensions": {"http.response.debug": {}}},
        {"headers": iter([[b"x-request-id", b"mine"]])},
        {"headers": ((b"x-request-id", b"mine"),)},
    ):
        assert ask(app, scope).status == 200


def test_what_another_router_left_in_a_scope_is_not_taken_for_ours(app: ShopApplication) -> None:
    left = {
        "path_params": {"word": "y"},
        "path_template": "/theirs",
        "route_handler": object(),
        "_ls_connection_state": object(),
    }
    assert ask(app, left).json["word"] == "x"


def test_headers_that_another_application_has_read_are_read_again(app: ShopApplication) -> None:
    left = {"commerce.headers": {"x-request-id": "theirs"}, "headers": [(b"x-request-id", b"mine")]}
    assert dict(ask(app, left).headers)["x-request-id"] == "mine"


def test_the_scope_of_whoever_calls_is_left_as_it_is(app: ShopApplication) -> None:
    scope = {"path": "/shop/words/x", "root_path": "/shop", "client": ("1.2.3.4", 5)}
    before = dict(scope)
    ask(app, scope)
    assert scope == before


@pytest.mark.parametrize(
    "messages",
    [
        [{"type": "http.request", "body": b'{"word": "x"}'}],
        [
            {"type": "http.request", "body": b'{"word"', "more_body": True},
            {"type": "http.request", "body": b': "x"}', "more_body": False},
        ],
        [
            {"type": "http.request", "body": b'{"word": "x"}', "more_body": True},
            {"type": "http.request"},
        ],
        [
            {"type": "http.request", "more_body": True},
            {"type": "http.request", "body": b'{"word": "x"}'},
        ],
    ],
)
def test_a_body_comes_in_any_pieces_with_any_key_left_out(
    app: ShopApplication, messages: list[dict[str, Any]]
) -> None:
    assert ask(app, POST, messages).status == 201


@pytest.mark.parametrize(
    "messages", [[], [{"type": "http.request", "body": b'{"wo', "more_body": True}]]
)
def test_a_client_that_disconnects_fails_nothing(
    app: ShopApplication, messages: list[dict[str, Any]]
) -> None:
    assert (ask(app, POST, messages).status, ask(app, POST, messages).json["code"]) == (
        400,
        "malformed",
    )


def test_every_wrong_header_is_named_with_every_other_wrong_field(app: ShopApplication) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"idempotency-key", b"\xff"),
        (b"if-match", b"x" * 201),
        (b"prefer", b" "),
    ]
    refused = ask(
        app,
        POST | {"headers": headers, "query_string": b"size=1"},
        [{"type": "http.request", "body": b'{"wrod": 1}'}],
    )
    assert refused.status == 422
    named = {error["pointer"] for error in refused.json["errors"]}
    assert named == {"/size", "/wrod", "/word", "/Idempotency-Key", "/If-Match", "/Prefer"}


def test_a_header_that_is_no_list_is_given_once(app: ShopApplication) -> None:
    twice = [
        (b"content-type", b"application/json"),
        (b"idempotency-key", b"a"),
        (b"idempotency-key", b"b"),
    ]
    refused = ask(app, POST | {"headers": twice}, SAID)
    assert [error["pointer"] for error in refused.json["errors"]] == ["/Idempotency-Key"]
    lists = [
        (b"content-type", b"application/json"),
        (b"if-match", b'"1"'),
        (b"if-match", b'"2"'),
        (b"prefer", b"a"),
        (b"prefer", b"wait=1"),
    ]
    assert ask(app, POST | {"headers": lists}, SAID).status == 201


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("/shop", "/shop/words"),
        ("/shop", "/words"),
        ("/shop/", "/shop/words"),
        ("/a/b", "/a/b/words"),
        ("/words", "/words/words"),
    ],
)
def test_below_a_prefix_locations_cookies_and_problems_carry_it(
    app: ShopApplication, root: str, path: str
) -> None:
    made = ask(app, POST | {"root_path": root, "path": path}, SAID)
    prefix = root.rstrip("/")
    assert (made.status, made.all("location")) == (201, [f"{prefix}/words/x"])
    assert f"Path={prefix};" in made.all("set-cookie")[0] + ";"
    missing = ask(app, {"root_path": root, "path": f"{prefix}/nothing/here"})
    assert (missing.status, missing.json["type"]) == (404, f"{prefix}/problems/not-found")


def test_a_path_that_merely_begins_like_the_prefix_is_below_it(app: ShopApplication) -> None:
    assert ask(app, {"root_path": "/word", "path": "/words/x"}).json["word"] == "x"


def test_a_prefix_that_needs_encoding_is_encoded_in_links(app: ShopApplication) -> None:
    made = ask(app, POST | {"root_path": "/mein lädchen", "path": "/mein lädchen/words"}, SAID)
    assert made.all("location") == ["/mein%20l%C3%A4dchen/words/x"]


def test_at_the_root_nothing_is_put_before(app: ShopApplication) -> None:
    made = ask(app, POST, SAID)
    assert made.all("location") == ["/words/x"]
    assert "; Path=/" in made.all("set-cookie")[0]
    assert "Secure" not in made.all("set-cookie")[0]


def test_a_cookie_is_for_tls_alone_where_the_request_came_by_it(app: ShopApplication) -> None:
    assert ask(app, POST | {"scheme": "https"}, SAID).all("set-cookie")[0].endswith("; Secure")


@pytest.mark.parametrize(
    "path",
    [
        "//metrics",
        "/metrics/",
        "///metrics",
        "/metrics//",
        "/./metrics",
        "/x/../metrics",
        "/METRICS",
        "/metrics;x",
    ],
)
def test_what_is_kept_inside_has_one_address(app: ShopApplication, path: str) -> None:
    for scope in (
        {"path": path},
        {"path": path, "raw_path": path.encode()},
        {"path": f"/shop{path}", "root_path": "/shop"},
    ):
        assert (ask(app, scope).status, ask(app, scope).json["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    "raw", [b"/%6Detrics", b"/m%65trics", b"/%2Fmetrics", b"/%6d%65%74%72%69%63%73"]
)
def test_what_is_kept_inside_cannot_be_spelled_in_another_way(
    app: ShopApplication, raw: bytes
) -> None:
    assert ask(app, {"path": "/metrics"}).json["word"] == "secret"
    assert ask(app, {"path": "/metrics", "raw_path": raw}).status == 404
    assert (
        ask(app, {"path": "/a/metrics", "raw_path": b"/a" + raw, "root_path": "/a"}).status == 404
    )


def test_what_has_to_be_encoded_may_be(app: ShopApplication) -> None:
    assert ask(app, {"path": "/words/ä b", "raw_path": b"/words/%C3%A4%20b"}).json["word"] == "ä b"


def test_a_websocket_is_refused_and_a_lifespan_is_lived(app: ShopApplication) -> None:
    sent: list[Any] = []
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    sent.clear()
    asyncio.run(
        app(
            {"type": "websocket", "asgi": {"version": "3.0"}, "path": "/words", "headers": []},
            receive,
            send,
        )
    )
    assert sent == ["websocket.close"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_body_is_read_from_any_kind_of_buffer(app: ShopApplication, kind: Any) -> None:
    assert ask(app, POST, [{"type": "http.request", "body": kind(b'{"word": "x"}')}]).status == 201


@pytest.mark.parametrize("path", ["/words/x", "/nothing"])
def test_a_socket_is_refused_and_is_no_error_of_ours(app: ShopApplication, path: str) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "websocket", "asgi": {"version": "3.0"}, "path": path, "headers": []}
    asyncio.run(app(scope, receive, send))
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1000)]
