"""How the document describes what an operation reads from path, query and headers."""

from collections.abc import Iterator
from typing import Any

import attrs

from commerce_core.kernel.codec import camel
from commerce_http.web.operations import Operation, Source
from commerce_http.web.query import MOST_VALUES, parameters
from commerce_http.web.schema import Schema, Schemas, amount_in


def parameters_of(described: Operation, schemas: Schemas) -> Iterator[Schema]:
    """The parameters of an operation, in the order of its arguments."""
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
        if schema.get("$ref") == "#/components/schemas/MoneyInput":  # a query has text alone
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
