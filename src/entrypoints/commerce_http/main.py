"""The shop's HTTP service: the application, and the server that runs it in this process."""

import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from types import FrameType
from typing import Final

import attrs
import msgspec
import uvicorn
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.metrics import PartsCollector
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.kernel.process import ProcessGuard
from commerce_http import (
    cart,
    checkout,
    images,
    notifications,
    payment_notices,
    recommendations,
    refunds,
    search,
    webhooks,
    wishlist,
)
from commerce_http.accounts import credentials, own_data, resets
from commerce_http.accounts import handlers as accounts
from commerce_http.catalog import imports, items
from commerce_http.ops import decisions, messages, notices, sagas, strangers
from commerce_http.orders import handlers as orders
from commerce_http.orders.watch import TimelineWatch
from commerce_http.web import health, openapi, problems, root, swagger
from commerce_http.web.app import ShopApplication, build_app
from commerce_http.web.callers import Authenticator, Callers, IdentityUnavailable
from commerce_http.web.connections import bounded_by
from commerce_http.web.dependencies import HttpContext
from commerce_http.web.executor import BlockingExecutor, Room
from commerce_http.web.guests import Guests
from commerce_http.web.long_bodies import LongBodies
from commerce_http.web.openapi import Document
from commerce_http.web.operations import Operation, Runs, operations_of
from commerce_http.web.proxies import TrustedProxies
from commerce_http.web.write_watch import WriteWatch

_LONGEST_GOODBYE: Final = 15
PageRoutes = Callable[[HttpContext], Sequence[ControllerRouterHandler]]

#: Every operation of the shop, by capability.
OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    found
    for module in (
        accounts,
        credentials,
        own_data,
        resets,
        search,
        recommendations,
        items,
        images,
        imports,
        cart,
        wishlist,
        checkout,
        orders,
        payment_notices,
        refunds,
        notifications,
        webhooks,
        sagas,
        messages,
        notices,
        strangers,
        decisions,
        root,
        health,
        problems,
        openapi,
        swagger,
    )
    for found in operations_of(module)
)


def _executor(settings: Settings, deployment: Deployment) -> BlockingExecutor:
    return BlockingExecutor(
        threads=deployment.threads,
        on_event_loop={Runs.KEY_READ} if deployment.reads_at_once else (),
        # Those who are not being hashed just then are at the database.
        passwords=Room(2 * settings.hashes_at_once, settings.hashes_waiting),
        searches=Room(deployment.searches, settings.searches_waiting),
    )


def document(currency: str, operations: Sequence[Operation] = OPERATIONS) -> Document:
    """The OpenAPI document of a shop of *currency*, with its examples."""
    recorded = (resources.files("commerce_http") / "examples.json").read_bytes()
    return Document(operations, currency, msgspec.json.decode(recorded))


def _operations(
    authenticate: Authenticator | None, routes: Sequence[ControllerRouterHandler]
) -> tuple[Operation, ...]:
    """Every operation; where users are known elsewhere, none about accounts, and where *routes*
    have a root of their own, not the shop's.
    """
    own_root = any(root.ROOT in getattr(route, "paths", ()) for route in routes)
    operations = tuple(o for o in OPERATIONS if not (own_root and o.path == root.ROOT))
    if authenticate is None:
        return operations
    others = (o for o in operations if o.tag != "accounts")
    return tuple(
        attrs.evolve(o, problems=(*o.problems, IdentityUnavailable)) if not o.is_open else o
        for o in others
    )


