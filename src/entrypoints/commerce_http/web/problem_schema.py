"""The one schema of every refusal (RFC 9457), and the answers that refer to it."""

from collections.abc import Sequence
from typing import Any, Final

from commerce_core.kernel.bounded import MOST_PROBLEMS
from commerce_core.kernel.errors import CommerceError
from commerce_http.web.errors import status_of, title_of
from commerce_http.web.schema import Schema

MEDIA_PROBLEM: Final = "application/problem+json"
_TEXT: Final = {"type": "string"}
_MONEY: Final = {"$ref": "#/components/schemas/Money"}


def problem_schemas() -> dict[str, Schema]:
    """The schema of a refusal and of what stands in one, by name."""
    line = {
        "itemId": _TEXT,
        "variantId": {"anyOf": [_TEXT, {"type": "null"}]},
        "name": _TEXT,
        "requested": {"type": "integer"},
        "available": {"type": "integer"},
    }
    return {
        "Problem": _closed(
            "RFC 9457. Further members say what a program needs to act on it.",
            _ALWAYS | _MEMBERS,
            [*_ALWAYS],
        ),
        "FieldProblem": _closed(
            "What is wrong with a field of the body (a JSON pointer), a parameter of the query "
            "(`/size`) or a header (`/If-Match`).",
            {"pointer": _TEXT, "detail": _TEXT},
        ),
        "UnavailableLine": _closed("A line of the cart that cannot be had as it is.", line),
        "PartDown": _closed("A part that is down.", {"part": _TEXT}),
    }


def problem_responses(kinds: Sequence[type[CommerceError]]) -> dict[str, Schema]:
    """The answers of an operation that may refuse with *kinds*, by status. The examples of each
    name its codes.
    """
    codes: dict[int, set[str]] = {}
    for kind in kinds:
        codes.setdefault(status_of(kind), set()).add(kind.code)
    return {str(status): _response(sorted(codes[status]), status) for status in sorted(codes)}


def _response(codes: list[str], status: int) -> Schema:
    content: Schema = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
    }
    made: Schema = {
        "description": ", or ".join(title_of(code) for code in codes) + ".",
        "content": {MEDIA_PROBLEM: content},
    }
    if status in (429, 503):
        made["headers"] = {"Retry-After": {"description": "Seconds.", "schema": _TEXT}}
    if status == 401:
        made["headers"] = {"WWW-Authenticate": {"description": "How to log in.", "schema": _TEXT}}
    return made


def _closed(description: str, properties: Schema, required: list[str] | None = None) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [*properties] if required is None else required,
        "additionalProperties": False,
    }


def _list_of(items: Schema, description: str, **more: Any) -> Schema:
    return {"type": "array", "items": items, "description": description, **more}


_ALWAYS: Final[Schema] = {
    "type": {
        "type": "string",
        "format": "uri-reference",
        "description": "Answers to GET: what it means, what to do.",
    },
    "title": _TEXT,
    "status": {"type": "integer"},
    "detail": _TEXT,
    "code": {"type": "string", "description": "What a program goes by; see `GET /problems`."},
}
_MEMBERS: Final[Schema] = {
    "requestId": _TEXT,
    "errors": _list_of(
        {"$ref": "#/components/schemas/FieldProblem"},
        "invalid: every wrong field.",
        maxItems=MOST_PROBLEMS,
    ),
    "errorsTruncated": {
        "type": "boolean",
        "description": "invalid: reading stopped, there may be more errors.",
    },
    "lines": _list_of(
        {"$ref": "#/components/schemas/UnavailableLine"},
        "out-of-stock, item-unavailable: the lines that cannot be had.",
    ),
    "amount": _MONEY,
    "currentAmount": _MONEY,
    "cartId": {
        "anyOf": [_TEXT, {"type": "null"}],
        "description": "cart-merged: the cart to use.",
    },
    "variantIds": _list_of(_TEXT, "variant-in-stock: those that cannot be dropped."),
    "references": _list_of(_TEXT, "reference-reused: those that were counted before."),
    "down": _list_of(
        {"$ref": "#/components/schemas/PartDown"}, "not-ready: the parts that are down."
    ),
}
