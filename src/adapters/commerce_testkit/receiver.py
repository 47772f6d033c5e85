"""A system of somebody's that takes webhooks, on this machine: for tests and features."""

import ssl
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

import attrs

_LONGEST: Final = 1 << 20


@attrs.frozen(kw_only=True)
class ReceivedWebhook:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> Any:
        """What it says, if it was signed with *secret*.

        Raises:
            WebhookVerificationError: it was not.
        """
        from standardwebhooks.webhooks import Webhook

        return Webhook(secret).verify(self.body, self.headers)


class WebhookReceiver:
    """Answers every request with 204 and keeps it, until it is closed; by TLS if there is *tls*."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._received: list[ReceivedWebhook] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._scheme = "https" if tls else "http"
        if tls is not None:
            # The handshake is each connection's own thread's: one that hangs holds up nobody.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it takes webhooks."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def received(self) -> tuple[ReceivedWebhook, ...]:
        """What it got so far, in the order of arrival."""
        return tuple(self._received)

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        received = self._received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers["Content-Length"]), _LONGEST)
                headers = {name.lower(): value for name, value in self.headers.items()}
                received.append(
                    ReceivedWebhook(path=self.path, headers=headers, body=self.rfile.read(length))
                )
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nobody reads it."""

        return Handler


def said(webhook: ReceivedWebhook, secret: str) -> tuple[str, str]:
    """The event of a webhook that was signed with *secret*, and what it is about."""
    body = webhook.verified(secret)
    return body["type"], subject_of(body["data"])


def subject_of(data: Mapping[str, Any]) -> str:
    """What the payload of an event is about."""
    return str(next(data[key] for key in ("order_id", "item_id", "sku_id") if key in data))
