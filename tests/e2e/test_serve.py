"""`commerce serve` as a process: it tells where it is, shares its folder with other commands, and
ends in good order.
"""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.live import COMMERCE, live_shop

SELLER = {"email": "sol@shop.example", "password": "open-sesame", "name": "Sol", "role": "seller"}
LAMP = {"sku": "LAMP", "name": "Lamp", "price": "19.90", "quantity": 5}


def ask(address: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(
        Request(address + path, data, {"Content-Type": "application/json"}), timeout=180
    ) as answer:
        return json.load(answer)


def commerce(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMERCE, *arguments], cwd=folder, capture_output=True, text=True, timeout=180, check=False
    )


def test_files_are_taken_in_beside_a_serving_process_and_without_one(tmp_path: Path) -> None:
    (tmp_path / "items.ndjson").write_text(json.dumps(LAMP))
    (tmp_path / "more.ndjson").write_text(json.dumps({**LAMP, "sku": "KETTLE", "name": "Kettle"}))
    with live_shop(tmp_path) as shop:
        ask(shop.address, "/accounts", SELLER)
        ran = commerce(tmp_path, "import", "items.ndjson", "--seller", SELLER["email"])
        assert (ran.returncode, ran.stdout) == (
            0,
            "1 rows: 1 created, 0 changed, 0 unchanged, 0 not taken.\n",
        )
        assert [item["sku"] for item in ask(shop.address, "/items?term=lamp")["items"]] == ["LAMP"]
        assert json.loads(commerce(tmp_path, "reindex", "--json").stdout)["indexed"] == 1
        assert commerce(tmp_path, "check").returncode == 0
    assert commerce(tmp_path, "import", "more.ndjson", "--seller", SELLER["email"]).returncode == 0
    with live_shop(tmp_path) as shop:
        assert [item["sku"] for item in ask(shop.address, "/items?term=kettle")["items"]] == [
            "KETTLE"
        ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    with live_shop(tmp_path) as shop:
        assert ask(shop.address, "/health/ready") == {"status": "ready"}
        shop.process.send_signal(number)
        assert shop.process.wait(90) == 0
    log = [json.loads(line) for line in shop.log.read_text().splitlines()]
    assert [line for line in log if line["level"] not in ("info", "debug")] == []


def test_the_address_by_which_features_reach_a_shop_is_checked_first(tmp_path: Path) -> None:
    with live_shop(tmp_path) as shop:
        address = shop.address
    ran = commerce(tmp_path, "features", "--url", address)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"commerce: No shop answers at {address}")
