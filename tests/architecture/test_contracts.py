"""The contracts of .importlinter hold, and each of them refuses what it is there to refuse."""

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.architecture.tree import CAPABILITIES, PACKAGES, ROOT, SOURCE_ROOTS

CONFIG = ConfigParser()
CONFIG.read(ROOT / ".importlinter")
CONTRACTS = {
    section.removeprefix("importlinter:contract:")
    for section in CONFIG.sections()
    if ":contract:" in section
}

#: (contract, file, the line that is added to it): each must be refused by that contract.
VIOLATIONS = [
    ("rings", "commerce_core/cart/model.py", "import commerce_sqlalchemy.tables"),
    ("rings", "adapters/commerce_sqlalchemy/cart.py", "import commerce_bootstrap"),
    ("rings", "adapters/commerce_sqlalchemy/cart.py", "import commerce_tantivy"),
    ("rings", "adapters/commerce_testkit/memory/cart.py", "import commerce_local"),
    ("rings", "adapters/commerce_rabbitmq/broker.py", "import commerce_sqlalchemy"),
    ("rings", "adapters/commerce_searchtext/words.py", "import commerce_tantivy"),
    ("rings", "adapters/commerce_local/__init__.py", "import commerce_testkit"),
    ("rings", "entrypoints/commerce_bootstrap/__init__.py", "import commerce_http"),
    ("rings", "entrypoints/commerce_http/web/errors.py", "import commerce_worker"),
    ("rings", "entrypoints/commerce_http/web/errors.py", "import commerce_pages"),
    ("rings", "entrypoints/commerce_worker/__init__.py", "import commerce_cli"),
    ("capabilities", "commerce_core/catalog/model.py", "from commerce_core.cart import Cart"),
    ("capabilities", "commerce_core/orders/model.py", "from commerce_core.cart import Cart"),
    ("capabilities", "commerce_core/kernel/money.py", "from commerce_core.catalog import Item"),
    ("capabilities", "commerce_core/catalog/ports.py", "import commerce_core.plugins"),
    ("capabilities", "commerce_core/checkout/service/run.py", "import commerce_core.assembly"),
    ("capabilities", "commerce_core/loyalty/__init__.py", ""),
    ("capabilities", "commerce_core/utils.py", ""),
    ("roles", "commerce_core/cart/model.py", "from commerce_core.cart.ports import CartStore"),
    ("roles", "commerce_core/checkout/steps/step.py", "import commerce_core.checkout.saga"),
    ("roles", "commerce_core/checkout/saga.py", "import commerce_core.checkout.service.run"),
    ("roles", "commerce_core/cart/helpers.py", ""),
    ("frame", "entrypoints/commerce_http/web/errors.py", "import commerce_http.orders"),
    ("frame", "entrypoints/commerce_http/cart.py", "import commerce_http.search"),
    ("frame", "entrypoints/commerce_http/helpers.py", ""),
    ("pages", "entrypoints/commerce_pages/web/pages.py", "import commerce_pages.cart"),
    ("pages", "entrypoints/commerce_pages/cart.py", "import commerce_pages.search"),
    ("pages", "entrypoints/commerce_pages/helpers.py", ""),
    ("pure-core", "commerce_core/cart/model.py", "import sqlalchemy"),
    ("pure-core", "commerce_core/checkout/service/run.py", "import threading"),
    ("pure-core", "commerce_core/kernel/ids.py", "import random"),
    ("pure-core", "commerce_core/kernel/delivery.py", "import pika"),
    (
        "container",
        "entrypoints/commerce_http/web/app.py",
        "from dependency_injector import containers",
    ),
    ("container", "adapters/commerce_local/__init__.py", "import dependency_injector.providers"),
    ("wiring", "entrypoints/commerce_http/web/app.py", "import commerce_sqlalchemy"),
    ("wiring", "entrypoints/commerce_pages/cart.py", "import commerce_sqlalchemy"),
    ("wiring", "entrypoints/commerce_worker/__init__.py", "import commerce_local"),
    ("wiring", "entrypoints/commerce_worker/consumers.py", "import commerce_rabbitmq"),
    ("wiring", "entrypoints/commerce_cli/__init__.py", "from commerce_tantivy import index"),
    ("faces", "entrypoints/commerce_http/web/app.py", "from commerce_core.cart.model import Cart"),
    (
        "faces",
        "adapters/commerce_sqlalchemy/checkout.py",
        "from commerce_core.checkout import ports",
    ),
    ("faces", "adapters/commerce_testkit/memory/orders.py", "import commerce_core.orders.views"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources and the contracts, to be spoilt."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def lint(folder: Path, *options: str) -> tuple[int, str]:
    """The exit status and the words of the linter, about the packages in *folder* and no others."""
    roots = os.pathsep.join(str(folder / root) for root in SOURCE_ROOTS)
    command = [
        Path(sys.executable).with_name("lint-imports"),
        "--cache-dir",
        folder / "cache",
        *options,
    ]
    run = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def test_every_contract_is_kept(copy: Path) -> None:
    status, words = lint(copy)
    assert (status, f"Contracts: {len(CONTRACTS)} kept, 0 broken." in words) == (0, True), words


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS)
def test_a_violation_is_refused(copy: Path, contract: str, file: str, line: str) -> None:
    path = copy / "src" / file
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    try:
        path.write_text((before or "") + f"\n{line}\n")
        status, words = lint(copy, "--contract", contract)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
    assert (status, "Contracts: 0 kept, 1 broken." in words) == (1, True), words
    assert path.stem.replace("__init__", path.parent.name) in words


def test_every_contract_has_a_violation() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == CONTRACTS


def test_the_contracts_know_every_package_and_every_capability() -> None:
    assert sorted(CONFIG["importlinter"]["root_packages"].split()) == sorted(
        p.name for p in PACKAGES
    )
    containers = CONFIG["importlinter:contract:roles"]["containers"].split()
    assert containers == [f"commerce_core.{name}" for name in CAPABILITIES]
