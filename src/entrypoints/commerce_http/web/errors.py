"""Refusals as problem details (RFC 9457). The only place that knows which status a family or a code
has.
"""

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException

from commerce_core.kernel import address
from commerce_core.kernel.errors import (
    CommerceError,
    Conflict,
    Invalid,
    NotFound,
    Rejected,
    Unauthorized,
    Unavailable,
)
from commerce_core.kernel.money import Money
from commerce_core.kernel.redaction import redacted, trace_of
from commerce_http.web.answers import NO_STORE, Payload, link, money, request_id
from commerce_http.web.log import log


class Malformed(Rejected):
    """The bytes are not what their content type promises."""

    code = "malformed"


class TooLarge(Rejected):
    """The body is longer than this operation takes."""

    code = "too-large"


class UnsupportedMediaType(Rejected):
    """The body has a content type, a charset or an encoding that this operation does not take."""

    code = "unsupported-media-type"


class RouteNotFound(NotFound):
    """Nothing lives at this path."""

    code = "not-found"


class MethodNotAllowed(Rejected):
    """The path is known, but not with this method."""

    code = "method-not-allowed"


class IfMatchRequired(Rejected):
    """A change of something that others may change too has to say which version it is meant for."""

    code = "if-match-required"


class IdempotencyKeyRequired(Rejected):
    """What moves money has to be sent with a key, so that it can be sent again."""

    code = "idempotency-key-required"


class Unauthenticated(Unauthorized):
    """Nobody, or nobody known, is logged in."""

    code = "unauthenticated"


class Forbidden(Unauthorized):
    """The caller is known but has another role."""

    code = "forbidden"


#: Under which a request's scope holds the body that was read.
BODY: Final = "commerce.body"
#: Under which it holds what else of it is secret: what stands in a form's fields.
SECRETS: Final = "commerce.secrets"
_SECRET_FIELD: Final = re.compile(
    rb'"(?:password|current|new|cardNo|cvc|token)"\s*:\s*("(?:[^"\\]|\\.)*")'
)
#: The code of what went wrong here and is no refusal.
DEFECT: Final = "internal-error"
_SHORTEST_CARD: Final = 15
_STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "malformed": 400,
    "not-authentic": 400,
    "bad-cursor": 400,
    "cursor-expired": 400,
    "forbidden": 403,
    "method-not-allowed": 405,
    "stale-version": 412,
    "too-large": 413,
    "unsupported-media-type": 415,
    "if-match-required": 428,
    "idempotency-key-required": 428,
    "too-many-attempts": 429,
    "too-many-imports": 429,
    "too-many-long-bodies": 429,
    "too-many-watching": 429,
    "too-many-requests": 429,
}
_STATUS_OF_FAMILY: Final[Mapping[type[CommerceError], int]] = {
    NotFound: 404,
    Conflict: 409,
    Rejected: 422,
    Unauthorized: 401,
    Unavailable: 503,
}
_STATUS_OF_HTTP: Final[Mapping[int, type[CommerceError]]] = {
    400: Malformed,
    401: Unauthenticated,
    403: Forbidden,
    413: TooLarge,
    415: UnsupportedMediaType,
}


def status_of(kind: type[CommerceError]) -> int:
    """The status that refusals of *kind* are answered with."""
    by_code = _STATUS_OF_CODE.get(kind.code)
    if by_code is not None:
        return by_code
    return next(
        (status for family, status in _STATUS_OF_FAMILY.items() if issubclass(kind, family)), 500
    )


def title_of(code: str) -> str:
    """``out-of-stock`` → ``Out of stock``."""
    return code.replace("-", " ").capitalize()


class Problem(Payload):
    """An ``application/problem+json`` answer."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        members: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        document = {
            "type": link(f"/problems/{code}"),
            "title": title_of(code),
            "status": status,
            "detail": detail,
            "code": code,
            **members,
        }
        if request := request_id():
            document["requestId"] = request
        super().__init__(
            status,
            msgspec.json.encode(document, enc_hook=_plain),
            headers,
            media=b"application/problem+json",
        )
        self.headers.append(NO_STORE)
        self.code = code


def _plain(value: object) -> object:
    return money(value) if isinstance(value, Money) else str(value)


def problem_of(error: CommerceError) -> Problem:
    """*error* as an answer."""
    status = status_of(type(error))
    members: dict[str, Any] = dict(error.facts)
    headers: dict[str, str] = {}
    if isinstance(error, Invalid):
        members["errors"] = [
            {"pointer": without_cards(p.pointer), "detail": without_cards(p.detail)}
            for p in error.problems
        ]
        if error.truncated:
            members["errorsTruncated"] = True
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="shop"'
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    detail = (
        redacted(error.detail) if isinstance(error, Unavailable) else without_cards(error.detail)
    )
    return Problem(status, error.code, detail, members, headers)


def without_cards(text: str) -> str:
    """*text* without card numbers: a client may have used one as the name of a field. Shorter
    numbers are left: GTINs look alike.
    """
    return address.without_cards(text, _SHORTEST_CARD, "…")


def secrets_in(scope: Mapping[str, Any]) -> set[str]:
    """The secrets of a request, which no log line may hold, whatever an error says."""
    shown = {name.lower(): value.decode("latin-1") for name, value in scope.get("headers") or ()}
    cookies = [part.partition("=")[2].strip() for part in shown.get(b"cookie", "").split(";")]
    found = {
        shown.get(b"authorization", "").rpartition(" ")[2],
        shown.get(b"x-cart-token", ""),
        shown.get(b"x-device-token", ""),
        *cookies,
        str(scope.get("path_params", {}).get("token", "")),
        *scope.get(SECRETS, ()),
    }
    for value in _SECRET_FIELD.findall(scope.get(BODY) or b""):
        with suppress(msgspec.DecodeError):
            found.add(msgspec.json.decode(value, type=str))
    return found


class _HasScope(Protocol):
    @property
    def scope(self) -> Any: ...


def answer_refusal(_: _HasScope, error: CommerceError) -> Problem:
    """Litestar's handler of what the core, or a reader of requests, refused."""
    return problem_of(error)


def answer_http_error(_: _HasScope, error: HTTPException) -> Problem:
    """Litestar's handler of what Litestar itself refused: routing, the host header."""
    if isinstance(error, NotFoundException):
        return problem_of(RouteNotFound("there is nothing at this address"))
    if isinstance(error, MethodNotAllowedException):
        found = problem_of(MethodNotAllowed("this address does not take this method"))
        found.add_header("Allow", (error.headers or {}).get("allow", ""))
        return found
    kind = _STATUS_OF_HTTP.get(error.status_code)
    if kind is None:
        return answer_defect(_, error)
    return problem_of(kind("the request cannot be read"))


def answer_defect(request: _HasScope, error: Exception) -> Problem:
    """Litestar's handler of everything else: a defect, shown in the log and not to the client."""
    scope = request.scope
    log(
        logging.ERROR,
        "defect",
        method=scope.get("method"),
        route=scope.get("path_template"),
        trace=trace_of(error, secrets_in(scope)),
    )
    return Problem(500, DEFECT, "something went wrong here; it was noted", {})
