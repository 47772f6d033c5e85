"""The OpenAPI 3.1 document, made from the operations."""

import inspect
import json
import typing
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final, cast

import attrs

from commerce_core.accounts import SessionUnknown
from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.bounded import MOST_PROBLEMS
from commerce_core.kernel.codec import camel
from commerce_core.kernel.errors import CommerceError, Invalid, StorageFull, TransactionLost
from commerce_core.kernel.money import Money
from commerce_http.web.answers import Payload, link
from commerce_http.web.errors import (
    Forbidden,
    Malformed,
    RouteNotFound,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
    status_of,
    title_of,
)
from commerce_http.web.long_bodies import TooManyLongBodies
from commerce_http.web.operations import Operation, Source, operation, path_names
from commerce_http.web.query import MOST_VALUES, parameters
from commerce_http.web.schema import Schema, Schemas, amount_in

_PROBLEM: Final = "application/problem+json"
_EVERYWHERE: Final = (Malformed, Invalid, TransactionLost, StorageFull, Overloaded)


class Document:
    """The document of *operations*, made when it is first asked for."""

    def __init__(self, operations: Sequence[Operation], currency: str) -> None:
        self._operations = operations
        self._currency = currency
        # For the prefix that was asked for last: most have only one.
        self._as_json: dict[str, bytes] = {}

    @cached_property
    def data(self) -> dict[str, Any]:
        """The document itself, of an application at the root of its host."""
        schemas = Schemas(self._currency)
        schemas.components["Problem"] = _problem_schema()
        paths: dict[str, Any] = {}
        for described in self._operations:
            paths.setdefault(public_path(described), {})[described.method.lower()] = _operation(
                described, schemas
            )
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Shop",
                "version": "1",
                "description": "A shop: items, search, carts, orders.",
            },
            "servers": [{"url": "/"}],
            "paths": paths,
            "components": {
                "schemas": schemas.components,
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            },
        }

    def below(self, root: str) -> dict[str, Any]:
        """The document of an application that is mounted at the prefix *root*."""
        return self.data | {"servers": [{"url": root or "/"}]}

    def as_json(self, root: str) -> bytes:
        """The document as JSON."""
        made = self._as_json.get(root)
        if made is None:
            made = json.dumps(self.below(root), ensure_ascii=False).encode()
            self._as_json = {root: made}
        return made


@operation("GET", "/schema/openapi.json", public=True)
def schema_document(document: Document) -> Payload:
    """This document."""
    return Payload(200, document.as_json(link("")), media=b"application/json")


def public_path(described: Operation) -> str:
    """The path as clients spell it: ``/items/{itemId}``."""
    path = described.path
    for name in path_names(path):
        path = path.replace(f"{{{name}}}", f"{{{camel(name)}}}")
    return path


def problems_of(described: Operation) -> list[type[CommerceError]]:
    """Everything that an operation may refuse with: its own, and what reading its token, path and
    body may.
    """
    found: list[type[CommerceError]] = [*described.problems, *_EVERYWHERE]
    if path_names(described.path):
        found.append(RouteNotFound)
    if described.argument(Source.COMMAND):
        found += [TooLarge, UnsupportedMediaType, TooManyLongBodies]
    if described.stream:
        found.append(UnsupportedMediaType)
    if described.who.roles and (described.argument(Source.CALLER) or not described.who.guests):
        found += [Unauthenticated, SessionUnknown]
        if len(described.who.roles) < 3:
            found.append(Forbidden)
    return found


