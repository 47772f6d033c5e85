"""A person who has nothing but what `commerce demo` prints searches, fills a cart, pays, and sees
the order complete.
"""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_kill import nothing_waits, until
from tests.live import COMMERCE

_LAST_LINE = 'curl -s "$SHOP/cart" -H "Authorization: Bearer $TOKEN"; echo'


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running demo, and everything that it has printed."""
    command = [COMMERCE, "demo", "--port", "0"]
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=log, text=True,
        env=os.environ | {"COMMERCE_PORT": "not used here"}
    ) as process:  # fmt: skip
        try:
            yield process, printed(process)
            log.seek(0)
            assert log.read() == ""
        finally:
            process.kill()


def printed(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.strip() == _LAST_LINE:
            return "".join(lines)
    raise AssertionError(f"the demo ended: {''.join(lines)}")


def pasted(text: str) -> dict[int, list[str]]:
    """The lines that the commands in *text* answer when they are pasted into a shell, by the number
    of their section.
    """
    commands = text[text.index("\nSHOP=") :]
    ran = subprocess.run(
        ["bash"], input=commands, capture_output=True, text=True, timeout=180, check=True
    )
    assert ran.stderr == ""
    sections: dict[int, list[str]] = {}
    for line in ran.stdout.splitlines():
        if line.startswith("--- "):
            sections[int(line.split()[1].rstrip("."))] = []
        elif line:
            sections[max(sections)].append(line)
    return sections


def documents(lines: list[str]) -> list[Any]:
    return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.mark.parametrize("times", [2])
def test_the_printed_lines_lead_to_a_completed_order_however_often_they_are_pasted(
    demo: tuple[subprocess.Popen[str], str], times: int
) -> None:
    for _ in range(times):
        sections = pasted(demo[1])
        page, mug = documents(sections[1])
        assert page["items"][0]["name"] == mug["name"] == "Stoneware Mug 350 ml"
        (cart,) = documents(sections[3])
        assert cart["total"] == {"amount": "25.00", "currency": "USD"}
        placed, order = documents(sections[4])
        assert (placed["status"], order["status"], order["total"]) == (
            "PENDING",
            "COMPLETED",
            cart["total"],
        )
        events = [
            line.removeprefix("event: ") for line in sections[4] if line.startswith("event: ")
        ]
        assert events == [
            "OrderCreated",
            "InventoryReserved",
            "PaymentCompleted",
            "ShipmentReady",
            "OrderCompleted",
        ]
        declined, given_back = documents(sections[5])
        assert (declined["status"], declined["cancellation"]["code"]) == (
            "CANCELLED",
            "payment-declined",
        )
        assert declined["cancellation"]["cartId"] == given_back["cartId"]
        assert [line["quantity"] for line in given_back["lines"]] == [1]


def test_the_demo_ends_quietly_and_keeps_what_was_bought(
    demo: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, text = demo
    pasted(text)
    address = text.partition("SHOP=")[2].split()[0]
    until(lambda: nothing_waits(address), lambda: address)
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 0
    settings = {
        "COMMERCE_DATABASE_URL": "sqlite:///var/demo/shop.db",
        "COMMERCE_SEARCH_URL": "tantivy:///var/demo/search",
        "COMMERCE_PAYMENT_URLS": "sandbox:///var/demo/sandbox-payments.db",
        "COMMERCE_CARRIER_URL": "sandbox:///var/demo/sandbox-carrier.db",
    }
    checked = subprocess.run(
        [COMMERCE, "check", "--json"],
        cwd=tmp_path,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    report = json.loads(checked.stdout)
    assert (checked.returncode, report["clean"], report["atRest"], report["orders"]) == (
        0,
        True,
        True,
        2,
    )
    with subprocess.Popen(
        [COMMERCE, "demo", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as again:
        try:
            assert documents(pasted(printed(again))[4])[1]["status"] == "COMPLETED"
        finally:
            again.kill()


def test_the_catalogue_is_varied_and_holds_the_customers_own_documents_as_they_stand() -> None:
    rows = [
        json.loads(line)
        for line in files("commerce_cli").joinpath("demo_items.ndjson").read_text().splitlines()
    ]
    by_sku = {row["sku"]: row for row in rows}
    assert len(by_sku) == len(rows) >= 60
    assert sum("variants" in row for row in rows) >= 5
    assert len({row["category"] for row in rows}) >= 8
    shirt, television = by_sku["TSHIRT-001"], by_sku["TV-4K-001"]
    assert (shirt["_id"], television["_id"]) == (
        "684f0b6e9d1e8a0001000001",
        "684f0b6e9d1e8a0001000002",
    )
    assert (
        shirt["variants"][0].items()
        >= {
            "variant_id": "TSHIRT-001-RD-M",
            "color": "red",
            "size": "M",
            "stock": 20,
            "price": 15.99,
        }.items()
    )
    assert (
        television.items()
        >= {
            "price": 349.99,
            "stock": 8,
            "status": "active",
            "created_at": "2025-06-15T10:00:00Z",
        }.items()
    )