def _context(
    shop: Shop,
    operations: Sequence[Operation],
    executor: BlockingExecutor,
    watch: TimelineWatch,
    callers: Callers | None,
) -> HttpContext:
    """What handlers stand in."""
    settings = shop.settings
    return HttpContext(
        shop=shop,
        more={
            "executor": executor,
            "watch": watch,
            "writes": WriteWatch(shop.searches.visible, executor, most=settings.searches_waiting),
            "page_cache": search.PageCache(),
            "document": document(shop.currency, operations),
            "guests": Guests(shop.accounts.admit_guest, executor),
        },
        authenticate=shop.accounts.authenticate,
        currency=shop.currency,
        executor=executor,
        long_bodies=LongBodies(settings.long_bodies, settings.long_bodies_per_account),
        body_seconds=settings.body_timeout.total_seconds(),
        callers=callers,
    )


def create_app(
    shop: Shop,
    *,
    authenticate: Authenticator | None = None,
    routes: Sequence[ControllerRouterHandler] = (),
    pages: PageRoutes | None = None,
) -> ShopApplication:
    """The application of *shop*. It does not close the shop, and belongs to the process that called
    this: after a fork it neither starts nor answers.

    Args:
        shop: what answers.
        authenticate: says who sends a request, in place of the shop's own sessions, whose
            operations are not there then. It gets Litestar's request and answers a ``Buyer``, an
            ``Account`` of the shop, or ``None`` for a guest; ``async``, or in a thread. It has as
            long as an outside call may take; what it raises is 503, an ``Unauthorized`` 401.
        routes: Litestar handlers of a team's own, beside those of the shop. What they raise is
            answered as everything here is.
        pages: makes the routes of pages, which answer at the root for browsers and for everybody
            else what the shop says there.
    """
    operations = _operations(authenticate, routes)
    callers = (
        Callers(authenticate, shop.settings.call_timeout.total_seconds()) if authenticate else None
    )
    settings = shop.settings
    executor = _executor(settings, shop.deployment)
    watch = TimelineWatch(
        shop.orders.timelines_after,
        executor,
        most=settings.watchers,
        most_of_one=settings.watchers_per_account,
    )
    around = _context(shop, operations, executor, watch, callers)

    shop.registry.register(PartsCollector(shop.checks))

    process = ProcessGuard("application")

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        process.check()  # a server that forked since does not start at all
        yield
        watch.close()
        executor.close()
        if callers is not None:
            callers.close()

    app = build_app(
        [o for o in operations if pages is None or o.path != root.ROOT],
        around,
        shop.registry,
        tracer=shop.tracer,
        proxies=TrustedProxies(settings.trusted_proxies),
        origins=settings.cors_origins,
        lifespan=[lifespan],
        routes=[*routes, *(pages(around) if pages else ())],
    )
    app.end_streams, app.settings = watch.close, settings
    return app


class ShopServer(uvicorn.Server):
    """Uvicorn that first lets go of those who wait for orders, so that stopping takes no longer
    than the requests under way.
    """

    def __init__(
        self,
        app: ShopApplication,
        host: str,
        port: int,
        started: Callable[[str], None] | None = None,
        stopping: Callable[[], None] | None = None,
    ) -> None:
        """*started* is called with the address once requests are taken; *stopping* when a signal
        says stop, perhaps twice.
        """
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                loop="uvloop",
                http=bounded_by(app.settings),
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,  # COMMERCE_TRUSTED_PROXIES says whose are believed
                timeout_graceful_shutdown=_LONGEST_GOODBYE,
            )
        )
        self._shop_app = app
        self._on_started = started
        self._stopping = stopping

    @property
    def address(self) -> str:
        """Where it listens, once it has begun to."""
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets)
        if self.started and self._on_started:
            self._on_started(self.address)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal says stop."""
        if self._stopping:
            self._stopping()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, and finish those under way."""
        self._shop_app.end_streams()
        await super().shutdown(sockets)


def serve(
    shop: Shop,
    host: str,
    port: int,
    started: Callable[[str], None] | None = None,
    stopping: Callable[[], None] | None = None,
) -> None:
    """Answer requests until SIGINT or SIGTERM; *started* is called with the
    address, *stopping* of the signal.
    """
    ShopServer(create_app(shop), host, port, started, stopping).run()
