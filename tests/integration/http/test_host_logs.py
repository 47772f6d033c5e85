"""A shop inside another program leaves that program's streams alone, and logs where it says."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT, SOURCE_ROOTS

#: A program that answers requests: one that changes something, and one that ends in a defect.
PROGRAM: Final = """
import asyncio
from pathlib import Path

import httpx
from litestar import get

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_http.main import create_app


@get("/broken")
async def broken() -> None:
    raise RuntimeError("a defect")


async def ask(app):
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        person = {"email": "ada@example.org", "password": "correct horse", "name": "Ada"}
        named = {"X-Request-ID": "named-by-the-client"}
        assert (await client.post("/accounts", json=person, headers=named)).status_code == 201
        assert (await client.get("/broken")).status_code == 500


with build_shop(Settings.in_folder(Path("shop").absolute())) as shop:
    asyncio.run(ask(create_app(shop, routes=[broken])))
"""
CONFIGURED: Final = """
import logging
import sys

shown = logging.StreamHandler(sys.stdout)
shown.setFormatter(logging.Formatter("%(name)s|%(levelname)s|%(request_id)s|%(message)s"))
logging.getLogger("commerce").addHandler(shown)
logging.getLogger("commerce").setLevel(logging.INFO)
"""


def output(program: str, folder: Path) -> tuple[str, str]:
    """What *program* writes to its two streams."""
    roots = os.pathsep.join(str(ROOT / root) for root in SOURCE_ROOTS)
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": roots},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, ran.stderr


def test_a_program_that_configures_no_logging_gets_no_line(tmp_path: Path) -> None:
    assert output(PROGRAM, tmp_path) == ("", "")


def test_a_handler_of_the_program_gets_each_line_with_its_fields(tmp_path: Path) -> None:
    lines, errors = output(CONFIGURED + PROGRAM, tmp_path)
    assert errors == ""
    changed = next(line for line in lines.splitlines() if "route=/accounts" in line)
    assert changed.startswith("commerce.http|INFO|named-by-the-client|request method=POST ")
    assert "status=201" in changed
    assert "|ERROR|" in lines
    assert "RuntimeError" in lines


def test_names_that_the_program_binds_for_its_own_lines_change_nothing(tmp_path: Path) -> None:
    bound = "import structlog\nstructlog.contextvars.bind_contextvars(name='x', args='y')\n"
    lines, _ = output(bound + CONFIGURED + PROGRAM, tmp_path)
    assert "request method=POST" in lines


@pytest.mark.parametrize("folder", SOURCE_ROOTS)
def test_no_line_is_written_but_through_the_standard_library(folder: str) -> None:
    found = [
        path.name
        for path in (ROOT / folder).rglob("*.py")
        if "structlog.get_logger" in path.read_text() or "from structlog import" in path.read_text()
    ]
    assert found == []
