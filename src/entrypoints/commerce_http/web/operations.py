"""An operation: a plain function and everything that the contract says around it.

The parameters of the function say what it needs, by name: ``command`` is the JSON body, ``query``
the query string (both attrs classes), ``content`` the body as bytes, ``caller`` the account,
``request`` Litestar's own request; names in the path are path parameters; one annotated with
:class:`Header` is a header, with ``CART_TOKEN`` the guest's token; every other name is a service
of the shop.
"""

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

from commerce_core.accounts import Origin
from commerce_core.kernel.errors import CommerceError
from commerce_http.web.answers import Shape
from commerce_http.web.auth import ANYONE, Admission
from commerce_http.web.body import BODY_LIMIT

_PATH_NAME: Final = re.compile(r"\{(\w+)\}")


class Runs(StrEnum):
    """What a function waits for. The composition decides from it whether it runs on the event loop
    or in a thread.
    """

    AT_ONCE = "at-once"  # nothing: always on the event loop
    KEY_READ = "key-read"  # one or two reads by key
    SEARCH = "search"  # a query of the search index: in threads of their own
    PASSWORD = "password"  # noqa: S105 (no password) a password is hashed: in threads of their own
    BODY = "body"  # a long body is read: in a thread of its own
    # how the shop is: in threads of their own, so that nothing else can keep the answer back
    PROBE = "probe"
    # what the shop counts is written down, which takes milliseconds: in a thread of its own
    FIGURES = "figures"
    WORK = "work"  # anything else: always in a thread


class Source(StrEnum):
    """Where an argument comes from."""

    COMMAND = "command"
    BYTES = "bytes"
    QUERY = "query"
    CALLER = "caller"
    REQUEST = "request"
    PATH = "path"
    HEADER = "header"
    CART_TOKEN = "cart-token"  # noqa: S105 (no password)
    ORIGIN = "origin"
    SERVICE = "service"


@attrs.frozen
class Header:
    """A request header that an operation reads; absent it is ``None``.

    One that is *digested* is known by its SHA-256 alone. One that is no list may stand in one line
    only.
    """

    name: str
    description: str
    max_length: int = 200
    digested: bool = False
    is_list: bool = False


@attrs.frozen
class OriginMark:
    """Marks the parameter that gets where the request comes from; *device*: and the caller's
    device.
    """

    device: Header | None = None


CallersOrigin = typing.Annotated[Origin, OriginMark()]
CallersDevice = typing.Annotated[
    Origin,
    OriginMark(
        Header(
            "X-Device-Token",
            "From an earlier log-in: guesses of others do not keep this device out.",
            100,
        )
    ),
]


@attrs.frozen
class CartTokenMark:
    """Marks the parameter that gets the guest's cart token, from the header or the cookie."""


CART_TOKEN: Final = CartTokenMark()

CartToken = typing.Annotated[str | None, CART_TOKEN]
# Kept as a digest: whatever a client puts there, a card number even, is nowhere to be found
# afterwards.
IdempotencyKey = typing.Annotated[
    str | None,
    Header(
        "Idempotency-Key",
        "The same key again answers with what the first request made.",
        digested=True,
    ),
]
IfMatch = typing.Annotated[
    str | None,
    Header(
        "If-Match", "The ETag that the change is meant for; its version is compared.", is_list=True
    ),
]
IfNoneMatch = typing.Annotated[
    str | None,
    Header(
        "If-None-Match", "An ETag that is known: 304 if it is still the one.", 1000, is_list=True
    ),
]
Prefer = typing.Annotated[
    str | None, Header("Prefer", "`wait=10` waits up to ten seconds for the end.", is_list=True)
]
LastEventId = typing.Annotated[
    str | None,
    Header("Last-Event-ID", "The number of the last event that is known: those behind it follow."),
]
SearchToken = typing.Annotated[
    str | None,
    Header(
        "X-Search-Token",
        "From the answer to a write: waits up to two seconds until a search shows it.",
        400,
    ),
]


@attrs.frozen
class Argument:
    """One parameter of a handler."""

    name: str
    source: Source
    type: Any
    header: Header | None = None


@attrs.frozen(kw_only=True)
class StreamedBody:
    """A body of any length that a function reads as it arrives: raw bytes, or, with *rows*, a JSON
    array of what that class takes; a further *other* says what else a row may be.
    """

    description: str
    example: Any
    rows: type | None = None
    other: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict[str, Mapping[str, Any]])


