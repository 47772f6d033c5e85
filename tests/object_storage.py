"""A server that speaks S3's language, for tests: the Versity gateway over a folder, built once by
Go from its module.
"""

import signal
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import attrs

from scripts.servers.places import free_ports
from tests.go_programs import program
from tests.integration.http.people import until


@attrs.frozen
class Bucket:
    """A bucket, empty, on a server of this machine; *process* runs the server."""

    name: str
    endpoint: str
    access_key: str
    secret_key: str
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Its address, as the shop's settings take it."""
        keys = f"{self.access_key}:{self.secret_key}"
        return f"s3://{keys}@{self.name}/images?endpoint={self.endpoint}&region=us-east-1"

    @contextmanager
    def frozen(self) -> Generator[None]:
        """The server answers nothing while the block lasts, from its beginning on: a signal takes
        its time to each thread.
        """
        self.process.send_signal(signal.SIGSTOP)
        try:
            until(self._stands_still)
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _stands_still(self) -> bool:
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return all(
            (one / "stat").read_text().rpartition(")")[2].split()[0] == "T" for one in threads
        )


@contextmanager
def bucket_in(folder: Path) -> Generator[Bucket]:
    """A bucket whose objects lie in *folder*, and its server, which is stopped at the end."""
    (port,) = free_ports(1)
    (folder / "data" / "shop").mkdir(parents=True)
    (folder / "attributes").mkdir()
    gateway = str(program("versitygw"))
    command = (
        gateway, "--port", f"127.0.0.1:{port}", "--access", "shop-key", "--secret",
        "shop-secret", "--quiet", "posix", "--sidecar", str(folder / "attributes"),
        str(folder / "data"),
    )  # fmt: skip
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: _listens(port), 30)
        yield Bucket("shop", f"http://127.0.0.1:{port}", "shop-key", "shop-secret", process)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
