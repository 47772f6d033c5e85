"""One page: its path, who may see it, and the function that answers."""

import inspect
import types
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

import attrs
from litestar import HttpMethod, Request
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Account, Role, SessionUnknown
from commerce_core.kernel.errors import CommerceError
from commerce_http.orders.watch import TimelineWatch
from commerce_http.web.answers import EventStream, Payload
from commerce_http.web.auth import ANYONE, Admission, cart_token
from commerce_http.web.body import check_media, read_raw
from commerce_http.web.errors import (
    SECRETS,
    Forbidden,
    Unauthenticated,
    answer_defect,
    status_of,
)
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.frame import headers_of, local_path
from commerce_http.web.guests import Guests
from commerce_http.web.operations import Runs
from commerce_pages.web.forms import LONGEST, MEDIA, Form
from commerce_pages.web.refusals import DEFECT, FOREIGN, WORDS, words_of
from commerce_pages.web.rendering import Pages, redirect
from commerce_pages.web.same_origin import is_ours
from commerce_pages.web.sessions import session_of
from commerce_pages.web.visits import Visit

HttpRequest = Request[Any, Any, Any]
Answer = Payload | EventStream
#: Where the request's scope keeps who is there, for the page of a refusal.
_VISIT: Final = "commerce.visit"
_LOG_IN: Final = "/log-in"


@attrs.frozen(kw_only=True)
class Desk:
    """What pages stand in: the services of a shop, and what HTTP adds to them."""

    shop: Shop
    executor: BlockingExecutor
    watch: TimelineWatch
    guests: Guests
    pages: Pages

    @property
    def currency(self) -> str:
        """What amounts are in that name no currency."""
        return self.shop.currency


Answering = Callable[[Visit, Desk], Answer] | Callable[[Visit, Desk], Awaitable[Answer]]


@attrs.frozen(kw_only=True)
class Page:
    """One method on one path. *part*: with which part of the pages it is there; empty: with any.
    *takes_file*: its form brings a file, which the function reads from the visit's request.
    """

    method: str
    path: str
    part: str
    who: Admission
    runs: Runs
    function: Answering
    takes_file: bool = False


def page(
    method: str,
    path: str,
    *,
    part: str = "",
    who: Admission = ANYONE,
    runs: Runs = Runs.WORK,
    takes_file: bool = False,
) -> Callable[[Answering], Page]:
    """Make a function a page of the shop, or what a form of one does. Names in braces of the *path*
    are asked for by ``visit.named``.
    """

    def mark(function: Answering) -> Page:
        return Page(
            method=method, path=path, part=part, who=who, runs=runs, function=function,
            takes_file=takes_file,
        )  # fmt: skip

    return mark


def pages_of(module: types.ModuleType) -> list[Page]:
    """The pages of a module, in the order in which they stand there."""
    return [value for value in vars(module).values() if isinstance(value, Page)]


def route_of(one: Page, desk: Desk) -> HTTPRouteHandler:
    """*one* as a Litestar route; a GET answers HEAD as well."""
    handle = _handler_of(one, desk)
    methods = [HttpMethod.GET, HttpMethod.HEAD] if one.method == "GET" else [HttpMethod.POST]
    handlers: Any = {CommerceError: _refusal(desk), Exception: _defect(desk)}
    return HTTPRouteHandler(
        one.path.replace("}", ":str}"),
        http_method=methods,
        name=f"page {one.method} {one.path}",
        status_code=200,
        include_in_schema=False,
        exception_handlers=handlers,
    )(handle)


def _handler_of(one: Page, desk: Desk) -> Callable[[HttpRequest], Awaitable[ASGIApp]]:
    is_async = inspect.iscoroutinefunction(one.function)
    function: Any = one.function
    seconds = desk.shop.settings.body_timeout.total_seconds()

    async def handle(request: HttpRequest) -> ASGIApp:
        scope: Any = request.scope
        form = Form()
        if one.method == "POST" and not is_ours(scope):
            return desk.pages.draw("refused.html", None, status=403, words=FOREIGN)
        if one.method == "POST" and not one.takes_file:
            check_media(headers_of(scope), MEDIA)
            form = Form.of(await read_raw(request, LONGEST, seconds))
            scope[SECRETS] = form.secrets
        token = session_of(scope)
        caller = await desk.executor.do(Runs.KEY_READ, _caller, token, desk)
        if caller and caller.role is Role.OPERATOR and not _is_of_the_page(scope):
            await desk.executor.do(Runs.WORK, desk.shop.credentials.stay, caller, token)
        visit = scope[_VISIT] = Visit(
            scope=scope,
            caller=caller,
            token=token,
            cart_token=cart_token(headers_of(scope), desk.shop.guest_tokens),
            form=form,
            request=request,
        )
        _admit(one.who, caller)
        if is_async:
            answer: ASGIApp = await function(visit, desk)
            return answer
        return await desk.executor.do(one.runs, function, visit, desk)

    return handle


def _is_of_the_page(scope: Any) -> bool:
    """Whether a page asks by itself, with nobody there: that keeps no session."""
    return headers_of(scope).get("hx-request") == "true"


def _caller(token: str | None, desk: Desk) -> Account | None:
    """Whose session it is; nobody's where it has ended."""
    if token is None:
        return None
    try:
        return desk.shop.accounts.authenticate(token)
    except SessionUnknown:
        return None


def _admit(who: Admission, caller: Account | None) -> None:
    if caller is not None:
        who.check(caller.role)
    elif not who.guests:
        raise Unauthenticated("log in first")


def _refusal(desk: Desk) -> Callable[[HttpRequest, CommerceError], Payload]:
    """The page of what the core refused, or a reader. Who may not see a page learns no more than
    that there is none.
    """

    def answer(request: HttpRequest, error: CommerceError) -> Payload:
        scope: Any = request.scope
        if isinstance(error, Unauthenticated):
            back = f"?next={quote(local_path(scope))}" if scope["method"] == "GET" else ""
            return redirect(_LOG_IN + back)
        hidden = isinstance(error, Forbidden)
        status = 404 if hidden else status_of(type(error))
        words = WORDS["not-found"] if hidden else words_of(error)
        return desk.pages.draw("refused.html", scope.get(_VISIT), status=status, words=words)

    return answer


def _defect(desk: Desk) -> Callable[[HttpRequest, Exception], Payload]:
    """The page of everything else: it is in the log, and not shown."""

    def answer(request: HttpRequest, error: Exception) -> Payload:
        status = answer_defect(request, error).status
        return desk.pages.draw("refused.html", None, status=status, words=DEFECT)

    return answer
