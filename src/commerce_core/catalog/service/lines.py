"""Lines out of bytes of any length: reading can be resumed behind each, and nothing longer than a
row may be is held.
"""

from collections.abc import Callable, Iterator
from typing import Final

import attrs

#: Bytes that one row may have.
LONGEST_ROW: Final = 1 << 20
TOO_LONG: Final = f"is longer than {LONGEST_ROW} bytes"
BLANK: Final = b" \t\r\n\xef\xbb\xbf"

#: The bytes from an offset to some later point (a whole chunk at most); none behind the end.
Fetch = Callable[[int], bytes]


@attrs.frozen
class Line:
    """A line by its number, without its end; ``None`` for one that is longer than a row may be."""

    no: int
    raw: bytes | None
    end: int


def read_lines(offset: int, no: int, fetch: Fetch, line_end: bytes = b"\n") -> Iterator[Line]:
    """The lines from *offset* on, of which the first has the number *no*, lazily. *line_end* is one
    byte.
    """
    held: list[bytes] = []
    size = 0

    def line_of(piece: bytes, end: int) -> Line:
        length = size + len(piece)
        return Line(no, b"".join([*held, piece]) if length <= LONGEST_ROW else None, end)

    while data := fetch(offset):
        at = 0
        while (end := data.find(line_end, at)) >= 0:
            yield line_of(data[at:end], offset + end + 1)
            at, no, size = end + 1, no + 1, 0
            held.clear()
        size += len(data) - at
        if size <= LONGEST_ROW:
            held.append(data[at:])
        else:
            held.clear()
        offset += len(data)
    if size:
        yield line_of(b"", offset)
