"""What holds for every operation: methods, heads, problems, the document, health, and that nothing
makes the shop stumble.
"""

import re
from importlib import resources

import jsonschema_rs
import pytest

from commerce_core import __version__
from commerce_core.kernel.codec import camel
from commerce_http.main import OPERATIONS
from commerce_http.web import swagger
from tests.integration.http.people import PASSWORD, Person, Town, pointers, problem

FILES = resources.files("commerce_http.web") / "swagger_ui"


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
    for path in ("/nothing", "/items/a/b/c", "/orders/a/b"):
        problem(town.guest("GET", path), 404, "not-found")


def test_the_root_says_what_answers_and_every_link_of_it_leads_somewhere(town: Town) -> None:
    found = town.guest("GET", "/").json()
    assert (found["name"], found["version"]) == ("Commerce Core", __version__)
    assert {"docs", "problems", "live", "ready"} <= found["links"].keys()
    for path in found["links"].values():
        assert town.guest("GET", path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/items",
        "/cart",
        "/suggestions",
        "/",
        "/health/live",
        "/schema",
        "/schema/openapi.json",
        "/schema/swagger-ui-bundle.js",
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
    problem_page = town.guest("GET", "/metrics")
    assert problem_page.headers["content-type"].startswith("text/plain")
    assert (
        'http_requests_total{method="GET",route="/health/live",status="200"}' in problem_page.text
    )


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
        "item_images",
        "item_image",
        "media_file",
        "schema_document",
        "schema_page",
        "schema_file",
        "problem_types",
        "problem_type",
        "service",
    }
    for operation in OPERATIONS:
        if operation.method == "GET" and not operation.public:
            assert town.guest("GET", operation.path).headers["cache-control"] == "no-store", (
                operation.path
            )


def test_personal_data_is_not_cached(town: Town, seller: Person) -> None:
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
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "//" not in page.text + policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|<script[^>]*>[^<]| on\w+=", page.text)
    linked = re.findall(r'(?:href|src)="([^"]*)"', page.text)
    assert {*linked} == {f"/schema/{file}" for file in [*swagger.MEDIA, "openapi.json"]}
    for address in linked:
        assert town.guest("GET", address).status_code == 200


@pytest.mark.parametrize("file", swagger.MEDIA)
def test_the_files_of_the_schema_page_may_be_kept_and_are_what_they_say(
    town: Town, file: str
) -> None:
    plain = town.guest("GET", f"/schema/{file}", headers={"Accept-Encoding": "identity"})
    small = town.guest("GET", f"/schema/{file}", headers={"Accept-Encoding": "gzip"})
    assert plain.content == small.content == (FILES / file).read_bytes()
    assert ("content-encoding" in small.headers) is (len(plain.content) >= 1024)
    assert small.headers["content-type"] == swagger.MEDIA[file].decode()
    assert small.headers["cache-control"] == "public, max-age=3600"
    assert small.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("file", ["SHA256SUMS", "swagger-ui.css.map", "..%2Fswagger.py"])
def test_no_other_file_is_served(town: Town, file: str) -> None:
    problem(town.guest("GET", f"/schema/{file}"), 404, "not-found")


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
        if schema.get("type") == "object" and name != "StoredDocument":  # open on purpose
            assert schema.get("additionalProperties") is False, name
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )


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
        problem_page = town.guest("GET", refused.json()["type"])
        assert problem_page.status_code == 200
        assert {key: problem_page.json()[key] for key in ("type", "code", "title", "status")} == {
            key: refused.json()[key] for key in ("type", "code", "title", "status")
        }
        assert problem_page.json()["meaning"]
        assert problem_page.json()["whatToDo"]
    problem(town.guest("GET", "/problems/no-such-code"), 404, "not-found")


def test_the_list_of_problems_has_each_that_the_document_names(town: Town) -> None:
    listed = {one["code"] for one in town.guest("GET", "/problems").json()["problems"]}
    document = town.guest("GET", "/schema/openapi.json").json()
    assert len(document["components"]["examples"]) > 40
    assert {*document["components"]["examples"]} <= listed
