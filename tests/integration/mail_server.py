"""mailpit, a real mail server, and a wire to it that delays, drops and refuses."""

import json
import random
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

import attrs

from tests.go_programs import program

_PATIENCE: Final = 90.0


def mailpit() -> Path:
    """The program; built the first time. A test that needs it is skipped where it cannot be."""
    found = shutil.which("mailpit")
    return Path(found) if found else program("mailpit")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@attrs.frozen
class Mailpit:
    """A running server."""

    smtp_port: int
    api: str

    def be_difficult(self, **chances: tuple[int, int]) -> None:
        """Answer senders or recipients with this code, in so many of a hundred cases."""
        wanted = {n: {"ErrorCode": c, "Probability": p} for n, (c, p) in chances.items()}
        body = json.dumps(wanted).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.api}/chaos", body, headers, method="PUT")
        with urlopen(request, timeout=60) as answer:
            answer.read()

    def message_ids(self) -> Counter[str]:
        """How often each Message-ID arrived."""
        found: Counter[str] = Counter()
        while page := self._page(found.total()):
            found.update(message["MessageID"] for message in page)
        return found

    def _page(self, start: int) -> list[dict[str, Any]]:
        with urlopen(f"{self.api}/messages?start={start}&limit=500", timeout=30) as answer:
            messages: list[dict[str, Any]] = json.load(answer)["messages"]
        return messages


@contextmanager
def running_mailpit(folder: Path, *options: str) -> Iterator[Mailpit]:
    """mailpit with its files in *folder*, able to be difficult; *options* are its own."""
    smtp, web = free_port(), free_port()
    arguments = [
        str(mailpit()),
        "--smtp", f"127.0.0.1:{smtp}",
        "--listen", f"127.0.0.1:{web}",
        "--database", str(folder / "mailpit.db"),
        "--max", "0",
        "--enable-chaos",
        "--disable-version-check",
        *options,
    ]  # fmt: skip
    with (folder / "mailpit.log").open("wb") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log, cwd=folder)
    try:
        server = Mailpit(smtp, f"http://127.0.0.1:{web}/api/v1")
        deadline = time.monotonic() + _PATIENCE
        while True:
            assert process.poll() is None, (folder / "mailpit.log").read_text()
            assert time.monotonic() < deadline, "mailpit does not answer"
            with suppress(OSError), urlopen(f"{server.api}/info", timeout=2):
                break
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(10)


class BadWire:
    """Listens on a port, and hands on to another one: some connections are refused, some are
    dropped in the middle, some bytes are late; as long as it is *silent* nothing is answered.
    """

    def __init__(self, to: int, seed: int) -> None:
        self._to = to
        self._random = random.Random(seed)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.silent = threading.Event()
        self.good = threading.Event()
        self.dropped = self.refused = self._taken = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._taken += 1
                if not self.good.is_set() and self._taken % 4 == 2:  # a slow machine makes few
                    self.refused += 1
                    client.close()
                    continue
                most = 1 << 30
                if not self.good.is_set() and self._random.random() < 0.5:
                    most = self._random.randrange(500, 20_000)
                server = socket.create_connection(("127.0.0.1", self._to))
                for one, other in ((client, server), (server, client)):
                    threading.Thread(
                        target=self._carry, args=(one, other, most), daemon=True
                    ).start()

    def _carry(self, source: socket.socket, target: socket.socket, most: int) -> None:
        with suppress(OSError):
            while data := source.recv(4_096):
                while self.silent.is_set():
                    time.sleep(0.05)
                if self._random.random() < 0.02 and not self.good.is_set():
                    time.sleep(self._random.random() / 4)
                most -= len(data)
                if most < 0:
                    self.dropped += 1
                    break
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
