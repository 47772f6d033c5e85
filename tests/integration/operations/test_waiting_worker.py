"""A process whose database is away lives, and says which part it waits for; where that is and as
whom stands in its log alone.
"""

import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from scripts.servers.places import free_ports
from tests.integration.http.people import until
from tests.live import COMMERCE, SANDBOX

AWAY = {
    "COMMERCE_DATABASE_URL": "postgresql://keeper:hunter2@127.0.0.1:1/treasury",
    "COMMERCE_BROKER_URL": "amqp://guest:guest@127.0.0.1:1/",
}
#: What nobody outside is told.
WORDS = ("127.0.0.1", "port", "keeper", "hunter2", "treasury", "refused", "COMMERCE_", "postgres")


def fetch(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of the answer; 0: there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read()
    except OSError:
        return 0, b""


def down(port: int) -> list[str]:
    """The parts that keep a process from being ready; none: nobody says so."""
    status, body = fetch(port, "/health/ready")
    return [part["part"] for part in json.loads(body)["down"]] if status == 503 else []


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_process_that_waits_for_its_database_names_the_part_alone_and_ends_when_told(
    command: str, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    log = tmp_path / "log"
    arguments = [COMMERCE, command, "--host", "127.0.0.1", "--port", str(port)]
    with (
        log.open("wb") as written,
        subprocess.Popen(
            arguments,
            cwd=tmp_path,
            env=os.environ | SANDBOX | AWAY,
            stdout=subprocess.DEVNULL,
            stderr=written,
        ) as process,
    ):
        try:
            until(lambda: down(port) == ["database"], 20)
            for path in ("/health/ready", "/items", "/cart", "/nothing", "/metrics"):
                answer = fetch(port, path)[1].decode()
                assert [word for word in WORDS if word in answer] == [], (path, answer)
            assert fetch(port, "/health/live")[0] == 200
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()
    output = log.read_text()
    assert "waiting for the database" in output
    assert "127.0.0.1" in output
    assert "hunter2" not in output
