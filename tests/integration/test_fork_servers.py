"""Servers that fork: gunicorn that loads the application first (``--preload``), and Celery's
pool of processes. A shop that was built before is refused at once, one that is built after works.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import pytest
from celery import Celery

from tests.integration.forks.tasks import through_files
from tests.live import SANDBOX

ROOT: Final = Path(__file__).parents[2]
BIN: Final = Path(sys.executable).parent
PATIENCE: Final = 180.0
#: What gunicorn answers whose workers cannot start.
NOT_STARTED: Final = 3
HERE, BY_WORKERS = (
    f"tests.integration.forks.asgi:{name}()" for name in ("built_here", "built_by_workers")
)
SENTENCE: Final = "build the shop after the fork"


class Server:
    """A server in a process of its own, and what it writes."""

    def __init__(self, folder: Path, settings: Mapping[str, Any], *command: str | Path) -> None:
        self.log = folder / "log"
        variables = {f"COMMERCE_{name.upper()}": str(value) for name, value in settings.items()}
        environment = {**os.environ, **SANDBOX, **variables, "PYTHONPATH": str(ROOT)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment | {"CELERY_FOLDER": str(folder)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def says(self, pattern: str) -> str:
        """The first text of *pattern* in what it writes, once it is there."""
        until = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.log.read_text())):
            assert time.monotonic() < until, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        return found[1]

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(PATIENCE)


@contextmanager
def running(*arguments: Any) -> Iterator[Server]:
    """A server while the block lasts."""
    server = Server(*arguments)
    try:
        yield server
    finally:
        server.stop()


def gunicorn(app: str, worker: str = "uvicorn_worker.UvicornWorker") -> list[str | Path]:
    """The command that loads *app* and then forks two workers."""
    return [BIN / "gunicorn", "--preload", "--workers", "2", "--bind", "127.0.0.1:0",
            "--worker-class", worker, app]  # fmt: skip


@contextmanager
def celery(folder: Path, settings: Mapping[str, Any], children: str = "1") -> Iterator[Celery]:
    """Celery with a pool of processes, while the block lasts; its log is in *folder*."""
    for each in ("tasks", "results"):
        (folder / each).mkdir()
    command = [BIN / "celery", "--app", "tests.integration.forks.tasks", "worker", "--pool",
               "prefork", "--concurrency", children, "--loglevel", "info"]  # fmt: skip
    with running(folder, settings, *command) as server:
        server.says(r"(ready\.)")
        yield through_files(str(folder))


def ask(
    port: str, method: str, path: str, body: Mapping[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer."""
    connection = HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE)
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    try:
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


ADA: Final = {"email": "ada@example.org", "password": "correct horse", "name": "Ada"}
LISTENS: Final = r"Listening at: http://127\.0\.0\.1:(\d+)"


def test_45_gunicorn_does_not_start_with_a_shop_that_was_built_before_its_workers(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    with running(tmp_path, on_database, *gunicorn(HERE)) as server:
        assert server.process.wait(PATIENCE) == NOT_STARTED
    assert "UsedAfterFork" in server.log.read_text()
    assert SENTENCE in server.log.read_text()


def test_45_a_request_to_such_a_shop_is_a_defect_that_the_log_names_and_nobody_waits(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    worker = "tests.integration.forks.asgi.WithoutLifespan"
    with running(tmp_path, on_database, *gunicorn(HERE, worker)) as server:
        port = server.says(LISTENS)
        for method, path, body in [("GET", "/items", None), ("POST", "/accounts", ADA)]:
            status, problem = ask(port, method, path, body)
            assert status == 500, problem
        assert SENTENCE in server.log.read_text()


def test_45_a_shop_that_each_worker_of_gunicorn_builds_works(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    with running(tmp_path, on_database, *gunicorn(BY_WORKERS)) as server:
        port = server.says(LISTENS)
        assert ask(port, "POST", "/accounts", ADA)[0] == 201
        for _ in range(4):  # whichever worker answers
            assert ask(port, "GET", "/items")[0] == 200
            assert ask(port, "POST", "/accounts", ADA)[0] == 409


def test_a_task_of_celery_orders_and_orders_once_when_it_is_run_twice(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    with celery(tmp_path, on_database, "2") as app:
        cart_id, total = app.send_task("fill", ["ada"]).get(timeout=PATIENCE)
        orders = [app.send_task("order", ["ada", cart_id, total]) for _ in range(4)]
        (order_id,) = {order.get(timeout=PATIENCE) for order in orders}
        status = app.send_task("status", ["ada", order_id])
        assert status.get(timeout=PATIENCE) == "COMPLETED"


def test_45_a_task_of_celery_is_refused_a_shop_from_before_the_fork_and_works_with_its_own(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    with celery(tmp_path, on_database) as app:
        refused = app.send_task("register_before", ["ada@example.org"])
        done = app.send_task("register_after", ["ada@example.org"])
        with pytest.raises(Exception, match=SENTENCE):
            refused.get(timeout=PATIENCE)
        assert done.get(timeout=PATIENCE) == "ada@example.org"
        assert SENTENCE in (tmp_path / "log").read_text()
