"""Nothing that a client sends makes the shop stumble."""

import json

import pytest

from tests.integration.http.people import Person, Town, pointers, problem
from tests.integration.http.raw_requests import send_raw

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

WRITES = [
    ("POST", "/accounts"), ("POST", "/sessions"), ("PATCH", "/accounts/me"),
    ("POST", "/items"), ("PATCH", "/items/x"), ("POST", "/items/x/stock-receipts"),
    ("PATCH", "/cart"), ("POST", "/checkout"),
]  # fmt: skip

FIELDS = [
    "name", "email", "password", "price", "quantity", "variants", "specifications", "attributes",
    "itemId", "cartId", "amount", "paymentInfo", "shippingAddress", "cartVersion", "reference",
    "tags", "status", "address",
]  # fmt: skip


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
