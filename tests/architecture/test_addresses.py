"""One place asks what a configured address begins with: everything else asks the deployment."""

import ast
import re
from typing import Final

import pytest

from tests.architecture.tree import ROOT, tracked

#: Where an address is looked at, and why there.
MAY: Final = {
    "src/entrypoints/commerce_bootstrap/deployment.py": "this is the place",
    "src/commerce_core/plugins.py": "finds who opens an address, and what it is called",
    "src/commerce_core/kernel/service_address.py": "takes addresses apart, whatever they name",
    "src/commerce_core/checkout/service/prepare.py": "a buyer's way back has an origin of ours",
    "src/entrypoints/commerce_bootstrap/parts.py": "the origins that buyers may come back to",
    "src/entrypoints/commerce_bootstrap/settings.py": "has defaults that are for a file alone",
    "src/commerce_core/kernel/public_address.py": "takes apart what a client gave, no setting",
    "src/adapters/commerce_webhooks/receivers.py": "sends to what a client gave, no setting",
    "src/adapters/commerce_sqlalchemy/postgres.py": "reads the address that it was given",
    "src/adapters/commerce_sqlalchemy/transaction.py": "reads the address that it was given",
    "src/adapters/commerce_opensearch/address.py": "reads the address that it was given",
    "src/adapters/commerce_notify/plugin.py": "reads the address that it was given",
    "src/adapters/commerce_stripe/plugin.py": "reads the address that it was given",
    "src/adapters/commerce_rabbitmq/connection.py": "reads the address that it was given",
    "src/entrypoints/commerce_pages/orders.py": "a bank's page that a gateway named, no setting",
    "src/entrypoints/commerce_pages/web/rendering.py": "a picture that an item names, no setting",
    "src/entrypoints/commerce_cli/remote.py": "a running shop's address, which is no setting",
    "src/adapters/commerce_testkit/http_connection.py": "a running shop's address",
}
_ADDRESS: Final = re.compile(r"\burls?\b|_urls?\b", re.IGNORECASE)
_ASKED_OF_TEXT: Final = {"startswith", "removeprefix", "match", "fullmatch", "partition", "split"}
_ASKED_BY_NAME: Final = {"scheme", "is_server", "is_file", "drivername"}


def asks(source: str) -> list[int]:
    """The lines of *source* that ask what an address begins with."""
    return sorted({node.lineno for node in ast.walk(ast.parse(source)) if _asks(node)})


def _asks(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="partition" | "split"), args=args):
            colon = any(isinstance(a, ast.Constant) and ":" in str(a.value) for a in args)
            return colon and _is_address(node)
        case ast.Call(func=ast.Attribute(attr=name)) if name in _ASKED_OF_TEXT:
            return _is_address(node)
        case ast.Call(func=ast.Name(id=name)) | ast.Attribute(attr=name) if name in _ASKED_BY_NAME:
            return True
        case ast.Call(args=args) if any(
            isinstance(a, ast.Name) and a.id in _ASKED_BY_NAME for a in args
        ):
            return True
        case ast.Compare(ops=[ast.In() | ast.NotIn()], left=ast.Constant(), comparators=[inside]):
            return _is_address(inside) and isinstance(inside, ast.Name | ast.Attribute)
        case ast.Subscript(value=value, slice=ast.Slice()):
            return _is_address(value)
    return False


def _is_address(node: ast.AST) -> bool:
    return _ADDRESS.search(ast.unparse(node)) is not None


def test_nothing_but_the_deployment_asks_what_an_address_begins_with() -> None:
    found = {
        name: lines
        for path in tracked("src")
        if path.suffix == ".py"
        and (name := str(path.relative_to(ROOT))) not in MAY
        and (lines := asks(path.read_text()))
    }
    assert found == {}


def test_who_may_look_at_an_address_does() -> None:
    assert [name for name in MAY if not asks((ROOT / name).read_text())] == []


@pytest.mark.parametrize(
    "line",
    [
        'settings.database_url.startswith("sqlite:")',
        'self.broker_url.removeprefix("local:")',
        'shop.settings.search_url.partition(":")[0] == "tantivy"',
        'url.split("://")',
        'settings.broker_url[:5] == "local"',
        're.match("postgres", settings.database_url)',
        '"sandbox" in settings.carrier_url',
        "urlsplit(settings.broker_url).scheme",
        "scheme(settings.carrier_url)",
        "plugins.scheme(settings.carrier_url)",
        "map(scheme, settings.payment_urls)",
        "postgres.is_server(settings.database_url)",
    ],
)
def test_such_a_line_is_found(line: str) -> None:
    assert asks(line) == [1]


@pytest.mark.parametrize(
    "line",
    [
        'url.partition("?")',
        'cell.startswith("{")',
        "shop.deployment.on_server",
        "load(SEARCH, settings.search_url)",
        '"PAYMENT_URLS" in deployment.sandboxes',
    ],
)
def test_other_lines_are_not(line: str) -> None:
    assert asks(line) == []
