"""What answers at the shop's address as long as a part of it is away."""

import threading
from typing import Any, Final

import msgspec
import uvicorn

from commerce_http.web.answers import Payload
from commerce_http.web.connections import BoundedConnection
from commerce_http.web.errors import problem_of
from commerce_http.web.health import Health, NotReady

#: Seconds that requests have to end once the shop is there.
_GOODBYE: Final = 2
_PATIENCE: Final = 10.0
_LIVE: Final = msgspec.json.encode(Health(status="live"))


class WaitingRoom:
    """Serves while the shop cannot start: alive, and not ready. Every request but the one for
    liveness is answered with 503 and the part that is down.

    A context manager; it has left the address when its block is over.
    """

    def __init__(self, host: str, port: int) -> None:
        config = uvicorn.Config(
            self._answer, interface="asgi3", host=host, port=port, http=BoundedConnection,
            ws="none", lifespan="off", access_log=False, log_config=None,
            server_header=False, proxy_headers=False, timeout_graceful_shutdown=_GOODBYE,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="waiting-room", daemon=True)
        self._away = "shop"

    def report(self, part: str) -> None:
        """From now on answer that *part* is down. The reason names hosts and users: it is logged
        only.
        """
        self._away = part

    def __enter__(self) -> "WaitingRoom":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(_PATIENCE)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/health/live":
            answer = Payload(200, _LIVE, {"Cache-Control": "no-store"})
        else:
            answer = problem_of(NotReady(f"{self._away} is down", down=[{"part": self._away}]))
        await answer(scope, receive, send)
