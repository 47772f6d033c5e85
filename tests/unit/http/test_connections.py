"""What leaves a connection, and when."""

import asyncio

from commerce_http.connections import Together


class Line(asyncio.Transport):
    """Notes each system call."""

    def __init__(self) -> None:
        super().__init__({"peername": "somebody"})
        self.calls: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def close(self) -> None:
        self.calls.append("close")


async def _turn() -> None:
    await asyncio.sleep(0)


def test_what_is_written_in_one_turn_of_the_event_loop_leaves_together_and_in_order() -> None:
    async def talk() -> list[bytes | str]:
        line = Line()
        together = Together(line, asyncio.get_running_loop())
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
        together = Together(line, asyncio.get_running_loop())
        together.write(b"goodbye")
        together.close()
        await _turn()
        assert together.get_extra_info("peername") == "somebody"
        return line.calls

    assert asyncio.run(talk()) == [b"goodbye", "close"]
