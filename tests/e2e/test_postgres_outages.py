"""`commerce serve` and its database server: started in any order, restarted under it, refused where
it would forget.
"""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
import pytest

from tests.integration.http.people import until
from tests.live import COMMERCE, SANDBOX, LiveShop, live_shop
from tests.postgres import migrate
from tests.servers import PostgresServer, own_server


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of this test's own, to be stopped and started, with an empty database on it."""
    with own_server(PostgresServer) as started:
        yield started


def migrated(server: PostgresServer) -> dict[str, str]:
    """The settings of a shop on *server*, its tables made."""
    migrate(server.url)
    return settings(server)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def settings(server: PostgresServer) -> dict[str, str]:
    return SANDBOX | {"COMMERCE_DATABASE_URL": server.url}


def commerce(
    folder: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMERCE, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def _named(headers: Message) -> dict[str, str]:
    """Headers by their names in small letters."""
    return {name.lower(): value for name, value in headers.items()}


def exchange(address: str, path: str, body: Any = None) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers of an answer; status 0 where there is none."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(
            Request(address + path, data, {"Content-Type": "application/json"}), timeout=60
        ) as answer:
            return answer.status, json.load(answer), _named(answer.headers)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused), _named(refused.headers)
    except OSError:
        return 0, None, {}


def is_ready(address: str) -> Callable[[], bool]:
    return lambda: exchange(address, "/health/ready")[0] == 200


def test_one_off_commands_say_in_one_sentence_that_the_database_is_away(
    server: PostgresServer, tmp_path: Path
) -> None:
    server.stop()
    for command in (("check",), ("migrate",), ("sagas", "list")):
        ran = commerce(tmp_path, settings(server), *command)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith(
            "commerce: COMMERCE_DATABASE_URL: the database does not answer ("
        )
        assert ran.stderr.count("\n") == 1


def test_tables_that_are_missing_are_named_with_what_to_do(
    server: PostgresServer, tmp_path: Path
) -> None:
    ran = commerce(tmp_path, settings(server), "serve", "--port", "0")
    assert ran.returncode == 2
    assert re.search(r"migrated to \d{4} by `commerce migrate`\.$", ran.stderr.splitlines()[-1])
    assert commerce(tmp_path, settings(server), "migrate").returncode == 0
    assert commerce(tmp_path, settings(server), "check").returncode == 0


def test_14_a_server_that_would_forget_in_a_crash_is_refused_unless_told(tmp_path: Path) -> None:
    with own_server(
        PostgresServer, options=("fsync=off", "full_page_writes=off", "synchronous_commit=off")
    ) as careless:
        environment = migrated(careless)
        ran = commerce(tmp_path, environment, "check")
        assert ran.returncode == 2
        assert "fsync and full_page_writes and synchronous_commit off" in ran.stderr
        assert (
            commerce(tmp_path, environment | {"COMMERCE_DURABILITY": "relaxed"}, "check").returncode
            == 0
        )


def test_18_a_shop_that_is_started_before_its_database_waits_for_it_and_says_so(
    server: PostgresServer, tmp_path: Path
) -> None:
    environment = migrated(server)
    server.stop()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [COMMERCE, "serve", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        until(lambda: exchange(address, "/health/live")[0] == 200, 90)
        status, problem, headers = exchange(address, "/health/ready")
        assert (status, [down["part"] for down in problem["down"]]) == (503, ["database"])
        assert int(headers["retry-after"]) >= 1
        server.start()
        until(is_ready(address), 90)
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0
    finally:
        process.kill()


def test_a_shop_that_waits_for_its_database_can_be_stopped(
    server: PostgresServer, tmp_path: Path
) -> None:
    environment = migrated(server)
    server.stop()
    port = free_port()
    process = subprocess.Popen(
        [COMMERCE, "serve", "--port", str(port)],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: exchange(f"http://127.0.0.1:{port}", "/health/live")[0] == 200, 90)
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 0
    finally:
        process.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in good order", "at once"])
def test_a_database_that_is_restarted_costs_503_meanwhile_and_nothing_afterwards(
    how: signal.Signals, server: PostgresServer, tmp_path: Path
) -> None:
    with live_shop(tmp_path, migrated(server)) as shop:
        register(shop, 1)
        server.stop(how)
        status, problem, headers = exchange(shop.address, "/accounts", person(2))
        assert (status, problem["code"]) == (503, "database-busy")
        assert int(headers["retry-after"]) >= 1
        status, problem, _ = exchange(shop.address, "/health/ready")
        assert (status, [down["part"] for down in problem["down"]]) == (503, ["database"])
        server.start()
        for number in range(3, 13):  # not one of them meets a connection that died
            register(shop, number)
        until(is_ready(shop.address))


def test_connections_that_died_while_nobody_looked_fail_no_request(
    server: PostgresServer, tmp_path: Path
) -> None:
    with live_shop(tmp_path, migrated(server)) as shop:
        for number in range(20, 30):
            register(shop, number)
        with psycopg.connect(server.url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                "'commerce'"
            )
        for number in range(30, 40):
            register(shop, number)


def person(number: int) -> dict[str, str]:
    return {
        "email": f"p{number}@example.com",
        "password": "correct horse battery",
        "name": "Somebody",
        "role": "buyer",
    }


def register(shop: LiveShop, number: int) -> None:
    status, body, _ = exchange(shop.address, "/accounts", person(number))
    assert status == 201, body
