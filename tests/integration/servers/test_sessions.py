"""Sessions of tests: servers are started once for all workers, and do not outlive the last one."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from scripts.servers.errors import NoServer
from scripts.servers.places import ROOT
from scripts.servers.processes import Process
from tests.servers import SharedServers, own_folder

CONFTEST = """
    from tests.servers import postgres_url, shared_servers

    __all__ = ["postgres_url", "shared_servers"]
"""
#: Notes which server it was given, and waits until the other one has been given one too.
MODULE = """
    import json, os
    from pathlib import Path
    from scripts.servers.postgres import PostgresServer
    from scripts.servers.processes import until

    HERE = Path(__file__).parent

    def test_it(postgres_url, shared_servers):
        server = PostgresServer(shared_servers._folder / "postgres")
        process = server.process
        note = dict(worker=os.getpid(), url=postgres_url, pid=process.pid, began=process.began)
        (HERE / "{name}.json.new").write_text(json.dumps(note))
        (HERE / "{name}.json.new").rename(HERE / "{name}.json")
        assert until(lambda: len(list(HERE.glob("*.json"))) == {count}, 60)
        {then}
"""


def session(
    folder: Path, names: str, *options: str, then: str = "pass"
) -> tuple[int, list[dict[str, Any]]]:
    """Run a session of one test for each letter of *names*: its exit code, and what the tests
    noted.
    """
    (folder / "conftest.py").write_text(textwrap.dedent(CONFTEST))
    for name in names:
        source = textwrap.dedent(MODULE).format(name=name, count=len(names), then=then)
        (folder / f"test_{name}.py").write_text(source)
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment = {
        name: value for name, value in environment.items() if not name.startswith("PYTEST_")
    }
    command = [sys.executable, "-m", "pytest", "-q", *options, str(folder)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    notes = [json.loads(note.read_text()) for note in sorted(folder.glob("*.json"))]
    assert len(notes) == len(names), done.stdout + done.stderr
    return done.returncode, notes


def server_of(note: dict[str, Any]) -> Process:
    return Process(pid=note["pid"], began=note["began"])


def test_workers_share_a_server_but_no_database_and_the_last_one_stops_it(tmp_path: Path) -> None:
    code, (one, other) = session(tmp_path, "ab", "-p", "xdist", "-n", "2", "--dist", "loadfile")
    assert code == 0
    assert one["worker"] != other["worker"]
    assert server_of(one) == server_of(other)
    assert one["url"] != other["url"]
    assert not server_of(one).alive


def test_what_a_killed_session_leaves_running_is_stopped_by_the_next_one(tmp_path: Path) -> None:
    code, (note,) = session(tmp_path, "a", then="os.kill(os.getpid(), 9)")
    assert code == -signal.SIGKILL
    assert server_of(note).alive
    with own_folder():
        assert not server_of(note).alive


def test_asking_for_no_server_starts_none(shared_servers: SharedServers, tmp_path: Path) -> None:
    quiet = SharedServers("quiet")
    quiet.leave()
    assert not quiet._folder.exists()


def test_a_test_whose_server_cannot_be_had_is_left_out_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise NoServer("PostgreSQL cannot be had here.")

    monkeypatch.setattr("scripts.servers.native.NativeServers.up", refuse)
    monkeypatch.setattr(
        "scripts.servers.containers.Containers.possible", staticmethod(lambda: False)
    )
    servers = SharedServers("without")
    try:
        with pytest.raises(pytest.skip.Exception, match=r"PostgreSQL cannot be had here\."):
            servers.url("postgres")
    finally:
        servers.leave()
