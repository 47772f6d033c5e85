"""What gunicorn serves: a shop that is built where this is imported, and one that each of its
workers builds when it starts.
"""

import logging
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount
from uvicorn_worker import UvicornWorker

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import load_settings
from commerce_http.main import create_app

logging.basicConfig(level=logging.INFO)  # as a host does that wants to see what happens


class WithoutLifespan(UvicornWorker):
    """A worker that tells the application neither that it starts nor that it ends."""

    CONFIG_KWARGS = {**UvicornWorker.CONFIG_KWARGS, "lifespan": "off"}  # noqa: RUF012


def built_here() -> object:
    """The shop of the process that calls this: with ``--preload`` gunicorn's own."""
    return create_app(build_shop(load_settings(os.environ)))


@asynccontextmanager
async def _with_shop(host: Starlette) -> AsyncGenerator[None]:
    shop = build_shop(load_settings(os.environ))
    host.router.routes.append(Mount("/", create_app(shop)))
    yield
    shop.close()


def built_by_workers() -> Starlette:
    """An application in which each worker builds a shop of its own."""
    return Starlette(lifespan=_with_shop)
