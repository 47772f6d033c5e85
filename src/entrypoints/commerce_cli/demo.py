"""`commerce demo`: the whole shop with a catalogue, log-ins, and lines to paste."""

import logging
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from commerce_bootstrap.settings import Settings
from commerce_cli.opening import open_shop
from commerce_cli.output import Output, WrongCall
from commerce_cli.serve import bindable, run
from commerce_cli.stopping import exit_on_signal

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop
    from commerce_core.accounts import Account

_FOLDER: Final = Path("var/demo")
_HOST: Final = "127.0.0.1"
_PORT: Final = 8000
_BUYER: Final = "buyer@demo.example"
_SELLER: Final = "seller@demo.example"
_OPERATOR: Final = "operator@demo.example"
_PASSWORD: Final = "open-sesame-1"  # noqa: S105 (printed for everybody to try)


def demo(
    *,
    port: Annotated[
        int | None,
        Parameter(help="The port to listen on, else 8000, or a free one if that is taken."),
    ] = None,
) -> None:
    """Open a whole shop in ./var/demo with a catalogue and log-ins to try. What is bought there
    stays; delete the folder to start over.
    """
    if port is None:
        port = _free_port()
    bindable(_HOST, port)
    settings = Settings.in_folder(
        _FOLDER, host=_HOST, port=port, log_format="plain", pages=("shop", "sell", "console")
    )
    with exit_on_signal(), open_shop(settings, level=logging.WARNING) as shop:
        _account(shop, _BUYER, "Bea Buyer", "buyer")
        _stock(shop, _account(shop, _SELLER, "Sol Seller", "seller"))
        _operator(shop)
        run(shop, lambda address: Output().say(welcome(address)), _log_ins())


def welcome(address: str) -> str:
    """What is printed when the shop at *address* is open; from ``SHOP=`` on it is for a shell."""
    text = files("commerce_cli").joinpath("demo_lines.sh").read_text(encoding="utf-8")
    words = {
        "@ADDRESS@": address,
        "@BUYER@": _BUYER,
        "@SELLER@": _SELLER,
        "@OPERATOR@": _OPERATOR,
        "@PASSWORD@": _PASSWORD,
        "@FOLDER@": str(_FOLDER),
    }
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _free_port() -> int:
    try:
        bindable(_HOST, _PORT)
    except WrongCall:
        return 0
    return _PORT


def _account(shop: "Shop", email: str, name: str, role: str) -> "Account":
    """The account of *email*, opened if it is not there yet."""
    from commerce_core.accounts import AccountNotFound, Register

    try:
        return shop.accounts.by_email(email)
    except AccountNotFound:
        return shop.accounts.register(
            Register(email=email, password=_PASSWORD, name=name, role=role)
        )


def _operator(shop: "Shop") -> None:
    """The account of somebody who decides over orders."""
    from commerce_core.accounts import Role

    if _account(shop, _OPERATOR, "Olu Operator", "buyer").role is not Role.OPERATOR:
        shop.accounts.grant(_OPERATOR, Role.OPERATOR)


def _log_ins() -> list[tuple[str, str, str]]:
    """Who may be tried: role, address, password."""
    called = {"Buyer": _BUYER, "Seller": _SELLER, "Operator": _OPERATOR}
    return [(role, email, _PASSWORD) for role, email in called.items()]


def _stock(shop: "Shop", seller: "Account") -> None:
    """Onboard the catalogue; items that exist already stay as they are."""
    from commerce_cli.items import take_in
    from commerce_core.catalog import ImportFormat

    catalogue = files("commerce_cli").joinpath("demo_items.ndjson").read_bytes()
    take_in(
        shop, seller, ImportFormat.NDJSON, [catalogue], Output(as_json=True), size=len(catalogue)
    )