def _operation(described: Operation, schemas: Schemas) -> dict[str, Any]:
    text = inspect.cleandoc(described.function.__doc__ or described.name)
    summary, _, description = text.partition("\n\n")
    made: dict[str, Any] = {
        "operationId": camel(described.name),
        "tags": [described.function.__module__.rpartition(".")[2]],
        "summary": " ".join(summary.split()),
        "parameters": list(_parameters(described, schemas)),
        "responses": _responses(described, schemas),
    }
    if description.strip():
        made["description"] = description.strip()
    command = described.argument(Source.COMMAND)
    if command is not None:
        content: dict[str, Any] = {"schema": schemas.incoming(command.type)}
        if described.example is not None:
            content["example"] = in_currency(described.example, schemas.currency)
        made["requestBody"] = {"required": True, "content": dict.fromkeys(described.media, content)}
    if described.stream is not None:
        made["requestBody"] = {
            "required": True,
            "content": {media: {"schema": schema} for media, schema in described.stream.items()},
        }
    if not described.who.guests:
        made["security"] = [{"bearer": []}]
    elif described.argument(Source.CALLER):
        made["security"] = [{}, {"bearer": []}]
    return made


def in_currency(example: Any, currency: str) -> Any:
    """*example*, whose prices are in dollars, as a shop of *currency* takes it: the same minor
    units.
    """
    if isinstance(example, dict):
        fields = cast("dict[str, Any]", example)
        if {*fields} == {"amount", "currency"}:
            return {
                "amount": Money(Money.parse(fields["amount"], "USD").minor, currency).amount,
                "currency": currency,
            }
        return {
            name: _priced(value, currency) if name == "price" else in_currency(value, currency)
            for name, value in fields.items()
        }
    return (
        [in_currency(one, currency) for one in cast("Any", example)]
        if isinstance(example, list)
        else example
    )


def _priced(value: Any, currency: str) -> Any:
    amount = Money(Money.parse(str(value), "USD").minor, currency).amount
    return amount if isinstance(value, str) else json.loads(amount)


def _parameters(described: Operation, schemas: Schemas) -> Iterator[Schema]:
    for argument in described.arguments:
        match argument.source:
            case Source.PATH:
                yield {
                    "name": camel(argument.name),
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "minLength": 1},
                }
            case Source.QUERY:
                yield from _query_parameters(argument.type, schemas)
            case Source.HEADER | Source.ORIGIN if argument.header:
                schema: Schema = {"type": "string"}
                # A device's token of another form is passed over, not refused.
                if argument.source is Source.HEADER:
                    schema |= {"minLength": 1, "maxLength": argument.header.max_length}
                yield {
                    "name": argument.header.name,
                    "in": "header",
                    "description": argument.header.description,
                    "schema": schema,
                }
            case Source.CART_TOKEN:
                yield {
                    "name": "X-Cart-Token",
                    "in": "header",
                    "description": "A guest's cart; the cookie `cart_token` does as well.",
                    "schema": {"type": "string"},
                }
            case _:
                pass


def _query_parameters(kind: Any, schemas: Schemas) -> Iterator[Schema]:
    known = parameters(kind)
    for attribute in attrs.fields(attrs.resolve_types(kind)):
        name = camel(attribute.name)
        schema = _not_null(schemas.field(attribute))
        if schema.get("$ref") == "#/components/schemas/Money":  # a query has text alone
            schema = amount_in(schemas.currency)
        if schema.get("type") == "array":
            schema |= {"maxItems": MOST_VALUES}
            # One value looks like a list of one.
            schema = {"anyOf": [schema, schema["items"]]}
        parameter: Schema = {
            "name": name,
            "in": "query",
            "required": attribute.default is attrs.NOTHING,
            "schema": schema,
        }
        parameter["allowEmptyValue"] = True  # it counts as not given
        if known[name].kind == "open":
            one = {"type": "array", "items": {"type": "string"}}
            parameter |= {
                "style": "form",
                "explode": True,
                "description": (
                    f"`{name}.<name>=value`, for any name; at most {MOST_VALUES} in all."
                ),
                "schema": {
                    "type": "object",
                    "patternProperties": {rf"^{name}\..+$": one},
                    "maxProperties": MOST_VALUES,
                    "additionalProperties": False,
                },
            }
        yield parameter


