"""Clients that never get to the point."""

import socket
import threading

import pytest

from commerce_http import body, connections
from tests.integration.http.people import Town

_SECONDS = 10
_POST = b"POST /accounts HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"


def talk(town: Town, *said: bytes) -> bytes:
    """What is answered to *said* until the connection ends."""
    with socket.create_connection((town.client.base_url.host, town.client.base_url.port or 80), _SECONDS) as line:
        speaking = threading.Thread(target=_say, args=(line, said))
        speaking.start()
        heard = b""
        try:
            while more := line.recv(65_536):
                heard += more
        except ConnectionResetError:  # the rest of what was said is thrown away
            pass
        speaking.join(_SECONDS)
    return heard


def _say(line: socket.socket, said: tuple[bytes, ...]) -> None:
    try:
        for piece in said:
            line.sendall(piece)
    except OSError:  # hung up on
        return


@pytest.mark.parametrize("filler", [b"a" * 9_000, b"a\r\nX-More: " * 900])
def test_a_head_without_an_end_is_cut_off(town: Town, filler: bytes) -> None:
    heard = talk(town, b"GET /health/live HTTP/1.1\r\nHost: shop\r\nX-More: ", *[filler] * 2_000)
    assert heard == b"" or heard.startswith(b"HTTP/1.1 400")


def test_a_head_of_ordinary_size_is_taken(town: Town) -> None:
    head = b"GET /health/live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nX-More: " + b"a" * 30_000 + b"\r\n\r\n"
    assert talk(town, head[:20_000], head[20_000:]).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("said", [b"", b"GET /hea", b"GET /health/live HTTP/1.1\r\nHost: sh"])
def test_a_head_that_does_not_go_on_is_hung_up_on(town: Town, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(connections, "LONGEST_HEAD", 0.2)
    assert talk(town, said) == b""


def test_a_body_that_does_not_go_on_is_answered(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "LONGEST_PAUSE", 0.2)
    heard = talk(town, _POST)
    assert heard.startswith(b"HTTP/1.1 400")
    assert b"the body did not arrive in time" in heard


def test_what_was_answered_before_a_connection_ends_arrives(town: Town) -> None:
    heard = talk(town, b"GET /schema/openapi.json HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 200")
    head, _, told = heard.partition(b"\r\n\r\n")
    assert len(told) == int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
