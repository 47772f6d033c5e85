"""The shop's HTTP service with its pages: one application, one process, one address."""

from collections.abc import Callable, Sequence
from typing import Final, cast

from litestar.types import ControllerRouterHandler

from commerce_bootstrap.shop import Shop
from commerce_http.main import ShopServer
from commerce_http.main import create_app as create_api
from commerce_http.orders.watch import TimelineWatch
from commerce_http.web.app import ShopApplication
from commerce_http.web.dependencies import HttpContext
from commerce_http.web.guests import Guests
from commerce_pages import (
    cart,
    checkout,
    console,
    door,
    items,
    notifications,
    orders,
    search,
    wishlist,
)
from commerce_pages.accounts import holder, own_data, resets, sessions
from commerce_pages.sell import home as selling
from commerce_pages.sell import imports as own_imports
from commerce_pages.sell import items as own_items
from commerce_pages.sell import orders as sold
from commerce_pages.sell import webhooks
from commerce_pages.web.assets import assets_route
from commerce_pages.web.pages import Desk, Page, pages_of, route_of
from commerce_pages.web.rendering import Pages

#: Every page, by capability.
PAGES: Final[tuple[Page, ...]] = tuple(
    found
    for module in (
        door,
        sessions,
        resets,
        holder,
        own_data,
        notifications,
        search,
        items,
        cart,
        wishlist,
        checkout,
        orders,
        selling,
        own_items,
        own_imports,
        sold,
        webhooks,
        console,
    )
    for found in pages_of(module)
)


def create_app(shop: Shop, hints: Sequence[tuple[str, str, str]] = ()) -> ShopApplication:
    """The application of *shop* with the pages that its settings name. The door shows the *hints*:
    role, address and password of log-ins that anybody may try.
    """
    parts = shop.settings.pages
    pages = Pages(shop.settings.shop_name, parts, hints, shop.settings.image_hosts)

    def routes(context: HttpContext) -> Sequence[ControllerRouterHandler]:
        desk = Desk(
            shop=shop,
            executor=context.executor,
            watch=cast("TimelineWatch", context.more["watch"]),
            guests=cast("Guests", context.more["guests"]),
            pages=pages,
        )
        shown = [one for one in PAGES if not one.part or one.part in parts]
        return [assets_route(), *(route_of(one, desk) for one in shown)]

    return create_api(shop, pages=routes)


def serve(
    shop: Shop,
    host: str,
    port: int,
    started: Callable[[str], None] | None = None,
    stopping: Callable[[], None] | None = None,
    hints: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Answer requests until SIGINT or SIGTERM; *started* is called with the address, *stopping* of
    the signal.
    """
    ShopServer(create_app(shop, hints), host, port, started, stopping).run()
