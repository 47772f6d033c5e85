"""A disk that is full: on SQLite the shop says so, loses nothing, and goes on when there is room.
The number is the acceptance list's.
"""

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import httpx
import pytest

from tests.e2e.shoppers import stocked
from tests.live import COMMERCE, LiveShop

_PATIENCE: Final = 180.0
_SIZE: Final = 64 << 20
_CARD: Final = "4242424242424242"


@attrs.define
class Disk:
    """Where a shop keeps everything, its log too: a small file system of its own, or files that may
    not grow where we may mount none.
    """

    folder: Path
    mounted: bool

    def fill(self, shop: LiveShop) -> None:
        """Leave no room."""
        if not self.mounted:
            resource.prlimit(shop.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4_096))
            except OSError:
                return

    def free(self, shop: LiveShop) -> None:
        """Make room again."""
        if self.mounted:
            os.truncate(self.folder / "ballast", 0)
        else:
            resource.prlimit(
                shop.process.pid,
                resource.RLIMIT_FSIZE,
                (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
            )


@pytest.fixture(params=["a small file system", "files that may not grow"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(tmp_path)]
    wanted = request.param == "a small file system" and os.geteuid() == 0
    mounted = wanted and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield Disk(tmp_path, mounted)
    if mounted:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def until(holds: Callable[[], bool], state: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, state
        time.sleep(0.1)


def checkout(client: httpx.Client, item_id: str, token: str) -> httpx.Response:
    """Put a lamp into the cart and order it; the first answer that is no 200."""
    headers = {"Authorization": f"Bearer {token}"}
    cart = client.patch("/cart", json={"itemId": item_id, "quantity": 1}, headers=headers)
    if cart.status_code != 200:
        return cart
    state: dict[str, Any] = cart.json()
    body = {
        "cartId": state["cartId"],
        "amount": state["total"],
        "paymentInfo": {"paymentType": "card", "cardNo": _CARD},
    }
    return client.post("/checkout", json=body, headers=headers)


def test_44_a_full_disk_is_told_of_and_loses_nothing(disk: Disk) -> None:
    items, buyers = stocked(disk.folder, 4)
    shop = LiveShop(disk.folder, {})
    try:
        with httpx.Client(base_url=shop.address, timeout=60) as client:
            promised = [
                answer.json()["orderId"]
                for answer in (checkout(client, items[0], token) for token in buyers)
            ]
            disk.fill(shop)
            refused = [checkout(client, items[1], token) for token in buyers for _ in range(3)]
            assert {answer.status_code for answer in refused} == {503}, [
                answer.text for answer in refused
            ]
            assert {answer.json()["code"] for answer in refused} == {"storage-full"}
            assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
            assert client.get("/health/live").status_code == 200
            assert client.get(f"/items/{items[0]}").status_code == 200
            ready = client.get("/health/ready")
            assert (ready.status_code, ready.json()["down"][0]["part"]) == (503, "database")
            disk.free(shop)
            until(lambda: client.get("/health/ready").status_code == 200, "it did not go on")
            for token in buyers:
                answer = checkout(client, items[2], token)
                assert answer.status_code == 201, answer.text
                promised.append(answer.json()["orderId"])

            def status(order_id: str, token: str) -> str:
                return str(
                    client.get(
                        f"/orders/{order_id}", headers={"Authorization": f"Bearer {token}"}
                    ).json()["status"]
                )

            owners = dict(zip(promised, [*buyers, *buyers], strict=True))
            until(
                lambda: {status(i, token) for i, token in owners.items()} == {"COMPLETED"},
                "an order was lost",
            )
    finally:
        shop.stop()
    assert "Traceback" not in shop.log.read_text()


def test_44_a_log_that_cannot_be_written_fails_no_request(tmp_path: Path) -> None:
    items, (token,) = stocked(tmp_path, 1)
    shop = LiveShop(tmp_path, {}, ("/bin/sh", "-c", f"exec {COMMERCE} serve --port 0 2>/dev/full"))
    try:
        with httpx.Client(base_url=shop.address, timeout=60) as client:
            assert checkout(client, items[0], token).status_code == 201
            assert client.get("/health/ready").status_code == 200
    finally:
        shop.stop()
