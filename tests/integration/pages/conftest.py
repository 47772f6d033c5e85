"""One shop with all of its pages, worked for, for everything here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.accounts import Register, Role
from commerce_core.catalog import NewItem
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_pages.main import create_app
from commerce_worker.main import ROLES, working
from tests.integration.http.people import PASSWORD, UNLIMITED, serving, until
from tests.integration.pages.browser import Browser

#: The one host whose pictures are shown beside the shop's own.
IMAGES = "images.shop.example"
ALL_PARTS = ("shop", "sell", "console")


@attrs.define
class Street:
    """A shop with pages, and people who walk in."""

    shop: Shop
    client: httpx.Client
    mails: Path
    """The folder below which mails are kept that were sent."""
    people: int = 0

    def guest(self) -> Browser:
        """Somebody at a browser of their own."""
        return Browser(self.client)

    def account(self, role: Role = Role.BUYER, name: str = "Ada") -> str:
        """The address of a new account."""
        self.people += 1
        email = f"{role}{self.people}@example.com"
        opened = "seller" if role is Role.SELLER else "buyer"
        self.shop.accounts.register(
            Register(email=email, password=PASSWORD, name=name, role=opened)
        )
        if role is Role.OPERATOR:
            self.shop.accounts.grant(email, role)
        return email

    def visitor(self, role: Role = Role.BUYER, name: str = "Ada") -> Browser:
        """Somebody who has just logged in."""
        browser = self.guest()
        page = browser.go("/log-in")
        filled = {"E-mail": self.account(role, name), "Password": PASSWORD}

        def logged_in() -> bool:
            answered = browser.press(page, "Log in", filled)
            assert answered.status in (200, 503), answered.text
            return answered.status == 200  # a busy database is asked again

        assert until(logged_in, 30)
        return browser

    def item(self, **fields: object) -> str:
        """The id of an item that can be bought."""
        seller = self.shop.accounts.by_email(self.account(Role.SELLER))
        given = {"name": "Desk lamp", "price": Money.parse("15.99", "USD"), "quantity": 50}
        new = NewItem(**{**given, **fields})  # type: ignore[arg-type]
        return self.shop.items.onboard(SellerId(seller.id), new).item.id


@contextmanager
def open_street(folder: Path, roles: Sequence[str], **settings: Any) -> Iterator[Street]:
    """A shop with all of its pages whose worker has these *roles*."""
    shop = build_shop(
        Settings.in_folder(folder, pages=ALL_PARTS, image_hosts=(IMAGES,), **UNLIMITED, **settings)
    )
    try:
        with (
            working(shop, roles),
            serving(shop, create_app) as address,
            httpx.Client(base_url=address, timeout=30) as client,
        ):
            yield Street(shop, client, folder)
    finally:
        shop.close()


@pytest.fixture(scope="package")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    with open_street(tmp_path_factory.mktemp("street"), ROLES) as opened:
        yield opened
