"""OpenSearch as Maven carries it: the server without plug-ins, started without its scripts."""

import http.client
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.servers.errors import NoServer
from scripts.servers.packages import first_known, install, refresh
from scripts.servers.places import ROOT, hand_over, reachable
from scripts.servers.server import Part, Server

VERSION: Final = "3.6.0"
#: Starts sooner, takes less memory and never gets fast: for tests, not for figures. Given as
#: OPENSEARCH_JAVA_OPTS.
QUICK: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_ARTIFACT: Final = f"org.opensearch.distribution.integ-test-zip:opensearch:{VERSION}:zip"
_UNPACK: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack"
_OLDEST_JAVA: Final = 21
_JAVAS: Final = (
    "openjdk-25-jre-headless",
    "openjdk-21-jre-headless",
    "temurin-25-jre",
    "temurin-21-jre",
)
_PATIENCE: Final = 2.0
_JVM: Final = (
    "-Xms512m", "-Xmx512m", "-Xss1m", "-XX:MaxDirectMemorySize=256m",
    "--add-modules=jdk.incubator.vector", "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true", "-Djava.locale.providers=SPI,CLDR", "-Djna.nosys=true",
    "-Dlog4j.shutdownHookEnabled=false",
    "-Dlog4j2.disable.jmx=true", "-Dio.netty.noUnsafe=true", "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0", "-Dio.netty.allocator.numDirectArenas=0",
    "-Dopensearch.distribution.type=zip",
    "-Dopensearch.bundled_jdk=false",
)  # fmt: skip


class OpenSearchServer(Server):
    """A node: alone, or with its peers once :func:`cluster` has made them known to each other."""

    ports = ("http", "transport")

    def __init__(self, folder: Path, java_options: str | None = None) -> None:
        super().__init__(folder)
        self._java_options = (
            os.environ.get("OPENSEARCH_JAVA_OPTS", "") if java_options is None else java_options
        )
        self.peers: Sequence[OpenSearchServer] = (self,)

    @property
    def url(self) -> str:
        return f"opensearch://{self.host}"

    @property
    def host(self) -> str:
        """Address and port for HTTP."""
        return f"127.0.0.1:{self.record.ports['http']}"

    @property
    def ready(self) -> bool:
        """Whether it has found all its peers too."""
        connection = http.client.HTTPConnection(self.host, timeout=_PATIENCE)
        try:
            connection.request("GET", "/_cluster/health")
            answer = connection.getresponse()
            return answer.status == http.client.OK and json.loads(answer.read())[
                "number_of_nodes"
            ] >= sum(p.alive for p in self.peers)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def install(self) -> None:
        _install_java()
        _install_distribution()

    def prepare(self) -> None:
        configuration = self.data / "config"
        for name in ("config", "data", "logs", "tmp", "repo"):
            (self.data / name).mkdir(exist_ok=True)
        shutil.copy(distribution() / "config" / "log4j2.properties", configuration)
        # What lies in a configuration file as JSON is YAML too.
        (configuration / "opensearch.yml").write_text(json.dumps(self._configuration(), indent=1))
        hand_over(self.data)

    def parts(self) -> Sequence[Part]:
        home = distribution()
        command: list[str | Path] = [
            _java() / "bin" / "java", *_JVM, f"-Djava.io.tmpdir={self.data}/tmp",
            f"-Dopensearch.path.home={home}",
            f"-Dopensearch.path.conf={self.data}/config", *self._java_options.split(),
            # The agent, a sandbox for plug-ins, costs 2.5 s at every start; there are no plug-ins.
            "-cp", f"{home}/lib/*:{home}/agent/opensearch-agent-bootstrap-{VERSION}.jar",
            "org.opensearch.bootstrap.OpenSearch",
        ]  # fmt: skip
        return [Part("opensearch", command, {})]

    def _configuration(self) -> dict[str, object]:
        names = [peer.folder.name for peer in self.peers]
        together = {
            "cluster.initial_cluster_manager_nodes": names,
            "discovery.seed_hosts": [
                f"127.0.0.1:{peer.record.ports['transport']}" for peer in self.peers
            ],
        }
        return {
            "cluster.name": f"commerce-{self.peers[0].record.ports['transport']}",
            "node.name": self.folder.name,
            "network.host": "127.0.0.1",
            "http.port": self.record.ports["http"],
            "transport.port": self.record.ports["transport"],
            "path.data": f"{self.data}/data",
            "path.logs": f"{self.data}/logs",
            "path.repo": [f"{self.data}/repo"],
            "action.auto_create_index": False,
            "cluster.routing.allocation.disk.threshold_enabled": False,
            **(together if len(names) > 1 else {"discovery.type": "single-node"}),
        }


def cluster(nodes: Sequence[OpenSearchServer]) -> Sequence[OpenSearchServer]:
    """*nodes*, none of which runs yet, as peers of one cluster."""
    for node in nodes:
        node.peers = nodes
    return nodes


def cluster_url(nodes: Sequence[OpenSearchServer]) -> str:
    """The address of all *nodes* together as a setting of the shop."""
    return f"opensearch://{','.join(node.host for node in nodes)}"


def distribution() -> Path:
    """Where the unpacked server lies, once for all sets of servers of this checkout."""
    return reachable(ROOT / "var" / "downloads") / f"opensearch-{VERSION}"


def _install_distribution() -> None:
    """Idempotent; of two that do it at the same time, the first one's stays."""
    target = distribution()
    if target.exists():
        return
    if shutil.which("mvn") is None:
        install(["maven"])
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        command = [
            "mvn",
            "--quiet",
            "--batch-mode",
            _UNPACK,
            f"-DoutputDirectory={scratch}",
            f"-Dartifact={_ARTIFACT}",
        ]
        done = subprocess.run(
            command,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = next(
                (line for line in done.stdout.splitlines() if "ERROR" in line),
                "no reason was given",
            )
            raise NoServer(f"OpenSearch {VERSION} could not be fetched: {reason}")
        unpacked = Path(scratch) / target.name
        shutil.rmtree(unpacked / "modules" / "ingest-geoip")  # 75 MB that nobody asks for
        try:
            unpacked.rename(target)
        except OSError:
            if not target.exists():
                raise


def _install_java() -> None:
    if _newest_java() is not None:
        return
    refresh()
    if (package := first_known(_JAVAS)) is None:
        raise NoServer(
            f"OpenSearch needs Java {_OLDEST_JAVA} or newer, and the package manager has none: "
            "name one by OPENSEARCH_JAVA_HOME."
        )
    install([package])


def _java() -> Path:
    if (home := _newest_java()) is None:
        raise NoServer(
            f"OpenSearch needs Java {_OLDEST_JAVA} or newer: scripts/services install opensearch."
        )
    return home


def _newest_java() -> Path | None:
    named = [
        Path(os.environ[name])
        for name in ("OPENSEARCH_JAVA_HOME", "JAVA_HOME")
        if os.environ.get(name)
    ]
    return next(
        (
            home
            for home in (*named, *sorted(Path("/usr/lib/jvm").glob("*")))
            if _java_version(home) >= _OLDEST_JAVA
        ),
        None,
    )


def _java_version(home: Path) -> int:
    """What the file that describes a Java says; 0 where there is none."""
    program, release = home / "bin" / "java", home / "release"
    if not os.access(program, os.X_OK) or not release.exists():
        return 0
    found = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.MULTILINE)
    return int(found.group(1)) if found else 0
