"""Requests to a running shop over one kept connection, with nothing but the standard library."""

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import attrs

from commerce_testkit.shop import Refused, UnexpectedAnswer

_PATIENCE: Final = 30.0
#: Refusals of a busy shop, or of too many requests from one address: repeated runs of the features
#: meet them.
_NO_ROOM: Final = frozenset({"overloaded", "too-many-requests"})
_LONGEST_WAIT: Final = 120.0


@attrs.frozen(kw_only=True)
class Answer:
    """A good answer: its status, headers (names in lower case; of several values the last) and
    decoded body.
    """

    status: int
    headers: Mapping[str, str]
    body: Any


class HttpConnection:
    """A client of the shop at *address* (``http://host:port``), a context manager. One thread
    only.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{address} is no address like http://127.0.0.1:8000")
        self._prefix = parts.path.rstrip("/")
        if parts.scheme == "https":
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=_PATIENCE
            )
        else:
            self._connection = http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=_PATIENCE
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._connection.close()

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; again, as soon as the shop says, where it only asks to come back later.

        Raises:
            Refused: the shop answered with a problem.
            UnexpectedAnswer: it answered with something that is neither an answer nor a refusal.
        """
        deadline = time.monotonic() + _LONGEST_WAIT
        while True:
            response = self._send(method, path, body, headers or {})
            raw = response.read()
            pause = _asks_to_wait(response, raw)
            if pause is None or time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
        found = {name.lower(): value for name, value in response.getheaders()}
        if response.status < 300:
            return Answer(
                status=response.status,
                headers=found,
                body=json.loads(raw, parse_float=Decimal) if raw else None,
            )
        is_problem = found.get("content-type", "").startswith("application/problem+json")
        if not is_problem or (response.status >= 500 and "retry-after" not in found):
            raise UnexpectedAnswer(f"{method} {path}: {response.status} {raw[:500]!r}")
        problem = json.loads(raw, parse_float=Decimal)
        fields = [wrong["pointer"] for wrong in problem.get("errors", ())]
        raise Refused(problem["code"], problem, fields, problem.get("detail", ""))

    def listen(self, path: str, headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Id and name of each server-sent event, until the shop closes the stream.

        Raises:
            Refused: the shop answered with a problem.
        """
        response = self._send("GET", path, None, {**headers, "Accept": "text/event-stream"})
        try:
            if response.status == 204:
                return
            if response.status != 200:
                problem = json.loads(response.read())
                raise Refused(problem["code"], problem)
            yield from _events(response)
        finally:
            self._connection.close()

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        try:
            self._connection.request(method, self._prefix + path, body, dict(headers))
            return self._connection.getresponse()
        except (
            http.client.RemoteDisconnected,
            BrokenPipeError,
        ):  # a kept connection that the shop has closed meanwhile: nothing was answered on it
            self._connection.close()  # the next request opens it anew
            self._connection.request(method, self._prefix + path, body, dict(headers))
            return self._connection.getresponse()


def _asks_to_wait(response: http.client.HTTPResponse, raw: bytes) -> int | None:
    """The seconds after which a request that was refused for lack of room may be sent again;
    ``None``: it was not.
    """
    retry_after = response.headers.get("retry-after", "")
    is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
    return (
        int(retry_after)
        if is_problem and retry_after.isdecimal() and json.loads(raw).get("code") in _NO_ROOM
        else None
    )


def _events(lines: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
    fields: dict[str, str] = {}
    for raw in lines:
        line = raw.decode().rstrip("\r\n")
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "event" in fields:
                yield fields.get("id", ""), fields["event"]
            fields = {}
