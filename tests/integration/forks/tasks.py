"""What a Celery worker runs: a shop that is built where this is imported, and one that each child
of its pool builds.
"""

import os

from celery import Celery
from celery.signals import worker_process_init

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import load_settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Register

NAMES = ("register_before", "register_after")


def through_files(folder: str) -> Celery:
    """Celery whose messages and results lie in *folder*."""
    app = Celery("shop", broker="filesystem://", backend=f"file://{folder}/results")
    app.conf.broker_transport_options = {
        "data_folder_in": f"{folder}/tasks",
        "data_folder_out": f"{folder}/tasks",
    }
    app.conf.broker_connection_retry_on_startup = True
    return app


def _register(shop: Shop, email: str) -> str:
    return str(
        shop.accounts.register(Register(email=email, password="correct horse", name="A")).email
    )


if folder := os.environ.get("CELERY_FOLDER"):
    app = through_files(folder)
    before = build_shop(load_settings(os.environ))
    after: list[Shop] = []

    @worker_process_init.connect
    def _build(**_: object) -> None:
        after.append(build_shop(load_settings(os.environ)))

    @app.task(name="register_before")
    def register_before(email: str) -> str:
        """With the shop that was built before the fork."""
        return _register(before, email)

    @app.task(name="register_after")
    def register_after(email: str) -> str:
        """With the shop of this child."""
        return _register(after[0], email)
