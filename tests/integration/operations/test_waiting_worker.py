"""A worker whose database is away lives, and says that it is not ready, and why."""

import json
import os
import subprocess
import urllib.error
import urllib.request

from scripts.servers.places import free_ports
from tests.integration.http.people import until
from tests.live import COMMERCE, SANDBOX


def asked(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of the answer; 0: there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read()
    except OSError:
        return 0, b""


def test_a_worker_that_waits_for_its_database_says_so_and_ends_when_told() -> None:
    (port,) = free_ports(1)
    away = {"COMMERCE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x", "COMMERCE_BROKER_URL": "amqp://guest:guest@127.0.0.1:1/"}
    command = [COMMERCE, "worker", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, **SANDBOX, **away}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as worker:
        try:
            until(lambda: asked(port, "/health/ready")[0] == 503, 20)
            (down,) = json.loads(asked(port, "/health/ready")[1])["down"]
            assert down == {"part": "database"}
            assert asked(port, "/health/live")[0] == 200
            worker.terminate()
            assert worker.wait(10) == 0
        finally:
            worker.kill()
