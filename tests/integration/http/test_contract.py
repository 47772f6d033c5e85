"""What holds for every operation: methods, heads, problems, the document, health, and that nothing
makes the shop stumble.
"""

import json
import re
import socket
from urllib.parse import urlsplit

import jsonschema_rs
import pytest

from commerce_core.kernel.codec import camel
from commerce_http.main import OPERATIONS
from tests.integration.http.people import PASSWORD, Person, Town, pointers, problem


def raw(town: Town, request: bytes) -> tuple[int, str]:
    """Status and body of what is answered to *request*, byte for byte."""
    address = urlsplit(str(town.client.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body.decode()


def send_raw(
    town: Town, method: str, path: bytes, body: bytes = b"", headers: bytes = b""
) -> tuple[int, str]:
    content = b"Content-Length: %d\r\n" % len(body) if body or method != "GET" else b""
    lines = b"%s %s HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n%s%s\r\n" % (
        method.encode(),
        path,
        content,
        headers,
    )
    return raw(town, lines + body)


def test_the_methods_of_a_path_are_named_by_405(town: Town) -> None:
    refused = town.guest("PUT", "/cart")
    problem(refused, 405, "method-not-allowed")
    assert {name.strip() for name in refused.headers["allow"].split(",")} >= {
        "GET",
        "HEAD",
        "PATCH",
        "DELETE",
    }


def test_nothing_lives_at_an_unknown_path(town: Town) -> None:
    for path in ("/nothing", "/", "/items/a/b/c", "/orders/a/b"):
        problem(town.guest("GET", path), 404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "/items",
        "/cart",
        "/suggestions",
        "/health/live",
        "/schema",
        "/schema/openapi.json",
        "/metrics",
    ],
)
def test_a_head_answers_like_a_get_without_a_body(town: Town, path: str) -> None:
    head, got = town.guest("HEAD", path), town.guest("GET", path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


def test_health_and_metrics(town: Town) -> None:
    assert town.guest("GET", "/health/live").json() == {"status": "live"}
    assert town.guest("GET", "/health/ready").json() == {"status": "ready"}
    told = town.guest("GET", "/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    assert 'http_requests_total{method="GET",route="/health/live",status="200"}' in told.text


def test_readiness_names_what_is_down(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = dict(town.shop.checks)
    assert isinstance(town.shop.checks, dict)
    monkeypatch.setitem(town.shop.checks, "database", lambda: "it does not answer")
    down = problem(town.guest("GET", "/health/ready"), 503, "not-ready")
    assert down["down"] == [{"part": "database"}]
    monkeypatch.setitem(town.shop.checks, "database", checks["database"])


def test_without_search_a_shop_is_ready_and_says_so(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(town.shop.checks, dict)
    monkeypatch.setitem(town.shop.checks, "search", lambda: "it does not answer")
    lacking = [{"part": "search"}]
    answer = town.guest("GET", "/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "down": lacking})
    monkeypatch.setitem(town.shop.checks, "database", lambda: "nor does this")
    both = problem(town.guest("GET", "/health/ready"), 503, "not-ready")
    assert [part["part"] for part in both["down"]] == ["database", "search"]
    assert 'commerce_part_up{part="search"} 0.0' in town.guest("GET", "/metrics").text


def test_every_answer_names_its_request(town: Town) -> None:
    assert (
        town.guest("GET", "/health/live", headers={"X-Request-ID": "mine-1"}).headers[
            "x-request-id"
        ]
        == "mine-1"
    )
    given = town.guest(
        "GET",
        "/health/live",
        headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    )
    assert given.headers["x-request-id"] == "0af7651916cd43dd8448eb211c80319c"
    for forged in ("00-x", f"00-{'4242424242424242':0<32}-b7ad6b7169203331-01"):
        made = town.guest("GET", "/health/live", headers={"traceparent": forged}).headers[
            "x-request-id"
        ]
        assert re.fullmatch("[0-9a-f]{32}", made)
        assert "4242424242424242" not in made
    refused = town.guest("GET", "/nothing")
    assert refused.json()["requestId"] == refused.headers["x-request-id"]
    assert (
        town.guest("GET", "/nothing", headers={"X-Request-ID": "4242424242424242"}).headers[
            "x-request-id"
        ]
        != "4242424242424242"
    )


def test_only_what_tells_of_nobody_may_be_kept(town: Town) -> None:
    public = {operation.name for operation in OPERATIONS if operation.public}
    assert public == {
        "find_items",
        "suggest",
        "item_details",
        "schema_document",
        "schema_page",
        "problem_types",
        "problem_type",
    }
    for operation in OPERATIONS:
        if operation.method == "GET" and not operation.public:
            assert town.guest("GET", operation.path).headers["cache-control"] == "no-store", (
                operation.path
            )


def test_what_a_person_is_told_is_not_kept(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    order = town.order(buyer, town.item(seller), Prefer="wait=10")
    for path in (
        "/accounts/me",
        "/cart",
        "/orders",
        f"/orders/{order['orderId']}",
        f"/orders/{order['orderId']}/events",
        "/orders/x",
    ):
        assert buyer("GET", path).headers["cache-control"] == "no-store", path
    session = town.client.post(
        "/sessions", json={"email": buyer.account["email"], "password": PASSWORD}
    )
    assert session.headers["cache-control"] == "no-store"
    for refused in (
        buyer("POST", "/checkout", {}),
        town.client.post("/sessions", json={}),
        town.guest("GET", "/orders"),
    ):
        assert refused.headers["cache-control"] == "no-store"


def test_the_schema_page_loads_nothing_from_anywhere(town: Town) -> None:
    page = town.guest("GET", "/schema")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|src=", page.text)
    assert re.findall(r'href="([^"]*)"', page.text) == ["/schema/openapi.json"]


def test_the_document_holds_every_operation_and_nothing_is_left_open(town: Town) -> None:
    document = town.guest("GET", "/schema/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert described == {
        (o.method, re.sub(r"\{(\w+)\}", lambda m: "{" + camel(m[1]) + "}", o.path))
        for o in OPERATIONS
    }
    for name, schema in document["components"]["schemas"].items():
        if schema.get("type") == "object":
            assert schema.get("additionalProperties") is False, name
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )


def test_the_examples_of_the_document_are_taken(town: Town) -> None:
    seller = town.newcomer("seller")
    document = town.guest("GET", "/schema/openapi.json").json()
    paths = document["paths"]

    def example(path: str, method: str) -> dict:
        return next(iter(paths[path][method]["requestBody"]["content"].values()))["example"]

    assert town.guest("POST", "/accounts", example("/accounts", "post")).status_code == 201
    assert town.guest("POST", "/sessions", example("/sessions", "post")).status_code == 201
    item = seller("POST", "/items", example("/items", "post"))
    assert item.status_code == 201, item.text
    path = item.headers["location"]
    assert (
        seller(
            "PATCH", path, example("/items/{itemId}", "patch"), headers={"If-Match": "*"}
        ).status_code
        == 200
    )
    assert (
        seller(
            "POST", f"{path}/stock-receipts", example("/items/{itemId}/stock-receipts", "post")
        ).status_code
        == 201
    )
    buyer = town.newcomer()
    assert buyer("PATCH", "/accounts/me", example("/accounts/me", "patch")).status_code == 200
    cart = buyer(
        "PATCH", "/cart", example("/cart", "patch") | {"itemId": item.json()["itemId"]}
    ).json()
    placed = buyer(
        "POST",
        "/checkout",
        example("/checkout", "post") | {"cartId": cart["cartId"], "amount": cart["total"]},
    )
    assert placed.status_code == 201, placed.text


BODIES = {
    "empty": b"",
    "broken UTF-8": b'{"name": "\xff\xfe"}',
    "no JSON": b"{name: 1}",
    "trailing garbage": b'{"name": "x"} x',
    "two documents": b"{}{}",
    "cut off": b'{"name": "x',
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 2000 + b"]" * 2000,
    "deep objects": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
}
VALUES = {
    "lone surrogate": b'"\\ud800"',
    "U+0000": b'"a\\u0000b"',
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "a huge exponent": b"1e999999999999999999",
    "a long number": b"9" * 10_000,
    "a long text": b'"' + b"x" * 200_000 + b'"',
    "null": b"null",
    "a list": b"[[[]]]",
    "true": b"true",
    "a negative zero": b"-0.0",
    "an object": b'{"$ref": "#/", "__proto__": {}}',
    "minus 2 to the 63": b"-9223372036854775809",
}
WRITES = [("POST", "/accounts"), ("POST", "/sessions"), ("PATCH", "/accounts/me"),
("POST", "/items"), ("PATCH", "/items/x"),
          ("POST", "/items/x/stock-receipts"), ("PATCH", "/cart"), ("POST", "/checkout")]  # fmt: skip
FIELDS = ["name", "email", "password", "price", "quantity", "variants", "specifications",
"attributes", "itemId", "cartId", "amount",
          "paymentInfo", "shippingAddress", "cartVersion", "reference", "tags", "status", "address"]  # fmt: skip


def as_whom(people: dict[str, Person], method: str, path: str) -> bytes:
    who = "seller" if path.startswith("/items") else "buyer"
    return b"Authorization: Bearer %s\r\nIf-Match: *\r\n" % str(people[who].token).encode()


@pytest.fixture(scope="module")
def people(town: Town, seller: Person, buyer: Person) -> dict[str, Person]:
    return {"seller": seller, "buyer": buyer}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_body_that_is_no_json_is_refused(
    town: Town, people, method: str, path: str, name: str
) -> None:
    headers = as_whom(people, method, path) + b"Content-Type: application/json\r\n"
    status, body = send_raw(town, method, path.encode(), BODIES[name], headers)
    assert status in (400, 422), body
    assert json.loads(body)["code"] in ("malformed", "invalid")


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_no_value_makes_the_shop_stumble(
    town: Town, people, method: str, path: str, name: str
) -> None:
    headers = as_whom(people, method, path) + b"Content-Type: application/json\r\n"
    for field in FIELDS:
        status, body = send_raw(
            town, method, path.encode(), b'{"%s": %s}' % (field.encode(), VALUES[name]), headers
        )
        assert status in (200, 404, 422), (field, status, body)
    status, body = send_raw(town, method, path.encode(), VALUES[name], headers)
    assert status in (400, 422), body


@pytest.mark.parametrize(
    "media",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
        "application/jsonx",
        "\xff",
        ";",
        "a/b/c",
    ],
)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_wrong_content_type_is_415(
    town: Town, people, method: str, path: str, media: str
) -> None:
    headers = as_whom(people, method, path) + f"Content-Type: {media}\r\n".encode("latin-1")
    status, body = send_raw(town, method, path.encode(), b"{}", headers)
    assert (status, json.loads(body)["code"]) == (415, "unsupported-media-type")


def test_a_compressed_body_is_415_and_a_long_one_413(town: Town, seller: Person) -> None:
    problem(
        seller(
            "POST",
            "/items",
            content=b"x",
            headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        ),
        415,
        "unsupported-media-type",
    )
    long = b'{"name": "' + b"x" * (2 << 20) + b'"}'
    problem(
        seller("POST", "/items", content=long, headers={"Content-Type": "application/json"}),
        413,
        "too-large",
    )
    pieces = seller(
        "POST", "/items", content=iter([long]), headers={"Content-Type": "application/json"}
    )
    problem(pieces, 413, "too-large")


PATHS = [b"/items/%ff%fe", b"/items/\xff\xfe", b"/items/%00", b"/items/%ed%a0%80",
b"/items/" + b"x" * 20_000, b"/items/..%2f..%2fetc",
         b"/items/%", b"/items/%zz", b"/items/\xc3\xa4", b"/items/a%2Fb", b"/items/'%20OR%201=1",
         b"/items?term=\xff", b"/items?term=%ff",
         b"/items?%00=1", b"/items?size=99999999999999999999999", b"/items?size=-0",
         b"/items?" + b"a=1&" * 500, b"/items?cursor=%00",
         b"/items?cursor=" + b"A" * 5000, b"/items?attributes.=x", b"/items?attributes.%ed%a0%80=x",
         b"/items?priceMin=1e400",
         b"/items?priceMin=NaN", b"/items?=", b"/items?&&&", b"/items?term=a;b=c", b"//items",
         b"/items//", b"/orders/%00/events",
         b"/item-imports/%ff", b"/suggestions?prefix=%ed%a0%80", b"/suggestions?prefix=%00",
         b"/cart?x=1"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_path_and_no_query_makes_the_shop_stumble(town: Town, people, path: bytes) -> None:
    for token in (b"", as_whom(people, "GET", "/"), as_whom(people, "GET", "/items")):
        status, body = send_raw(town, "GET", path, headers=token)
        assert status < 500, body
        assert "Traceback" not in body


HEADERS = [b"Authorization: Bearer " + b"x" * 20_000, b"Authorization: Bearer \xff\xfe",
b"Authorization: Bearer a b", b"Cookie: cart_token=\xff",
           b"Cookie: " + b"a=b; " * 3000, b"If-None-Match: \xff",
           b"If-None-Match: " + b'"x",' * 2000, b"X-Search-Token: \xff",
           b"X-Search-Token: " + b"A" * 5000, b"X-Request-ID: \xff",
           b"X-Cart-Token: \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
           b"Last-Event-ID: \xff", b"Prefer: \xff", b"Accept: \xff", b"Accept: application/xml",
           b"Host: \xff", b"Content-Length: 5"]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(
    "path", [b"/items", b"/items/x", b"/cart", b"/orders", b"/orders/x/events"]
)
def test_no_header_makes_the_shop_stumble(town: Town, path: bytes, header: bytes) -> None:
    status, body = send_raw(town, "GET", path, headers=header + b"\r\n")
    assert status < 500, body


@pytest.mark.parametrize("key", ["", "x" * 201, "\xff"])
def test_a_key_is_printable_text_of_up_to_200_characters(
    town: Town, seller: Person, key: str
) -> None:
    body = {"name": "x", "price": 1, "quantity": 1}
    refused = seller("POST", "/items", body, headers={"Idempotency-Key": key.encode("latin-1")})
    assert pointers(refused) == ["/Idempotency-Key"]


def test_a_field_given_twice_does_not_hide_one_of_them(town: Town, seller: Person) -> None:
    body = b'{"name": "x", "price": 1, "quantity": 1, "name": "y"}'
    answer = seller("POST", "/items", content=body, headers={"Content-Type": "application/json"})
    assert pointers(answer) == ["/name"]


def test_a_refusal_names_an_address_that_says_what_it_means_and_what_to_do(
    town: Town, seller: Person
) -> None:
    buyer = town.newcomer()
    for refused in (
        town.guest("GET", "/nothing"),
        town.guest("GET", "/orders"),
        seller("GET", "/cart"),
        buyer("POST", "/checkout", {}),
    ):
        told = town.guest("GET", refused.json()["type"])
        assert told.status_code == 200
        assert {key: told.json()[key] for key in ("type", "code", "title", "status")} == {
            key: refused.json()[key] for key in ("type", "code", "title", "status")
        }
        assert told.json()["meaning"]
        assert told.json()["whatToDo"]
    problem(town.guest("GET", "/problems/no-such-code"), 404, "not-found")


def test_the_list_of_problems_has_each_that_the_document_names(town: Town) -> None:
    listed = {one["code"] for one in town.guest("GET", "/problems").json()["problems"]}
    document = town.guest("GET", "/schema/openapi.json").text
    assert {
        code
        for codes in re.findall(r'"code": \{"enum": \[([^]]*)\]', document)
        for code in json.loads(f"[{codes}]")
    } <= listed
