"""The document, made from the operations themselves."""

import json
import re
import types

import attrs
import jsonschema_rs
import msgspec
import pytest

from commerce_core.kernel.money import Money
from commerce_http.main import OPERATIONS, document
from commerce_http.web import answers
from commerce_http.web import operations as operations_module
from commerce_http.web.answers import Shape
from commerce_http.web.openapi import Document, public_path
from commerce_http.web.operations import operation, operations_of
from commerce_http.web.schema import Schemas

DATA = document("USD").data
NAMES = [o.name for o in OPERATIONS]
#: The document does not show itself, nor the page that does, nor what gateways are answered:
#: nothing.
UNSHOWN = {
    "schema_document", "schema_page", "schema_file", "media_file", "receive_payment_notice"
}  # fmt: skip


def resolved(schema: dict) -> dict:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "components": DATA["components"],
    }


def described(name: str) -> dict:
    found = next(o for o in OPERATIONS if o.name == name)
    return DATA["paths"][public_path(found)][found.method.lower()]


def shown(example: dict) -> object:
    """The value of an example, which may stand elsewhere."""
    name = example.get("$ref", "").rpartition("/")[2]
    return (DATA["components"]["examples"][name] if name else example)["value"]


@operation("GET", "/wrapped", answer=None, status=204)
def wrapped() -> None:
    """The first paragraph,
    on two lines.

    What follows it.
    """


def test_a_summary_is_the_whole_first_paragraph_on_one_line() -> None:
    made = Document([wrapped], "USD").data["paths"]["/wrapped"]["get"]
    assert made["summary"] == "The first paragraph, on two lines."
    assert made["description"] == "What follows it."


def test_no_two_operations_share_a_name() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_says_what_it_is_and_what_it_answers(name: str) -> None:
    made = described(name)
    assert made["summary"].endswith(".")
    for status, response in made["responses"].items():
        assert response["description"]
        if int(status) >= 400:
            (content,) = response["content"].items()
            assert content[0] == "application/problem+json"
            assert content[1]["schema"] == {"$ref": "#/components/schemas/Problem"}


def refusals(name: str) -> dict[int, set[str]]:
    """The codes that an operation may refuse with, by status."""
    return {
        int(status): {*response["content"]["application/problem+json"]["examples"]}
        for status, response in described(name)["responses"].items()
        if int(status) >= 400
    }


def bodies(name: str) -> dict[str, dict]:
    return described(name).get("requestBody", {}).get("content", {})


@pytest.mark.parametrize("name", [name for name in NAMES if bodies(name)])
def test_every_body_has_an_example_that_is_valid_by_its_own_schema(name: str) -> None:
    for content in bodies(name).values():
        jsonschema_rs.validate(resolved(content["schema"]), content["example"])


@pytest.mark.parametrize("name", [n for n in NAMES if n not in UNSHOWN])
def test_every_answer_has_examples_that_are_valid_by_its_own_schema(name: str) -> None:
    for status, response in described(name)["responses"].items():
        for content in response.get("content", {}).values():
            assert content["examples"], status
            for example in content["examples"].values():
                jsonschema_rs.validate(resolved(content["schema"]), shown(example))


@pytest.mark.parametrize("code", DATA["components"]["examples"])
def test_a_refusal_is_shown_with_its_own_code_and_status(code: str) -> None:
    value = DATA["components"]["examples"][code]["value"]
    assert (value["code"], value["type"]) == (code, f"/problems/{code}")
    named = {
        int(status)
        for name in NAMES
        for status, response in described(name)["responses"].items()
        if code
        in response.get("content", {}).get("application/problem+json", {"examples": ()})["examples"]
    }
    assert named == {value["status"]}


def test_an_example_of_another_shape_is_noticed() -> None:
    cart = resolved({"$ref": "#/components/schemas/Cart"})
    (good,) = described("own_cart")["responses"]["200"]["content"]["application/json"][
        "examples"
    ].values()
    assert jsonschema_rs.is_valid(cart, good["value"])
    assert not jsonschema_rs.is_valid(cart, good["value"] | {"total": "1.00"})
    assert not jsonschema_rs.is_valid(cart, good["value"] | {"owner": "me"})


def test_schemas_have_the_names_of_the_trade() -> None:
    names = DATA["components"]["schemas"]
    assert [name for name in names if name.endswith("Out")] == []
    assert {"Account", "Cart", "Item", "ItemPage", "Money", "Order", "OrderPage", "Problem"} <= {
        *names
    }


def test_money_of_a_response_may_be_sent_as_it_is() -> None:
    total = described("own_cart")["responses"]["200"]["content"]["application/json"]["examples"]
    amount = resolved({"$ref": "#/components/schemas/MoneyInput"})
    assert jsonschema_rs.is_valid(amount, total["done"]["value"]["total"])


