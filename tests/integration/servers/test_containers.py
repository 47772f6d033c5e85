"""Where Docker answers, the servers are containers: what is asked of Docker, by a stand-in that
keeps no container.
"""

import json
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from scripts.servers.containers import Containers
from scripts.servers.errors import NoServer
from scripts.servers.main import servers_in
from scripts.servers.native import NativeServers
from scripts.servers.places import ROOT

STAND_IN = """\
    #!{python}
    import json, sys
    from pathlib import Path

    folder = Path(__file__).parent
    with (folder / "asked").open("a") as asked:
        asked.write(json.dumps(sys.argv[1:]) + "\\n")
    verbs = ("info", "version", "up", "ps", "port", "stop", "down", "pull")
    words = [word for word in sys.argv[1:] if word in verbs]
    running = folder / "running"
    if words[0] == "info" and (folder / "no-daemon").exists():
        sys.exit("Cannot connect to the Docker daemon")
    if words[0] == "up":
        running.write_text(sys.argv[-1])
    if words[0] in ("stop", "down"):
        running.unlink(missing_ok=True)
    if words[0] == "ps" and running.exists():
        state = {{"State": "running", "Health": "healthy"}}
        print(json.dumps({{"Service": running.read_text(), **state}}))
    if words[0] == "port":
        print("127.0.0.1:" + sys.argv[-1][::-1])
"""


class Docker:
    """The stand-in, first on the path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def commands(self) -> list[list[str]]:
        """What Compose was asked, without the project and the file."""
        lines = [json.loads(line) for line in (self._folder / "asked").read_text().splitlines()]
        return [line[line.index("--file") + 2 :] for line in lines if "--file" in line]

    def whole(self) -> list[list[str]]:
        """Everything, whole."""
        return [json.loads(line) for line in (self._folder / "asked").read_text().splitlines()]

    def stops_answering(self) -> None:
        """The daemon is gone."""
        (self._folder / "no-daemon").touch()


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(textwrap.dedent(STAND_IN).format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.delenv("POSTGRES_PASSWORD", raising=False)
    monkeypatch.setenv("RABBITMQ_PASSWORD", "secret")
    return Docker(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "services"
    made.mkdir()
    return made


def test_containers_are_taken_where_docker_answers_and_processes_else(
    docker: Docker, folder: Path
) -> None:
    assert isinstance(servers_in(folder), Containers)
    docker.stops_answering()
    assert isinstance(servers_in(folder), NativeServers)


def test_without_docker_they_are_processes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert isinstance(servers_in(folder), NativeServers)


def test_a_set_that_was_started_as_containers_stays_one(docker: Docker, folder: Path) -> None:
    servers_in(folder).up(["postgres"])
    docker.stops_answering()
    assert isinstance(servers_in(folder), Containers)


def test_up_waits_for_health_and_down_keeps_the_data(docker: Docker, folder: Path) -> None:
    servers = Containers(folder)
    servers.up(["postgres"])
    assert docker.commands()[-1] == ["up", "--detach", "--wait", "--quiet-pull", "postgres"]
    assert servers.state("postgres").startswith("up")
    assert servers.state("rabbitmq") == "down"
    servers.down(["postgres"])
    assert ["stop", "postgres"] in docker.commands()
    assert docker.commands()[-1] == ["down"]
    assert not servers.used


def test_what_is_discarded_is_gone_with_its_data(docker: Docker, folder: Path) -> None:
    servers = Containers(folder)
    servers.up(["postgres"])
    servers.discard()
    assert docker.commands()[-1] == ["down", "--volumes"]
    assert not folder.exists()


def test_each_folder_is_a_project_of_its_own_on_the_same_compose_file(
    docker: Docker, folder: Path, tmp_path: Path
) -> None:
    for each in (folder, tmp_path):
        Containers(each).up(["postgres"])
    projects = [words[words.index("--project-name") + 1] for words in docker.whole()]
    assert len(set(projects)) == 2
    assert {words[words.index("--file") + 1] for words in docker.whole()} == {
        str(ROOT / "compose.yaml")
    }


def test_addresses_have_the_published_ports_and_the_passwords_of_the_compose_file(
    docker: Docker, folder: Path
) -> None:
    servers: Any = Containers(folder)
    assert [servers.url(name) for name in ("postgres", "rabbitmq", "opensearch")] == [
        "postgresql://commerce:commerce@127.0.0.1:2345/commerce",
        "amqp://commerce:secret@127.0.0.1:2765/%2F",
        "opensearch://127.0.0.1:0029",
    ]
    assert servers.management_url == "http://commerce:secret@127.0.0.1:27651/api"


def test_a_cluster_is_refused(docker: Docker, folder: Path) -> None:
    with pytest.raises(NoServer, match="a cluster of three runs natively only"):
        Containers(folder).up(["opensearch"], 3)
