"""PostgreSQL from the system's packages."""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scripts.servers.errors import NoServer
from scripts.servers.packages import install, newest
from scripts.servers.places import hand_over
from scripts.servers.processes import run
from scripts.servers.server import Part, Server

_USER: Final = "commerce"
_DATABASE: Final = "commerce"
#: What the promise to buyers rests on is said aloud, though it is what the server does anyway.
_CONFIGURATION: Final = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 300
fsync = on
full_page_writes = on
synchronous_commit = on
timezone = 'UTC'
log_timezone = 'UTC'
"""


class PostgresServer(Server):
    """A cluster with one superuser, and one database of its name; *options* like ``fsync=off`` hold
    while it is run by this object.

    ``stop(SIGQUIT)`` is what ``pg_ctl stop -m immediate`` does.
    """

    ports = ("sql",)
    ends_on = signal.SIGINT

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        super().__init__(folder)
        self._options = [argument for option in options for argument in ("-c", option)]

    @property
    def url(self) -> str:
        return self.url_of(_DATABASE)

    def url_of(self, database: str) -> str:
        """The address of another database of it."""
        host = f"127.0.0.1:{self.record.ports['sql']}"
        return f"postgresql://{_USER}:{self.record.password}@{host}/{database}"

    @property
    def ready(self) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        if len(lines) <= 7 or self.process is None:  # it is written line by line
            return False
        return lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def install(self) -> None:
        if programs() is None:
            install(["postgresql"])

    def prepare(self) -> None:
        if self._cluster.exists():
            return
        new, secret = self.data / "new", self.data / "password"
        shutil.rmtree(new, ignore_errors=True)
        secret.touch(mode=0o600)
        secret.write_text(self.record.password)
        hand_over(secret)
        self._run(
            "initdb", f"--pgdata={new}", f"--username={_USER}", f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
        )  # fmt: skip
        secret.unlink()
        with (new / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION.format(port=self.record.ports["sql"]))
        new.rename(self._cluster)

    def parts(self) -> Sequence[Part]:
        return [
            Part("postgres", [self._programs / "postgres", "-D", self._cluster, *self._options], {})
        ]

    def finish(self) -> None:
        connection = [
            f"--dbname={self.url_of('postgres')}",
            "--no-psqlrc",
            "--tuples-only",
            "--quiet",
        ]
        if "1" not in self._run(
            "psql",
            *connection,
            "--command",
            f"SELECT 1 FROM pg_database WHERE datname = '{_DATABASE}'",
        ):
            self._run("psql", *connection, "--command", f"CREATE DATABASE {_DATABASE}")

    @property
    def _cluster(self) -> Path:
        return self.data / "cluster"

    @property
    def _programs(self) -> Path:
        if (found := programs()) is None:
            raise NoServer("PostgreSQL is not installed: scripts/services install postgres.")
        return found

    def _run(self, program: str, *arguments: str) -> str:
        done = run(
            [self._programs / program, *arguments],
            folder=self.data,
            environment={"LANG": "C.UTF-8"},
        )
        if done.returncode:
            raise NoServer(f"{program} failed: {done.stderr.strip()}")
        return done.stdout


def programs() -> Path | None:
    """The folder of the newest PostgreSQL that is installed."""
    return newest("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", holding="initdb")
