"""An application asked without a server: a bare ASGI scope, and the messages that the test
makes.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import attrs

from commerce_http.web.app import ShopApplication


@attrs.frozen
class Answer:
    """What an application sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]


def ask(
    app: ShopApplication,
    scope: dict[str, Any],
    messages: Sequence[dict[str, Any]] = ({"type": "http.request"},),
) -> Answer:
    """What *app* answers to a bare scope and to *messages*, in a loop of its own."""
    left, sent = list(messages), []

    async def receive() -> Any:
        return left.pop(0) if left else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    least = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/words/x",
        "headers": [],
    }
    asyncio.run(app(least | scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(
        sent[0]["status"], [(n.decode(), v.decode()) for n, v in sent[0]["headers"]], body
    )
