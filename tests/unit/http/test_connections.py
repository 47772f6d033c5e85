"""What leaves a connection, and when."""

import asyncio
from ipaddress import ip_network

import pytest

from commerce_http.connections import Crowd, Together


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


async def _turn() -> None:
    await asyncio.sleep(0)


def test_what_is_written_in_one_turn_of_the_event_loop_leaves_together_and_in_order() -> None:
    async def talk() -> list[bytes | str]:
        line = Line()
        together = Together(line, asyncio.get_running_loop(), 0.05)
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
        together = Together(line, asyncio.get_running_loop(), 0.05)
        together.write(b"goodbye")
        together.close()
        await _turn()
        assert together.get_extra_info("peername") == "somebody"
        return line.calls

    assert asyncio.run(talk()) == [b"goodbye", "close"]


@pytest.mark.parametrize(("read_meanwhile", "ends"), [(0, "abort"), (150, None)])
def test_who_does_not_read_what_was_sent_is_hung_up_on_and_who_reads_slowly_is_not(read_meanwhile: int, ends: str | None) -> None:
    async def talk() -> list[bytes | str]:
        line = Line()
        together = Together(line, asyncio.get_running_loop(), 0.05)
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
    assert [crowd.enter(peer) for peer in ("1.1.1.1", "1.1.1.1", "1.1.1.1", "2.2.2.2")] == ["1.1.1.1", "1.1.1.1", None, "2.2.2.2"]
    assert [crowd.enter("10.0.0.1") for _ in range(4)] == ["10.0.0.1"] * 3 + [None], "the bound in all holds for everybody"
    crowd.leave("1.1.1.1")
    assert crowd.enter("1.1.1.1") == "1.1.1.1"


def test_addresses_of_one_household_are_one_origin() -> None:
    crowd = Crowd(9, 1, ())
    entered = [
        crowd.enter(peer) for peer in ("2001:db8:1:2::5", "2001:db8:1:2:ffff::9", "2001:db8:1:3::5", "::ffff:1.2.3.4", "1.2.3.4", "")
    ]
    assert entered == ["2001:db8:1:2::/64", None, "2001:db8:1:3::/64", "1.2.3.4", None, "local"]
