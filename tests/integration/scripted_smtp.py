"""A small SMTP server that does to each message what a script says."""

import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from types import TracebackType
from typing import Any, Self

#: What becomes of message number *n* (from 1) of the server: an answer to DATA such as
#: ``451 later``, ``rcpt 550 nobody``, ``drop`` (before its answer, and not taken), ``lose`` (taken,
#: and its answer dropped), ``hang``, ``nonsense``, or ``take``.
Script = Callable[[int], str]


class ScriptedServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of this machine while the block lasts."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, script: Script = lambda _: "take", *, starttls: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.script = script
        self.offers_starttls = starttls
        self.taken: list[bytes] = []
        self.connections = 0
        self.messages = 0
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.port: int = self.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()

    def ids(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(str(message_from_bytes(raw)["Message-ID"]) for raw in self.taken)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error."""


class _Session(socketserver.StreamRequestHandler):
    server: ScriptedServer

    def handle(self) -> None:
        with self.server.lock:
            self.server.connections += 1
        self._say("220 scripted")
        fate = "take"
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                self._say(
                    "250-scripted\r\n250-STARTTLS" if self.server.offers_starttls else "250-x"
                )
                self._say("250 SIZE 1000000")
            elif verb == b"MAIL":
                with self.server.lock:
                    self.server.messages += 1
                    fate = self.server.script(self.server.messages)
                self._say("250 ok")
            elif verb == b"RCPT":
                self._say(fate.removeprefix("rcpt ") if fate.startswith("rcpt ") else "250 ok")
            elif verb == b"DATA":
                self._say("354 go on")
                if not self._data(fate):
                    return
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _data(self, fate: str) -> bool:
        """Take a message or not; whether the conversation goes on."""
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        if fate in ("take", "lose"):
            with self.server.lock:
                self.server.taken.append(b"".join(lines))
        if fate in ("drop", "lose"):
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        if fate == "hang":
            self.server.over.wait(60)
            return False
        self._say({"take": "250 taken", "nonsense": "what?"}.get(fate, fate))
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
