"""`scripts/services`: up, status, env, down; and whom it leaves alone."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from commerce_bootstrap.settings import Settings
from scripts.servers import packages, places, postgres
from scripts.servers.errors import NoServer
from scripts.servers.native import SETTINGS
from scripts.servers.places import FOLDER, ROOT, free_ports, reachable
from scripts.servers.processes import Process, process
from tests.servers import PostgresServer, own_folder


class Script:
    """The script, for a set of servers of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """What it prints."""
        command = [sys.executable, ROOT / "scripts" / "services", *arguments]
        done = subprocess.run(
            command,
            env={**os.environ, FOLDER: str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def families(self) -> list[Process]:
        """Every process that it has started and that runs."""
        records = [json.loads(file.read_text()) for file in self.folder.glob("*/server.json")]
        return [
            member
            for record in records
            for known in record["processes"].values()
            for member in Process(**known).family()
        ]


@pytest.fixture
def script() -> Iterator[Script]:
    with own_folder() as folder:
        yield Script(folder)


def listened_on(family: list[Process]) -> set[str]:
    """The addresses on which *family* takes connections, as /proc/net has them."""
    sockets = set()
    for member in family:
        for file in Path(f"/proc/{member.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                sockets.add(os.readlink(file).removeprefix("socket:[").removesuffix("]"))
    rows = [
        row.split()
        for name in ("tcp", "tcp6")
        for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return {address(row[1]) for row in rows if row[3] == "0A" and row[9] in sockets}


def address(field: str) -> str:
    """The address in a field of /proc/net/tcp, whose words have the machine's order of bytes."""
    words = bytes.fromhex(field.partition(":")[0])
    raw = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
    found = ip_address(raw)
    return str(getattr(found, "ipv4_mapped", None) or found)


def test_all_servers_come_up_once_and_leave_nothing_behind(script: Script) -> None:
    first = script("up")
    family = script.families()
    assert script("up") == first
    assert sorted(m.pid for m in script.families()) == sorted(m.pid for m in family), (
        "the second time nothing is started"
    )
    assert [line.split(",")[0].split() for line in script("status").splitlines()] == [
        [name, "up"] for name in SETTINGS
    ]

    env = dict(line.split("=", 1) for line in script("env").splitlines())
    assert list(env) == list(SETTINGS.values())
    for url in env.values():
        socket.create_connection((urlsplit(url).hostname or "", urlsplit(url).port or 0), 5).close()
    listening = listened_on(family)
    assert "127.0.0.1" in listening
    assert {a for a in listening if not ip_address(a).is_loopback} == set()
    if os.geteuid() == 0:
        assert {Path(f"/proc/{m.pid}").stat().st_uid for m in family} == {
            places.SERVANT.pw_uid if places.SERVANT else None
        }

    script("down")
    assert [member for member in family if member.alive] == []
    assert script("status", code=1).split() == [
        "postgres",
        "down",
        "rabbitmq",
        "down",
        "opensearch",
        "down",
    ]
    assert script("env") == ""


def test_data_and_address_outlive_a_stop(script: Script) -> None:
    script("up", "postgres")
    env = script("env", "postgres")
    url = env.strip().partition("=")[2]
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE parcel (id int)")
    waiting = psycopg.connect(url)  # nobody who stays connected holds it up
    script("down")
    waiting.close()
    script("up", "postgres")
    assert script("env", "postgres") == env
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM parcel").fetchone() == (0,)


def test_a_stranger_with_the_number_of_a_server_that_ended_is_left_alone(script: Script) -> None:
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        before = process(stranger.pid)
        server = PostgresServer(script.folder / "postgres")
        server.record.processes["postgres"] = Process(pid=before.pid, began=before.began - 1)
        server._remember()
        script("down", "postgres")
        assert before.alive
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_that_was_killed_is_down_and_comes_back(script: Script) -> None:
    script("up", "postgres")
    for member in script.families():
        os.kill(member.pid, 9)
    assert script("status", "postgres", code=1).split() == ["postgres", "down"]
    assert script("up", "postgres").split()[:2] == ["postgres", "up,"]


def test_a_wrong_name_is_said(script: Script) -> None:
    assert "nonsense is none of postgres, rabbitmq, opensearch" in script("up", "nonsense", code=2)


def test_what_env_prints_are_settings_of_the_shop() -> None:
    assert {name.removeprefix("COMMERCE_").lower() for name in SETTINGS.values()} <= {
        a.name for a in Settings.__attrs_attrs__
    }


def test_free_ports_differ_and_are_none_that_outgoing_connections_take() -> None:
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = free_ports(20)
    assert len(set(ports)) == 20
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
    assert max(ports) < low


def test_where_nothing_can_be_installed_that_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres, "programs", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        NoServer, match=r"postgresql must be installed, and there is no apt-get here"
    ):
        PostgresServer(tmp_path / "postgres").install()


def test_the_newest_program_is_taken(tmp_path: Path) -> None:
    for version in ("9", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch(mode=0o755 if version != "17" else 0o644)
    assert (
        packages.newest(f"{tmp_path.relative_to('/')}/*/bin", holding="initdb")
        == tmp_path / "15" / "bin"
    )


def test_a_folder_that_servers_could_not_get_to_is_replaced(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    place = tmp_path / "services"
    found = reachable(place)
    try:
        assert found.is_dir()
        assert (found == place) is (places.SERVANT is None), (
            "only who gives up rights needs another one"
        )
        assert reachable(place) == found
    finally:
        found.rmdir()