@attrs.frozen(kw_only=True)
class Operation:
    """One method on one path."""

    method: str
    path: str
    function: Callable[..., Any]
    arguments: tuple[Argument, ...]
    who: Admission
    status: int
    answer: type[Shape] | types.UnionType | None
    problems: tuple[type[CommerceError], ...]
    also: Mapping[int, str]
    runs: Runs
    media: tuple[str, ...]
    answer_media: tuple[str, ...]
    body_limit: int
    example: Any
    headers: Mapping[str, str]
    stream: Mapping[str, StreamedBody] | None
    public: bool

    @property
    def name(self) -> str:
        """The name of its function: its operationId."""
        return self.function.__name__

    @property
    def tag(self) -> str:
        """The capability that it belongs to, or its part of the frame."""
        module = self.function.__module__.partition("commerce_http.")[2] or "shop"
        return module.removeprefix("web.").partition(".")[0]

    @property
    def is_async(self) -> bool:
        """Whether the function awaits."""
        return inspect.iscoroutinefunction(self.function)

    @property
    def has_body(self) -> bool:
        """Whether it is given its body whole."""
        return any(a.source in (Source.COMMAND, Source.BYTES) for a in self.arguments)

    @property
    def needs_body(self) -> bool:
        """Whether a request without a body is refused: not where the command may be ``None``."""
        command = self.argument(Source.COMMAND)
        return command is not None and types.NoneType not in typing.get_args(command.type)

    @property
    def is_open(self) -> bool:
        """Whether it is the same for everybody, so that nobody need be known."""
        return self.who is ANYONE and self.argument(Source.CALLER) is None

    def argument(self, source: Source) -> Argument | None:
        """The (first) argument that comes from *source*."""
        return next((a for a in self.arguments if a.source is source), None)


def operation(
    method: str,
    path: str,
    *,
    who: Admission = ANYONE,
    answer: type[Shape] | types.UnionType | None = None,
    status: int = 200,
    problems: tuple[type[CommerceError], ...] = (),
    also: Mapping[int, str] | None = None,
    runs: Runs = Runs.WORK,
    media: tuple[str, ...] = ("application/json",),
    answer_media: tuple[str, ...] = ("application/json",),
    body_limit: int = BODY_LIMIT,
    example: Any = None,
    headers: Mapping[str, str] | None = None,
    stream: Mapping[str, StreamedBody] | None = None,
    public: bool = False,
) -> Callable[[Callable[..., Any]], Operation]:
    """Make a function an operation of the shop.

    Args:
        method: ``GET``, ``POST``…
        path: with names in braces as the function calls them: ``/items/{item_id}``.
        who: who may use it.
        answer: the shape of the answer, or a union of shapes; ``None`` for none.
        status: of the answer when all is well.
        problems: what it may refuse with, beside what reading body, query and token may.
        also: further good statuses and what they mean, e.g. ``{304: "not modified"}``.
        runs: what the function waits for, if it is not ``async``.
        media: what the body may be.
        answer_media: what the answer may be.
        body_limit: bytes that the body may have.
        example: a body that works, for the document.
        headers: response headers and what they mean, for the document.
        stream: the bodies that the function itself reads, by media type, for the document.
        public: whether anybody may keep its answers; nobody may keep those that tell of a person.
    """

    def mark(function: Callable[..., Any]) -> Operation:
        return Operation(
            method=method,
            path=path,
            function=function,
            arguments=_arguments(function, path),
            who=who,
            status=status,
            answer=answer,
            problems=problems,
            also=also or {},
            runs=runs,
            media=media,
            answer_media=answer_media,
            body_limit=body_limit,
            example=example,
            headers=headers or {},
            stream=stream,
            public=public,
        )

    return mark


def operations_of(module: types.ModuleType) -> list[Operation]:
    """The operations of a handler module, in the order in which they stand there."""
    return [value for value in vars(module).values() if isinstance(value, Operation)]


def path_names(path: str) -> list[str]:
    """The names in a path."""
    return _PATH_NAME.findall(path)


def _arguments(function: Callable[..., Any], path: str) -> tuple[Argument, ...]:
    in_path = path_names(path)
    hints = typing.get_type_hints(function, include_extras=True)
    made = [
        _argument(name, hints[name], in_path) for name in inspect.signature(function).parameters
    ]
    missing = set(in_path) - {a.name for a in made}
    if missing:
        raise TypeError(f"{function.__name__} does not take {sorted(missing)} of its path")
    return tuple(made)


def _argument(name: str, hint: Any, in_path: list[str]) -> Argument:
    if typing.get_origin(hint) is typing.Annotated:
        mark = typing.get_args(hint)[1]
        if isinstance(mark, Header):
            return Argument(name, Source.HEADER, hint, mark)
        if isinstance(mark, CartTokenMark):
            return Argument(name, Source.CART_TOKEN, hint)
        if isinstance(mark, OriginMark):
            return Argument(name, Source.ORIGIN, hint, mark.device)
    if name in in_path:
        return Argument(name, Source.PATH, hint)
    if name == "content":
        return Argument(name, Source.BYTES, hint)
    if name in ("command", "query", "caller", "request"):
        return Argument(name, Source(name), hint)
    return Argument(name, Source.SERVICE, hint)
