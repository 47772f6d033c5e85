"""The application: every operation of the shop behind one Litestar."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import HttpMethod, Litestar, Request
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, ControllerRouterHandler
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry

from commerce_bootstrap.settings import Settings
from commerce_bootstrap.tracing import UNTRACED
from commerce_core.kernel.errors import CommerceError
from commerce_http.web.answers import Payload
from commerce_http.web.cors import Cors
from commerce_http.web.dependencies import HttpContext, handler_of
from commerce_http.web.errors import answer_defect, answer_http_error, answer_refusal
from commerce_http.web.frame import Frame, OneSpelling
from commerce_http.web.observation import Observed, RequestMetrics
from commerce_http.web.operations import Operation, path_names
from commerce_http.web.proxies import NOBODY, TrustedProxies


class ShopApplication(Litestar):
    """Litestar inside the layers that every request passes. ``end_streams`` ends waits and streams
    before the process ends; ``settings`` bound the server that it runs in.
    """

    end_streams: Callable[[], None] = staticmethod(lambda: None)
    settings: Settings = Settings()


def build_app(
    operations: Sequence[Operation], around: HttpContext, registry: CollectorRegistry, *,
    tracer: Tracer = UNTRACED,
    proxies: TrustedProxies = NOBODY, origins: Sequence[str] = (), lifespan: Sequence[Any] = (),
    routes: Sequence[ControllerRouterHandler] = (),
) -> ShopApplication:  # fmt: skip
    """An application of *operations* and of *routes* beside them, behind *proxies*, and open to
    pages of *origins*.
    """
    # Litestar asks handlers for its own Response; a Payload answers as well, without the work that
    # one does.
    refusals: Any = {
        CommerceError: answer_refusal,
        HTTPException: answer_http_error,
        Exception: answer_defect,
    }
    app = ShopApplication(
        route_handlers=[
            *_options_of(operations),
            *(route_of(operation, around) for operation in operations),
            *routes,
        ],
        exception_handlers=refusals,
        lifespan=list(lifespan),
        openapi_config=None,
        request_max_body_size=None,
        logging_config=None,
    )
    inner: ASGIApp = OneSpelling(app.asgi_handler)
    if origins:
        inner = Cors(inner, origins, operations)
    app.asgi_handler = Frame(Observed(inner, RequestMetrics(registry), tracer), proxies)
    return app


def route_of(operation: Operation, around: HttpContext) -> HTTPRouteHandler:
    """*operation* as a Litestar route; a GET answers HEAD as well."""
    handle = handler_of(operation, around)
    # The status is in the answer; Litestar, given a 204, would refuse a function that returns
    # one.
    methods = (
        [HttpMethod.GET, HttpMethod.HEAD]
        if operation.method == "GET"
        else [HttpMethod(operation.method)]
    )
    handle.__name__ = operation.name
    path = _litestar_path(operation.path)
    return HTTPRouteHandler(
        path, http_method=methods, name=operation.name, status_code=200, include_in_schema=False
    )(handle)


def _options_of(operations: Sequence[Operation]) -> list[HTTPRouteHandler]:
    """What OPTIONS answers at each path: every method that is taken there, where Litestar would
    name those of one handler.

    To be registered first: to a path without one Litestar adds its own.
    """
    methods: dict[str, set[str]] = {}
    for operation in operations:
        taken = {"GET", "HEAD"} if operation.method == "GET" else {operation.method}
        methods.setdefault(operation.path, {"OPTIONS"}).update(taken)
    return [_options(path, ", ".join(sorted(taken))) for path, taken in methods.items()]


def _options(path: str, allow: str) -> HTTPRouteHandler:
    async def options(request: Request[Any, Any, Any]) -> ASGIApp:
        return Payload(204, b"", {"Allow": allow})

    return HTTPRouteHandler(
        _litestar_path(path),
        http_method=HttpMethod.OPTIONS,
        status_code=200,
        include_in_schema=False,
    )(options)


def _litestar_path(path: str) -> str:
    for name in path_names(path):
        path = path.replace(f"{{{name}}}", f"{{{name}:str}}")
    return path
