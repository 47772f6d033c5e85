"""Clients that never get to the point."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from tests.integration.http.people import Town, open_town, until

_SECONDS = 10
_POST = (
    b"POST /accounts HTTP/1.1\r\nHost: shop\r\nContent-Type: "
    b"application/json\r\nContent-Length: 100\r\n\r\n{"
)


def line_to(town: Town) -> socket.socket:
    """A connection to the shop."""
    return socket.create_connection(
        (town.client.base_url.host, town.client.base_url.port or 80), _SECONDS
    )


def talk(town: Town, *said: bytes) -> bytes:
    """What is answered to *said* until the connection ends."""
    with line_to(town) as line:
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


def _is_hung_up_on(line: socket.socket, said: bytes) -> bool:
    time.sleep(0.1)
    try:
        line.sendall(said)
    except ConnectionError:
        return True
    return False


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
    head = (
        b"GET /health/live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nX-More: "
        + b"a" * 30_000
        + b"\r\n\r\n"
    )
    assert talk(town, head[:20_000], head[20_000:]).startswith(b"HTTP/1.1 200")


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A shop that is not patient, and has little room."""
    moment = timedelta(seconds=0.3)
    bounds = {
        "head_timeout": moment,
        "body_timeout": moment,
        "send_timeout": moment,
        "connections_per_origin": 8,
        "connections": 10,
    }
    with open_town(tmp_path_factory.mktemp("hasty"), **bounds) as opened:
        yield opened


@pytest.mark.parametrize("said", [b"", b"GET /hea", b"GET /health/live HTTP/1.1\r\nHost: sh"])
def test_a_head_that_does_not_go_on_is_hung_up_on(hasty: Town, said: bytes) -> None:
    assert talk(hasty, said) == b""


def test_a_body_that_does_not_go_on_is_answered(hasty: Town) -> None:
    heard = talk(hasty, _POST)
    assert heard.startswith(b"HTTP/1.1 400")
    assert b"the body did not arrive in time" in heard


def test_39_a_body_that_comes_byte_by_byte_has_an_end(hasty: Town) -> None:
    began = time.monotonic()
    with line_to(hasty) as line:
        line.sendall(_POST)
        heard = b""
        line.settimeout(0.05)
        while time.monotonic() < began + _SECONDS:
            try:
                line.sendall(b" ")
                if not (more := line.recv(65_536)):
                    break
                heard += more
            except TimeoutError:
                continue
            except OSError:
                break
    assert heard.startswith(b"HTTP/1.1 400")
    assert time.monotonic() - began < _SECONDS / 2


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /items HTTP/1.1\r\nHost: shop\r\n", b"401"),
        (b"POST /items HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer nobody\r\n", b"401"),
        (b"POST /items HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer BUYER\r\n", b"403"),
        (b"POST /item-imports HTTP/1.1\r\nHost: shop\r\n", b"401"),
        (b"PATCH /items/1 HTTP/1.1\r\nHost: shop\r\n", b"401"),
        (b"POST /checkout HTTP/1.1\r\nHost: shop\r\n", b"401"),
        (b"PATCH /accounts/me HTTP/1.1\r\nHost: shop\r\n", b"401"),
    ],
)
def test_39_who_may_not_is_told_so_before_a_body_is_read(
    hasty: Town, head: bytes, status: bytes
) -> None:
    if b"BUYER" in head:
        head = head.replace(b"BUYER", (hasty.newcomer().token or "").encode())
    with line_to(hasty) as line:
        line.sendall(
            head + b"Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
        )  # and not a byte of it
        assert line.recv(65_536).startswith(b"HTTP/1.1 " + status)
        while line.recv(65_536):  # and then the connection ends
            pass


def test_39_who_does_not_read_what_was_asked_for_is_hung_up_on(hasty: Town) -> None:
    with line_to(hasty) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.settimeout(_SECONDS)
        assert until(
            lambda: _is_hung_up_on(
                line, b"GET /schema/openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n" * 20
            )
        )


def test_39_one_origin_has_so_many_connections_and_the_next_is_told_to_come_again(
    hasty: Town,
) -> None:
    hasty.client.get("/health/live", headers={"Connection": "close"})
    with ExitStack() as held:
        for _ in range(8):
            held.enter_context(line_to(hasty))

        def refused() -> bytes:
            heard = talk(
                hasty, b"GET /health/live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
            )
            return heard if heard.startswith(b"HTTP/1.1 503") else b""

        heard = until(refused, 0.25)
    assert b"\r\nretry-after: " in heard
    assert b'"code":"overloaded"' in heard
    until(
        lambda: talk(
            hasty, b"GET /health/live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
        ).startswith(b"HTTP/1.1 200")
    )


def test_requests_sent_ahead_are_answered_in_order(town: Town) -> None:
    ahead = b"".join(b"GET /items?size=%d HTTP/1.1\r\nHost: shop\r\n\r\n" % n for n in range(1, 60))
    heard = talk(
        town, ahead + b"GET /health/live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
    )
    assert heard.count(b"HTTP/1.1 200 OK") == 60
    assert heard.endswith(b'{"status":"live"}')


def test_39_who_sends_on_and_on_without_waiting_for_an_answer_is_hung_up_on(town: Town) -> None:
    heard = talk(town, b"GET /schema/openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n" * 20_000)
    assert heard.count(b"HTTP/1.1 200 OK") < 20_000


def test_what_was_answered_before_a_connection_ends_arrives(town: Town) -> None:
    heard = talk(
        town, b"GET /schema/openapi.json HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
    )
    assert heard.startswith(b"HTTP/1.1 200")
    head, _, rest = heard.partition(b"\r\n\r\n")
    assert len(rest) == int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
