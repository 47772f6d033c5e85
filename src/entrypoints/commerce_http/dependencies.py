"""Arguments for handlers. Services are singletons and bound once; only what a request brings is read for each request."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import attrs
from litestar import Request

from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_http.answers import NO_STORE, PRIVATE, EventStream, Payload, payload
from commerce_http.auth import ANYONE, Authenticate, cart_token
from commerce_http.body import check_media, read, read_raw
from commerce_http.desk import Desk
from commerce_http.operations import Argument, Header, Operation, Runs, Source
from commerce_http.query import NoQuery, QueryReader

HttpRequest = Request[Any, Any, Any]
Answer = Payload | EventStream
#: Reads one argument from a request and its raw body.
Read = Callable[[HttpRequest, bytes], Any]


@attrs.frozen(kw_only=True)
class Surroundings:
    """What handlers stand in: a ``shop`` that has each service as an attribute, what HTTP adds to it (``more``), how callers
    are known, the ``currency``, and the ``desk`` where blocking calls are done."""

    shop: object
    more: Mapping[str, object]
    authenticate: Authenticate
    currency: str
    desk: Desk


def handler_of(operation: Operation, around: Surroundings) -> Callable[[HttpRequest], Awaitable[Answer]]:
    """The function that answers requests for *operation*."""
    services = {a.name: _service(operation, a, around) for a in operation.arguments if a.source is Source.SERVICE}
    gather = _gatherer(operation, around)
    has_body = operation.argument(Source.COMMAND) is not None
    desk, kind, run = around.desk, operation.runs, operation.function

    def answer(request: HttpRequest, result: object) -> Answer:
        made = payload(result, operation.status)
        if isinstance(made, EventStream):
            return made
        if not operation.public:
            made.headers.append(NO_STORE)
        elif request.headers.get("authorization"):
            made.headers.append(PRIVATE)
        return made

    def work(request: HttpRequest, raw: bytes) -> Answer:
        return answer(request, run(**gather(request, raw), **services))

    async def handle(request: HttpRequest) -> Answer:
        raw = await read_raw(request, operation.body_limit) if has_body else b""
        return await desk.do(kind, work, request, raw)

    async def handle_async(request: HttpRequest) -> Answer:
        raw = await read_raw(request, operation.body_limit) if has_body else b""
        given = await desk.do(Runs.KEY_READ, gather, request, raw)
        return answer(request, await run(**given, **services))

    return handle_async if operation.is_async else handle


def _service(operation: Operation, argument: Argument, around: Surroundings) -> object:
    if argument.name in around.more:
        return around.more[argument.name]
    try:
        return getattr(around.shop, argument.name)
    except AttributeError as error:
        raise TypeError(f"{operation.name} asks for {argument.name!r}, which the shop does not have") from error


def _gatherer(operation: Operation, around: Surroundings) -> Callable[[HttpRequest, bytes], dict[str, Any]]:
    """Reads what a request brings: who first, then everything else, every wrong field of query, headers and body together."""
    admit = operation.who.admit
    open_to_all = operation.who is ANYONE and operation.argument(Source.CALLER) is None
    wants_caller = operation.argument(Source.CALLER) is not None
    query = operation.argument(Source.QUERY)
    read_query = QueryReader(query.type if query else NoQuery, around.currency).read
    readers = [(a.name, _reader_of(a, operation, around)) for a in operation.arguments if a.source not in _ELSEWHERE]

    def gather(request: HttpRequest, raw: bytes) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if not open_to_all:
            caller = admit(request.headers.get("authorization"), around.authenticate)
            if wants_caller:
                given["caller"] = caller
        wrong: list[FieldProblem] = []
        asked = request.scope["query_string"]
        if query is not None or asked:
            try:
                found = read_query(asked)
            except Invalid as error:
                wrong += error.problems
            else:
                given |= {"query": found} if query else {}
        for name, read_one in readers:
            try:
                given[name] = read_one(request, raw)
            except Invalid as error:
                wrong += error.problems
        if wrong:
            raise Invalid(wrong)
        return given

    return gather


_ELSEWHERE = frozenset({Source.SERVICE, Source.CALLER, Source.QUERY})


def _reader_of(argument: Argument, operation: Operation, around: Surroundings) -> Read:
    name = argument.name
    match argument.source:
        case Source.COMMAND:
            return lambda request, raw: _command(request, raw, argument.type, operation, around.currency)
        case Source.PATH:
            return lambda request, _: request.scope["path_params"][name]
        case Source.CART_TOKEN:
            guests: Any = getattr(around.shop, "guest_tokens")  # noqa: B009 (a shop is any object)
            return lambda request, _: cart_token(request.headers, guests)
        case Source.HEADER if argument.header:
            header = argument.header
            return lambda request, _: _header(request.headers.getall(header.name, ()), header)
        case _:
            return lambda request, _: request


def _command(request: HttpRequest, raw: bytes, kind: Any, operation: Operation, currency: str) -> Any:
    check_media(request.headers, operation.media)
    return read(raw, kind, currency)


def _header(lines: Sequence[str], header: Header) -> str | None:
    if not lines:
        return None
    if len(lines) > 1 and not header.is_list:
        raise Invalid.at(f"/{header.name}", "must be given once")
    value = ", ".join(lines)
    if not value.strip() or len(value) > header.max_length or not value.isascii() or not value.isprintable():
        raise Invalid.at(f"/{header.name}", f"must be 1 to {header.max_length} printable ASCII characters")
    return hashlib.sha256(value.encode()).hexdigest() if header.digested else value
