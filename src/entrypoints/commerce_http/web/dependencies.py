"""Arguments for handlers. Services are singletons and bound once; only what a request brings is
read for each request.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import attrs
from litestar import Request
from litestar.types import ASGIApp

from commerce_core.accounts import Account, Origin
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_http.web.answers import NO_STORE, PRIVATE, EventStream, Payload, payload
from commerce_http.web.auth import Admission, Authenticate, cart_token, device_token
from commerce_http.web.body import BODY_LIMIT, check_media, read, read_raw
from commerce_http.web.callers import Caller, Callers
from commerce_http.web.errors import Unauthenticated
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.frame import headers_of, lines_of
from commerce_http.web.long_bodies import LONG_BODY, LongBodies
from commerce_http.web.operations import Argument, Header, Operation, Runs, Source
from commerce_http.web.origin import origin_of
from commerce_http.web.query import NoQuery, QueryReader

HttpRequest = Request[Any, Any, Any]
Answer = Payload | EventStream
#: Reads one argument from a request and its raw body.
Read = Callable[[HttpRequest, bytes], Any]


@attrs.frozen(kw_only=True)
class HttpContext:
    """What handlers stand in: a ``shop`` that has each service as an attribute, what HTTP adds to
    it (``more``), how callers are known, the ``currency``, the ``executor`` where blocking calls
    are done, the room for long bodies and for those larger than any JSON, and the seconds that a
    body may take.
    ``callers`` authenticates requests where the shop's sessions do not.
    """

    shop: object
    more: Mapping[str, object]
    authenticate: Authenticate
    currency: str
    executor: BlockingExecutor
    long_bodies: LongBodies = attrs.field(factory=LongBodies)
    large_bodies: LongBodies = attrs.field(factory=lambda: LongBodies(8, 2))
    body_seconds: float = 30.0
    callers: Callers | None = None


def handler_of(
    operation: Operation, around: HttpContext
) -> Callable[[HttpRequest], Awaitable[ASGIApp]]:
    """The function that answers requests for *operation*, as Litestar calls it."""
    services = {
        a.name: _service(operation, a, around)
        for a in operation.arguments
        if a.source is Source.SERVICE
    }
    admit, gather = _admission(operation, around), _gatherer(operation, around)
    executor, kind, run = around.executor, operation.runs, operation.function
    has_body, most, seconds = operation.has_body, operation.body_limit, around.body_seconds
    answer = _answering(operation)
    room = (around.long_bodies if most <= BODY_LIMIT else around.large_bodies).room
    token_of, caller_of = _token_reader(operation), _caller_reader(operation, around)

    def work(request: HttpRequest, raw: bytes, token: str | None) -> Answer:
        caller = None if token is None else admit(token)
        return answer(request, run(**gather(request, raw, caller), **services))

    def call(request: HttpRequest, arguments: Mapping[str, Any]) -> Answer:
        return answer(request, run(**arguments, **services))

    async def handle(request: HttpRequest) -> ASGIApp:
        return await executor.do(kind, work, request, b"", token_of(request))

    async def read_all(request: HttpRequest) -> Mapping[str, Any]:
        caller = await caller_of(request)
        if not has_body:
            return gather(request, b"", caller)
        with room(request.scope, origin_of(request.scope) if caller is None else caller.id):
            raw = await read_raw(request, most, seconds)
            where = Runs.BODY if len(raw) > LONG_BODY else Runs.AT_ONCE
            return await executor.do(where, gather, request, raw, caller)

    async def handle_body(request: HttpRequest) -> ASGIApp:
        return await executor.do(kind, call, request, await read_all(request))

    async def handle_async(request: HttpRequest) -> ASGIApp:
        return answer(request, await run(**await read_all(request), **services))

    if operation.is_async:
        return handle_async
    return handle_body if has_body or around.callers else handle


def _answering(operation: Operation) -> Callable[[HttpRequest, object], Answer]:
    """Makes the answer of what a handler returned."""

    def answer(request: HttpRequest, result: object) -> Answer:
        made = payload(result, operation.status)
        if isinstance(made, EventStream):
            return made
        if not operation.public:
            made.headers.append(NO_STORE)
        elif headers_of(request.scope).get("authorization"):
            made.headers.append(PRIVATE)
        return made

    return answer


def _admission(operation: Operation, around: HttpContext) -> Callable[[str], Account]:
    return partial(operation.who.admit, authenticate=around.authenticate)


def _token_reader(operation: Operation) -> Callable[[HttpRequest], str | None]:
    """Finds the token to be looked up; ``None``: the caller need not be known."""
    if operation.is_open:
        return lambda _: None
    who = operation.who
    return lambda request: who.token(headers_of(request.scope).get("authorization"))


def _caller_reader(
    operation: Operation, around: HttpContext
) -> Callable[[HttpRequest], Awaitable[Caller | None]]:
    """Finds out who sends a request; ``None``: a guest, or the caller need not be known."""
    who, callers, token_of = operation.who, around.callers, _token_reader(operation)

    async def nobody(_: HttpRequest) -> Caller | None:
        return None

    async def by_session(request: HttpRequest) -> Caller | None:
        if (token := token_of(request)) is None:
            return None
        return await around.executor.do(Runs.KEY_READ, who.admit, token, around.authenticate)

    if operation.is_open:
        return nobody
    return by_session if callers is None else partial(_known_elsewhere, who, callers)


async def _known_elsewhere(who: Admission, callers: Callers, request: HttpRequest) -> Caller | None:
    """Who sends a request, by a team's own means.

    Raises:
        Unauthenticated: a guest, where none may be.
        Forbidden: somebody of another role.
    """
    caller = await callers.of(request)
    if caller is not None:
        who.check(caller.role)
    elif not who.guests:
        raise Unauthenticated("log in first")
    return caller


def _service(operation: Operation, argument: Argument, around: HttpContext) -> object:
    if argument.name in around.more:
        return around.more[argument.name]
    try:
        return getattr(around.shop, argument.name)
    except AttributeError as error:
        raise TypeError(
            f"{operation.name} needs {argument.name!r}, which the shop does not have"
        ) from error


def _gatherer(
    operation: Operation, around: HttpContext
) -> Callable[[HttpRequest, bytes, Caller | None], dict[str, Any]]:
    """Reads what a request brings, every wrong field of query, headers and body together."""
    wants_caller = operation.argument(Source.CALLER) is not None
    query = operation.argument(Source.QUERY)
    read_query = QueryReader(query.type if query else NoQuery, around.currency).read
    readers = [
        (a.name, _reader_of(a, operation, around))
        for a in operation.arguments
        if a.source not in _ELSEWHERE
    ]

    def gather(request: HttpRequest, raw: bytes, caller: Caller | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {"caller": caller} if wants_caller else {}
        wrong: list[FieldProblem] = []
        truncated = False
        query_string = request.scope["query_string"]
        if query is not None or query_string:
            try:
                found = read_query(query_string)
            except Invalid as error:
                wrong += error.problems
                truncated |= error.truncated
            else:
                arguments |= {"query": found} if query else {}
        for name, read_one in readers:
            try:
                arguments[name] = read_one(request, raw)
            except Invalid as error:
                wrong += error.problems
                truncated |= error.truncated
        if wrong:
            raise Invalid(wrong, truncated=truncated)
        return arguments

    return gather


_ELSEWHERE = frozenset({Source.SERVICE, Source.CALLER, Source.QUERY})


def _reader_of(argument: Argument, operation: Operation, around: HttpContext) -> Read:
    name = argument.name
    match argument.source:
        case Source.COMMAND:
            return lambda request, raw: _command(
                request, raw, argument.type, operation, around.currency
            )
        case Source.BYTES:
            return lambda request, raw: _content(request, raw, operation)
        case Source.PATH:
            return lambda request, _: request.scope["path_params"][name]
        case Source.CART_TOKEN:
            guests: Any = getattr(around.shop, "guest_tokens")  # noqa: B009 (a shop is any object)
            return lambda request, _: cart_token(headers_of(request.scope), guests)
        case Source.ORIGIN:
            return lambda request, _: Origin(
                address=origin_of(request.scope), device=device_token(headers_of(request.scope))
            )
        case Source.HEADER if argument.header:
            header = argument.header
            sent_as = header.name.lower()
            return lambda request, _: _header(lines_of(request.scope, sent_as), header)
        case _:
            return lambda request, _: request


def _command(
    request: HttpRequest, raw: bytes, kind: Any, operation: Operation, currency: str
) -> Any:
    if not raw and not operation.needs_body:
        return None
    check_media(headers_of(request.scope), operation.media)
    return read(raw, kind, currency)


def _content(request: HttpRequest, raw: bytes, operation: Operation) -> bytes:
    check_media(headers_of(request.scope), operation.media)
    return raw


def _header(lines: Sequence[str], header: Header) -> str | None:
    if not lines:
        return None
    if len(lines) > 1 and not header.is_list:
        raise Invalid.at(f"/{header.name}", "must be given once")
    value = ", ".join(lines)
    if (
        not value.strip()
        or len(value) > header.max_length
        or not value.isascii()
        or not value.isprintable()
    ):
        raise Invalid.at(
            f"/{header.name}", f"must be 1 to {header.max_length} printable ASCII characters"
        )
    return hashlib.sha256(value.encode()).hexdigest() if header.digested else value
