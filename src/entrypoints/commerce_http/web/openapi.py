"""The OpenAPI 3.1 document, made from the operations."""

import inspect
import json
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from commerce_core.accounts import SessionUnknown
from commerce_core.kernel.batching import Overloaded
from commerce_core.kernel.codec import camel
from commerce_core.kernel.errors import CommerceError, Invalid, StorageFull, TransactionLost
from commerce_http.web.answers import Payload, link
from commerce_http.web.errors import (
    Forbidden,
    Malformed,
    RouteNotFound,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from commerce_http.web.examples import Examples
from commerce_http.web.long_bodies import TooManyLongBodies
from commerce_http.web.operations import Operation, Source, StreamedBody, operation, path_names
from commerce_http.web.parameters import parameters_of
from commerce_http.web.problem_schema import problem_responses, problem_schemas
from commerce_http.web.schema import Schema, Schemas

_EVERYWHERE: Final = (Malformed, Invalid, TransactionLost, StorageFull, Overloaded)
_BINARY: Final[Schema] = {"type": "string", "format": "binary"}
#: What is answered without a shape of ours, by media type; anything else is text.
_UNSHAPED: Final[Mapping[str, Schema]] = {
    "application/json": {"type": "object"},
    "image/png": _BINARY,
    "image/webp": _BINARY,
    "text/event-stream": {},  # a text for one reader, a list of events for another
}
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "The `token` that `POST /sessions` answers. A guest shows none.",
}


class Document:
    """The document of *operations*, made at first use.

    Args:
        operations: what it describes.
        currency: the shop's.
        recorded: examples, as :class:`Examples` takes them.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        currency: str,
        recorded: Mapping[str, Any] | None = None,
    ) -> None:
        self._operations = operations
        self._currency = currency
        self._examples = Examples(recorded or {}, currency)
        # Cached for the last prefix: most applications have only one.
        self._as_json: dict[str, bytes] = {}

    @cached_property
    def data(self) -> dict[str, Any]:
        """The document itself, of an application at the root of its host."""
        schemas = Schemas(self._currency)
        schemas.components.update(problem_schemas())
        paths: dict[str, Any] = {}
        refusals: dict[str, Any] = {}
        for described in self._operations:
            paths.setdefault(public_path(described), {})[described.method.lower()] = _operation(
                described, schemas, self._examples
            )
            for kind in problems_of(described):
                refusals.setdefault(kind.code, self._examples.problem(kind))
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Shop",
                "version": "1",
                "description": "A shop: items, search, carts, orders.",
            },
            "servers": [{"url": "/"}],
            "tags": _tags(self._operations),
            "paths": paths,
            "components": {
                "schemas": schemas.components,
                "examples": dict(sorted(refusals.items())),
                "securitySchemes": {"bearer": _BEARER},
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
    if described.has_body:
        found += [TooLarge, UnsupportedMediaType, TooManyLongBodies]
    if described.stream:
        found.append(UnsupportedMediaType)
    if described.who.roles and (described.argument(Source.CALLER) or not described.who.guests):
        found += [Unauthenticated, SessionUnknown]
        if len(described.who.roles) < 3:
            found.append(Forbidden)
    return found


def _tags(operations: Sequence[Operation]) -> list[dict[str, str]]:
    """The capabilities, in the words with which their modules begin."""
    found: dict[str, str] = {}
    for described in operations:
        before, tag, _ = described.function.__module__.partition(f".{described.tag}")
        found.setdefault(described.tag, _first_line(sys.modules[before + tag].__doc__))
    return [{"name": tag, "description": text} for tag, text in found.items()]


def _first_line(text: str | None) -> str:
    first = inspect.cleandoc(text or "").partition("\n\n")[0]
    return " ".join(first.split()).replace("``", "`")


def _operation(described: Operation, schemas: Schemas, examples: Examples) -> dict[str, Any]:
    text = inspect.cleandoc(described.function.__doc__ or described.name).replace("``", "`")
    made: dict[str, Any] = {
        "operationId": camel(described.name),
        "tags": [described.tag],
        "summary": _first_line(text),
        "parameters": list(parameters_of(described, schemas)),
        "responses": _responses(described, schemas, examples),
    }
    if description := text.partition("\n\n")[2].strip():
        made["description"] = description
    if content := _body(described, schemas, examples):
        made["requestBody"] = {
            "required": described.stream is not None or described.needs_body,
            "content": content,
        }
    if not described.who.guests:
        made["security"] = [{"bearer": []}]
    elif described.argument(Source.CALLER):
        made["security"] = [{}, {"bearer": []}]
    return made


def _body(described: Operation, schemas: Schemas, examples: Examples) -> dict[str, Schema]:
    """What the body may be, by its media type."""
    if described.stream is not None:
        return {
            media: {"schema": _streamed(body, schemas), "example": examples.priced(body.example)}
            for media, body in described.stream.items()
        }
    if described.argument(Source.BYTES) is not None:
        return {described.media[0]: {"schema": _BINARY, "example": described.example}}
    command = described.argument(Source.COMMAND)
    if command is None:
        return {}
    content: Schema = {"schema": schemas.incoming(command.type)}
    if described.example is not None:
        content["example"] = examples.priced(described.example)
    # Further media types of the same body say nothing new, and generators stumble over them.
    return {described.media[0]: content}


def _streamed(body: StreamedBody, schemas: Schemas) -> Schema:
    if body.rows is None:
        return {"type": "string", "format": "binary", "description": body.description}
    for name, schema in body.other.items():
        schemas.components[name] = dict(schema)
    others = [{"$ref": f"#/components/schemas/{name}"} for name in body.other]
    return {
        "type": "array",
        "description": body.description,
        "items": {"anyOf": [schemas.incoming(body.rows), *others]},
    }


def _responses(described: Operation, schemas: Schemas, examples: Examples) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done."}
    if described.answer is not None or described.status == 200:
        schema = _answered(described, schemas)
        good["content"] = {media: dict(schema(media)) for media in described.answer_media}
        shown = examples.answers(camel(described.name), described.status)
        for content in good["content"].values() if shown else ():
            content["examples"] = shown
    if described.headers:
        good["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in described.headers.items()
        }
    made: dict[str, Any] = {str(described.status): good}
    for status, meaning in described.also.items():
        made[str(status)] = {"description": meaning}
    return made | problem_responses(problems_of(described))


def _answered(described: Operation, schemas: Schemas) -> Callable[[str], Schema]:
    """The schema of what is answered as a media type."""
    shapes: tuple[Any, ...] = typing.get_args(described.answer) or (described.answer,)
    if described.answer is None:
        return lambda media: {"schema": _UNSHAPED.get(media, {"type": "string"})}
    found = [schemas.outgoing(shape) for shape in shapes]
    schema = found[0] if len(found) == 1 else {"anyOf": found}
    return lambda _: {"schema": schema}
