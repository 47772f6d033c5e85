"""JSON schemas: of requests from the attrs classes that read them, of responses from the shapes."""

import inspect
import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, NewType, cast

import attrs
import msgspec

from commerce_core.kernel.address import Address
from commerce_core.kernel.codec import camel
from commerce_core.kernel.money import Money as CoreMoney
from commerce_core.kernel.money import exponent
from commerce_http.web.answers import Money, Shape

Schema = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"
_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
    Decimal: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
    Any: {},
}


_NAMED: Final = re.compile(r"\*(\w+)\*")
#: Of a price and of a sum in minor units: so many are taken for certain.
_DIGITS_OF_PRICE: Final = 12
_DIGITS_OF_SUM: Final = 18


def amount_in(currency: str, sign: str = "", most: int = _DIGITS_OF_PRICE) -> Schema:
    """An amount as text, with no more decimals than *currency* has."""
    digits = exponent(currency)
    decimals = rf"(\.[0-9]{{1,{digits}}})?" if digits else ""
    return {"type": "string", "pattern": f"^{sign}[0-9]{{1,{most - digits}}}{decimals}$"}


def _money(currency: str) -> Schema:
    """Money as it is sent, which may be received as well."""
    return {
        "type": "object",
        "description": _text(Money),
        "properties": {
            "amount": amount_in(currency, "-?", _DIGITS_OF_SUM),
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["amount", "currency"],
        "additionalProperties": False,
    }


def _money_input(currency: str) -> Schema:
    """How money may be given."""
    example = CoreMoney(1599, currency).amount
    return {
        "description": (
            "Read exactly. A bare number or text is in the shop's currency "
            f"({currency}); more decimals than the currency has are refused."
        ),
        "anyOf": [
            {"type": "number"},
            amount_in(currency, "-?", _DIGITS_OF_SUM),
            _ref("Money"),
        ],
        "examples": [json.loads(example), example, {"amount": example, "currency": currency}],
    }


class Schemas:
    """Collects the schemas that a document refers to, each under its own name."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.components: dict[str, Schema] = {
            "Money": _money(currency),
            "MoneyInput": _money_input(currency),
        }
        self._owners: dict[str, str] = {}

    def incoming(self, kind: Any) -> Schema:
        """The schema of *kind* (attrs, containers, plain types) as the kernel's reader takes it."""
        if isinstance(kind, NewType):
            return self.incoming(kind.__supertype__)
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        if kind is CoreMoney:
            return _ref("MoneyInput")
        if attrs.has(kind):
            return self._class(kind)
        if inspect.isclass(kind) and issubclass(kind, Enum):
            return {"type": "string", "enum": [member.value for member in kind]}
        return self._generic(kind)

    def outgoing(self, shape: type[Shape]) -> Schema:
        """The schema of what a handler answers."""
        (schema,), components = msgspec.json.schema_components([shape], ref_template=_REF)
        for name, component in components.items():
            if name != Money.__name__:
                self._keep(name, _in_markdown(component), "out")
        return cast("Schema", _in_markdown(schema))

    def field(self, attribute: "attrs.Attribute[Any]") -> Schema:
        """The schema of one attribute, with what its metadata says beside its type."""
        schema: Schema = self.incoming(attribute.type) | attribute.metadata.get("schema", {})
        if attribute.default is not attrs.NOTHING and isinstance(
            attribute.default, (str, int, bool)
        ):
            schema.setdefault("default", attribute.default)
        return schema

    def _member(self, attribute: "attrs.Attribute[Any]") -> Schema:
        """A field of a body. What it is when left out is said in words: generators make fields with
        a default ones that must be given.
        """
        schema = self.field(attribute)
        if default := schema.pop("default", None):
            words = f"Left out: `{json.dumps(default)}`."
            schema["description"] = " ".join(filter(None, (schema.get("description"), words)))
        return schema

    def _class(self, kind: Any) -> Schema:
        # A request's address differs from a response's: each has its name.
        name = "AddressInput" if kind is Address else str(kind.__name__)
        if name not in self.components:
            self.components[name] = {}  # a class may hold itself
            fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(kind))
            self.components.pop(name)
            self._keep(
                name,
                {
                    "type": "object",
                    "description": _text(kind),
                    "properties": {camel(a.name): self._member(a) for a in fields},
                    "required": [camel(a.name) for a in fields if a.default is attrs.NOTHING],
                    "additionalProperties": False,
                },
                "in",
            )
        return _ref(name)

    def _generic(self, kind: Any) -> Schema:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            return self.incoming(arguments[0])
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (types.UnionType, typing.Union):
            return {"anyOf": [self.incoming(a) for a in arguments]}
        if origin in (tuple, list, Sequence):
            return {"type": "array", "items": self.incoming(arguments[0])}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.incoming(arguments[1])}
        return {"type": "string"}

    def _keep(self, name: str, schema: Schema, way: str) -> None:
        if self._owners.setdefault(name, way) != way:
            raise TypeError(f"{name} names both a request and a response schema")
        self.components[name] = schema


def _in_markdown(schema: Any) -> Any:
    """*schema* with its descriptions, which are docstrings, in Markdown."""
    if isinstance(schema, list):
        listed = cast("Sequence[Any]", schema)
        return [_in_markdown(one) for one in listed]
    if not isinstance(schema, dict):
        return schema
    made = {name: _in_markdown(value) for name, value in cast("Schema", schema).items()}
    if isinstance(described := made.get("description"), str):
        made["description"] = _plain_text(described)
    return made


def _text(kind: type) -> str:
    return _plain_text(kind.__doc__ or kind.__name__)


def _plain_text(docstring: str) -> str:
    """A docstring as the document's Markdown, with the names that clients know."""
    text = inspect.cleandoc(docstring).replace("``", "`")
    return _NAMED.sub(lambda found: f"`{camel(found[1])}`", text)


def _ref(name: str) -> Schema:
    return {"$ref": _REF.format(name=name)}
