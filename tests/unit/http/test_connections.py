"""What leaves a connection, and when."""

import asyncio
import gc
import logging
import weakref
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from commerce_http.web.connections import (
    LARGEST_HEAD,
    BoundedConnection,
    CoalescingTransport,
    Crowd,
)


class Line(asyncio.Transport):
    """Notes each system call."""

    def __init__(self) -> None:
        super().__init__({"peername": "somebody"})
        self.calls: list[bytes | str] = []
        self.unread = 0

    def get_write_buffer_size(self) -> int:
        return self.unread

    def abort(self) -> None:
        self.calls.append("abort")

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def close(self) -> None:
        self.calls.append("close")

    def is_closing(self) -> bool:
        return bool({"abort", "close"}.intersection(self.calls))

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def _turn() -> None:
    await asyncio.sleep(0)


def test_what_is_written_in_one_turn_of_the_event_loop_leaves_together_and_in_order() -> None:
    async def talk() -> list[bytes | str]:
        line = Line()
        together = CoalescingTransport(line, asyncio.get_running_loop(), 0.05)
        for piece in (b"head ", b"body", b""):
            together.write(piece)
        await _turn()
        together.write(b"next")
        await _turn()
        await _turn()
        return line.calls

    assert asyncio.run(talk()) == [b"head body", b"next"]


def test_nothing_that_was_written_is_lost_by_closing() -> None:
    async def talk() -> list[bytes | str]:
        line = Line()
        together = CoalescingTransport(line, asyncio.get_running_loop(), 0.05)
        together.write(b"goodbye")
        together.close()
        await _turn()
        assert together.get_extra_info("peername") == "somebody"
        return line.calls

    assert asyncio.run(talk()) == [b"goodbye", "close"]


@pytest.mark.parametrize(("read_meanwhile", "ends"), [(0, "abort"), (150, None)])
def test_who_does_not_read_what_was_sent_is_hung_up_on_and_who_reads_slowly_is_not(
    read_meanwhile: int, ends: str | None
) -> None:
    async def talk() -> list[bytes | str]:
        line = Line()
        together = CoalescingTransport(line, asyncio.get_running_loop(), 0.05)
        line.unread = 100
        together.write(b"x" * 100)
        await _turn()
        line.unread = 200 - read_meanwhile
        together.write(b"y" * 100)
        await asyncio.sleep(0.075)
        together.forget()
        return line.calls[2:]

    assert asyncio.run(talk()) == ([ends] if ends else [])


def test_one_origin_has_no_more_connections_than_it_may_and_a_proxy_speaks_for_many() -> None:
    crowd = Crowd(6, 2, [ip_network("10.0.0.0/8")])
    assert [crowd.enter(peer) for peer in ("1.1.1.1", "1.1.1.1", "1.1.1.1", "2.2.2.2")] == [
        "1.1.1.1",
        "1.1.1.1",
        None,
        "2.2.2.2",
    ]
    assert [crowd.enter("10.0.0.1") for _ in range(4)] == ["10.0.0.1"] * 3 + [None], (
        "the bound in all holds for everybody"
    )
    crowd.leave("1.1.1.1")
    assert crowd.enter("1.1.1.1") == "1.1.1.1"


def test_addresses_of_one_household_are_one_origin() -> None:
    crowd = Crowd(9, 1, ())
    entered = [
        crowd.enter(peer)
        for peer in (
            "2001:db8:1:2::5",
            "2001:db8:1:2:ffff::9",
            "2001:db8:1:3::5",
            "::ffff:1.2.3.4",
            "1.2.3.4",
            "",
        )
    ]
    assert entered == ["2001:db8:1:2::/64", None, "2001:db8:1:3::/64", "1.2.3.4", None, "local"]


def _talk(pieces: Sequence[bytes]) -> tuple[Line, list[tuple[bytes, bytes]]]:
    """What becomes of a line on which *pieces* arrive until it is hung up, and the headers of the
    last request when its body has been read.
    """
    line, headers = Line(), list[tuple[bytes, bytes]]()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        headers[:] = scope["headers"]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def talk() -> None:
        connection = _connected(app, line)
        for piece in pieces:
            if line.is_closing():
                break
            connection.data_received(piece)
            await _turn()
        for _ in range(5):
            await _turn()
        connection.connection_lost(None)

    asyncio.run(talk())
    return line, headers


def _connected(app: Any, line: Line) -> BoundedConnection:
    """What *app* is asked through on *line*. Called on the event loop."""
    config = uvicorn.Config(
        app, loop="asyncio", http=BoundedConnection, ws="none", log_config=None, access_log=False
    )
    config.load()
    connection = BoundedConnection(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(line)
    return connection


CHUNKED = b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_trailer_is_no_header() -> None:
    line, headers = _talk(
        [CHUNKED, b"1\r\nx\r\n0\r\nAuthorization: Bearer x\r\nExpect: 100-continue\r\n\r\n"]
    )
    assert {name for name, _ in headers} == {b"host", b"transfer-encoding"}
    assert b"204 No Content" in line.calls[0]  # type: ignore[operator]


@pytest.mark.parametrize(
    "endless",
    [b"x-one: " + b"v" * 1_000 + b"\r\n", b"x" * 1_000],
    ids=["many trailers", "one trailer"],
)
def test_trailers_without_end_are_hung_up_on_and_not_kept(endless: bytes) -> None:
    line, _ = _talk([CHUNKED + b"1\r\nx\r\n0\r\n", *[endless] * (LARGEST_HEAD // 1_000 + 2)])
    assert line.calls[0] == "abort"


def test_a_chunk_that_is_nothing_but_its_extension_is_hung_up_on() -> None:
    line, _ = _talk([CHUNKED + b"1;", *[b"x" * 1_000] * (LARGEST_HEAD // 1_000 + 2)])
    assert line.calls[0] == "abort"


def test_a_long_body_in_the_smallest_chunks_is_read() -> None:
    line, _ = _talk([CHUNKED, *[b"1\r\nx\r\n" * 1_000] * 100, b"0\r\n\r\n"])
    assert b"204 No Content" in line.calls[0]  # type: ignore[operator]


def test_a_request_line_that_cannot_be_read_is_answered_and_no_error_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line, _ = _talk([b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"])
    assert b"400 Bad Request" in line.calls[0]  # type: ignore[operator]


def test_an_upgrade_to_another_protocol_is_ignored_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    line, _ = _talk(
        [b"GET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"]
    )
    assert b"204 No Content" in line.calls[0]  # type: ignore[operator]
    assert not caplog.records


def test_of_a_lost_connection_nothing_is_kept_and_who_answers_on_it_is_told() -> None:
    heard = list[str]()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while heard[-1:] != ["http.disconnect"]:
            heard.append((await receive())["type"])

    async def talk() -> int:
        connection = _connected(app, Line())
        connection.data_received(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n" * 9)
        await _turn()
        ahead = [weakref.ref(cycle) for cycle, _ in connection.pipeline]
        assert len(ahead) == 8
        connection.connection_lost(None)
        for _ in range(3):
            await _turn()
        return sum(cycle() is not None and cycle() is not connection.cycle for cycle in ahead)

    gc.disable()
    try:
        assert asyncio.run(talk()) == 0
    finally:
        gc.enable()
    assert heard == ["http.request", "http.disconnect"]
