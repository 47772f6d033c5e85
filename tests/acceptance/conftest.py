"""The steps of the features, and a shop that runs for them: `commerce serve` with no other setting
than a free port.

When the last feature is told the shop is stopped, and `commerce check` has to find its books in
order.
"""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.running import PATIENCE, RunningShop
from tests.fullstack import full_stack, systems_here
from tests.live import COMMERCE
from tests.servers import shared_servers

__all__ = ["full_stack", "shared_servers"]


def pytest_configure(config: pytest.Config) -> None:
    # Not ``pytest_plugins``, which only a conftest at the root may name.
    config.pluginmanager.import_plugin("commerce_testkit.features_plugin")


@pytest.fixture(scope="session")
def running_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """A shop in a folder of its own, stopped and checked at the end."""
    folder, port = tmp_path_factory.mktemp("shop"), _free_port()
    environment = {**os.environ, **systems_here(), "COMMERCE_PORT": str(port)}
    address = f"http://127.0.0.1:{port}"
    with (folder / "shop.log").open("wb") as log:
        process = subprocess.Popen(
            [COMMERCE, "serve"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(address, process, folder / "shop.log")
        yield (shop := RunningShop(address, folder, environment))
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    checked = shop.command("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, (
            f"the shop ended with {process.returncode}: {log.read_text()[-2000:]}"
        )
        assert time.monotonic() < deadline, f"the shop is not ready: {log.read_text()[-2000:]}"
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