def test_every_reference_leads_somewhere() -> None:
    for target in {*re.findall(r'"\$ref": "#/components/([^"]*)"', json.dumps(DATA))}:
        kind, name = target.split("/")
        assert name in DATA["components"][kind], target


def test_a_tag_is_a_capability_and_says_what_it_holds() -> None:
    tags = {tag["name"]: tag["description"] for tag in DATA["tags"]}
    assert {described(name)["tags"][0] for name in NAMES} == {*tags}
    assert {"accounts", "cart", "catalog", "checkout", "orders", "search"} <= {*tags}
    assert tags["catalog"] == "Items, and the imports that bring them in by the file."


@pytest.mark.parametrize(
    ("money", "valid"),
    [
        (15.99, True),
        ("15.99", True),
        ({"amount": "1", "currency": "USD"}, True),
        ({"amount": "1"}, False),
        ({"amount": 1, "currency": "USD"}, False),
        ("x", False),
        (None, False),
        (True, False),
    ],
)
def test_the_document_says_how_money_looks(money: object, valid: bool) -> None:
    assert (
        jsonschema_rs.is_valid(resolved({"$ref": "#/components/schemas/MoneyInput"}), money)
        is valid
    )


def test_unknown_keys_are_refused_in_both_directions() -> None:
    new = resolved({"$ref": "#/components/schemas/NewItem"})
    assert jsonschema_rs.is_valid(new, {"name": "x"})
    assert not jsonschema_rs.is_valid(new, {"name": "x", "owner": "me"})
    assert DATA["components"]["schemas"]["Item"]["additionalProperties"] is False


def test_a_name_stands_for_one_thing() -> None:
    @attrs.frozen
    class Same:
        """Comes in."""

    schemas = Schemas("USD")
    schemas.incoming(Same)
    with pytest.raises(TypeError, match="Same"):
        schemas.outgoing(msgspec.defstruct("Same", [("a", int)], bases=(Shape,)))


def test_a_handler_takes_every_name_of_its_path() -> None:
    with pytest.raises(TypeError, match="item_id"):

        @operation("GET", "/items/{item_id}", answer=answers.Money)
        def details() -> None:
            """Forgets its item."""


def test_operations_of_a_module_keep_their_order() -> None:
    module = types.ModuleType("some")
    module.one, module.two = OPERATIONS[1], OPERATIONS[0]  # type: ignore[attr-defined]
    module.other = operations_module  # type: ignore[attr-defined]
    assert operations_of(module) == [OPERATIONS[1], OPERATIONS[0]]


@pytest.mark.parametrize(
    ("currency", "taken", "refused"),
    [
        ("USD", ["15", "15.9", "15.99", "9999999999.99"], ["15.999", "15.", ".9", "1" * 17]),
        ("JPY", ["1599", "0"], ["15.99", "15.0"]),
        ("BHD", ["15", "15.99", "15.999"], ["15.9999"]),
    ],
)
def test_an_amount_has_the_decimals_of_the_shops_currency(
    currency: str, taken: list[str], refused: list[str]
) -> None:
    made = document(currency).data
    parameters = made["paths"]["/items"]["get"]["parameters"]
    prices = [p["schema"] for p in parameters if p["name"] in ("priceMin", "priceMax")]
    money = resolved(made["components"]["schemas"]["MoneyInput"]) | {
        "components": made["components"]
    }
    assert len(prices) == 2
    for schema in (*prices, money):
        assert [text for text in taken if not jsonschema_rs.is_valid(schema, text)] == []
        assert [text for text in refused if jsonschema_rs.is_valid(schema, text)] == []
    for example in money["examples"]:
        assert jsonschema_rs.is_valid(money, example)
        assert Money.parse(
            str(example["amount"] if isinstance(example, dict) else example), currency
        ) == Money(1599, currency)


@pytest.mark.parametrize("currency", ["USD", "JPY", "BHD"])
def test_the_examples_cost_what_a_shop_of_the_currency_can_take(currency: str) -> None:
    made = document(currency).data

    def example(path: str, method: str) -> dict:
        return next(iter(made["paths"][path][method]["requestBody"]["content"].values()))["example"]

    assert Money.parse(str(example("/items", "post")["price"]), currency) == Money(34_999, currency)
    assert Money.parse(example("/items/{itemId}", "patch")["price"], currency) == Money(
        32_999, currency
    )
    amount = example("/checkout", "post")["amount"]
    assert (Money.parse(amount["amount"], currency), amount["currency"]) == (
        Money(69_998, currency),
        currency,
    )