def _not_null(schema: Schema) -> Schema:
    """A query has no ``null``: what may be ``None`` is left out of it."""
    others = [s for s in schema.get("anyOf", ()) if s != {"type": "null"}]
    return (
        others[0] | {k: v for k, v in schema.items() if k != "anyOf"}
        if len(others) == 1
        else schema
    )


def _responses(described: Operation, schemas: Schemas) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done."}
    if described.answer is not None:
        shapes: tuple[Any, ...] = typing.get_args(described.answer) or (described.answer,)
        found = [schemas.outgoing(shape) for shape in shapes]
        good["content"] = {
            described.answer_media: {"schema": found[0] if len(found) == 1 else {"anyOf": found}}
        }
    elif described.status != 204:
        good["content"] = {described.answer_media: {}}
    if described.headers:
        good["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in described.headers.items()
        }
    made: dict[str, Any] = {str(described.status): good}
    for status, meaning in described.also.items():
        made[str(status)] = {"description": meaning} | (
            {"content": good["content"]} if 200 <= status < 204 and "content" in good else {}
        )
    codes: dict[int, set[str]] = {}
    for kind in problems_of(described):
        codes.setdefault(status_of(kind), set()).add(kind.code)
    for status in sorted(codes):
        made[str(status)] = _problem_response(sorted(codes[status]), status)
    return made


def _problem_response(codes: list[str], status: int) -> Schema:
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"properties": {"code": {"enum": codes}}},
        ]
    }
    made: Schema = {
        "description": ", or ".join(title_of(code) for code in codes) + ".",
        "content": {_PROBLEM: {"schema": schema}},
    }
    if status in (429, 503):
        made["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}
    if status == 401:
        made["headers"] = {
            "WWW-Authenticate": {"description": "How to log in.", "schema": {"type": "string"}}
        }
    return made


_TEXT: Final = {"type": "string"}
_SHORT_LINE: Final = {
    "type": "object",
    "properties": {
        "itemId": _TEXT,
        "variantId": {"anyOf": [_TEXT, {"type": "null"}]},
        "name": _TEXT,
        "requested": {"type": "integer"},
        "available": {"type": "integer"},
    },
    "required": ["itemId", "variantId", "name", "requested", "available"],
    "additionalProperties": False,
}
_DOWN: Final = {
    "type": "object",
    "properties": {"part": _TEXT},
    "required": ["part"],
    "additionalProperties": False,
}


def _problem_schema() -> Schema:
    text = _TEXT
    error = {
        "type": "object",
        "properties": {"pointer": text, "detail": text},
        "required": ["pointer", "detail"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "description": "RFC 9457. Further members say what a program needs to act on it.",
        "additionalProperties": False,
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": "Answers to GET: what it means, what to do.",
            },
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "requestId": text,
            "errors": {"type": "array", "items": error, "maxItems": MOST_PROBLEMS},
            "errorsTruncated": {
                "type": "boolean",
                "description": "invalid: reading stopped, there may be more errors.",
            },
            "lines": {
                "type": "array",
                "items": _SHORT_LINE,
                "description": "out-of-stock, item-unavailable: the lines that cannot be had.",
            },
            "amount": {"$ref": "#/components/schemas/MoneyOut"},
            "currentAmount": {
                "$ref": "#/components/schemas/MoneyOut",
                "description": "amount-mismatch: what the cart costs now.",
            },
            "cartId": {
                "anyOf": [text, {"type": "null"}],
                "description": "cart-merged: the cart to use.",
            },
            "variantIds": {
                "type": "array",
                "items": text,
                "description": "variant-in-stock: those that cannot be dropped.",
            },
            "references": {
                "type": "array",
                "items": text,
                "description": "reference-reused: those that were counted before.",
            },
            "down": {
                "type": "array",
                "items": _DOWN,
                "description": "not-ready: the parts that are down.",
            },
        },
        "required": ["type", "title", "status", "detail", "code"],
    }
