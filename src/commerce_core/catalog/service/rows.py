"""Rows out of bytes of any length: each with the line it begins on and where the next one begins,
so that reading can be resumed.

Nothing longer than :data:`~commerce_core.catalog.service.lines.LONGEST_ROW` is ever held in memory
(acceptance 30).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, cast

import attrs

from commerce_core.catalog.model import ImportFormat, Progress, TableStyle
from commerce_core.catalog.service.lines import BLANK, LONGEST_ROW, TOO_LONG, Fetch, read_lines
from commerce_core.kernel.codec import is_list, is_object
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.json_text import decode_json, decode_roughly

#: Values, names not counted, that one row may have.
MOST_NODES: Final = 10_000

_BOM: Final = b"\xef\xbb\xbf"
#: A row that begins with its SKU, in letters that mean themselves.
_SKU_FIRST: Final = re.compile(rb'\{\s*"sku"\s*:\s*"([^"\\\x00-\x1f\x7f-\xff]+)"')
_Parse = Callable[[int, bytes, int, int], "Row"]


@attrs.frozen
class Row:
    """What a row says (``data``), or why it cannot be read (``reason``), and where the next one
    begins.
    """

    line: int
    data: dict[str, Any] | None
    reason: str
    next_offset: int
    next_line: int
    header: tuple[str, ...] = ()
    pointer: str = ""
    style: TableStyle | None = None
    raw: bytes = attrs.field(default=b"", repr=False, eq=False)
    """What :func:`read_again` makes the same row from."""
    warning: str = ""
    fatal: bool = False
    """Nothing behind this row can be read either."""


def read_objects(
    format: ImportFormat, start: Progress, fetch: Fetch, parse: "_Parse | None" = None
) -> Iterator[Row]:
    """The rows of a file of JSON objects from *start* on, lazily, each made by *parse*:
    :func:`parsed` or :func:`skimmed`.
    """
    read = _read_lines if format is ImportFormat.NDJSON else _read_list
    return read(start, fetch, parse or parsed)


def skimmed(line: int, raw: bytes, end: int, next_line: int) -> Row:
    """As :func:`parsed`, much faster: only the row's SKU is read. It may find one in a row that
    :func:`parsed` refuses.
    """
    if begun := _SKU_FIRST.match(raw):
        return Row(line, {"sku": begun[1].decode("ascii")}, "", end, next_line, raw=raw)
    return parsed(line, raw, end, next_line, decode_roughly)


def parsed(
    line: int, raw: bytes, end: int, next_line: int, decode: Callable[[str], Any] = decode_json
) -> Row:
    """The row that *raw*, one JSON object, spells."""
    data: Any = None
    reason = pointer = ""
    try:
        data = decode(raw.removeprefix(_BOM).decode())
    except UnicodeDecodeError:
        reason = "is not UTF-8"
    except Invalid as error:
        pointer, reason = error.problems[0].pointer, error.problems[0].detail
    except (ValueError, RecursionError):
        reason = "is no JSON"
    if not reason and not isinstance(data, dict):
        data, reason = None, "is no JSON object"
    elif len(raw) > MOST_NODES and nodes(data) > MOST_NODES:
        data, reason = None, f"holds more than {MOST_NODES} values"
    return Row(
        line, cast("dict[str, Any] | None", data), reason, end, next_line, pointer=pointer, raw=raw
    )


def nodes(data: Any) -> int:
    """How many values *data* holds, itself included; counting stops soon behind
    :data:`MOST_NODES`.
    """
    found, waiting = 0, [data]
    while waiting and found <= MOST_NODES:
        value = waiting.pop()
        found += 1
        if is_object(value) or is_list(value):
            found += max(0, len(value) - MOST_NODES)
            waiting.extend(islice(value.values() if is_object(value) else value, MOST_NODES))
    return found


def _read_lines(start: Progress, fetch: Fetch, parse: _Parse) -> Iterator[Row]:
    for line in read_lines(start.offset, start.line, fetch):
        if line.raw is None:
            yield Row(line.no, None, TOO_LONG, line.end, line.no + 1)
        elif line.raw.strip(BLANK):
            yield parse(line.no, line.raw, line.end, line.no + 1)


# --- objects, in a list or one after another ------------------------------------------------------

_OUTSIDE: Final = re.compile(rb'["{}\n]')
_INSIDE: Final = re.compile(rb'["\\]')


def _read_list(start: Progress, fetch: Fetch, parse: _Parse) -> Iterator[Row]:  # noqa: C901
    """Balanced braces make an object; commas and the brackets of a list around it all are passed
    over, anything else is an error.
    """
    read, line, begun, depth = start.offset, start.line, start.line, 0
    in_text = escaped = False
    held: list[bytes] = []
    last = b""
    while data := fetch(read):
        at = keep_from = 0
        while at < len(data):
            if escaped:
                at, escaped = at + 1, False
                continue
            found = (_INSIDE if in_text else _OUTSIDE).search(data, at)
            if found is None:
                break
            mark, at = found[0], found.end()
            if mark == b"\\":
                escaped = True
            elif mark == b'"':
                in_text = not in_text if depth else False
            elif mark == b"\n":
                line += 1
            elif mark == b"{":
                if depth == 0:
                    if reason := _between(data[keep_from : at - 1]):
                        yield Row(line, None, reason, read + at - 1, line)
                    begun, keep_from = line, at - 1
                depth += 1
            elif depth:
                depth -= 1
                if depth == 0:
                    yield _object(begun, [*held, data[keep_from:at]], read + at, line, parse)
                    held, keep_from = [], at
        read += len(data)
        if depth:
            held = _hold(held, data[keep_from:])
        elif reason := _between(data[keep_from:]):
            yield Row(line, None, reason, read, line)
        last = data.rstrip(BLANK)[-1:] or last
    if depth:
        yield Row(begun, None, "the file ends in the middle of it", read, line)
    elif last and last != b"]" and (last in b",[" or fetch(0).lstrip(BLANK).startswith(b"[")):
        yield Row(line, None, "the file ends before the list does", read, line)


def _hold(held: list[bytes], more: bytes) -> list[bytes]:
    """What is known of an object so far; of one that is too long no more than shows that it is."""
    return [*held, more] if sum(map(len, held)) <= LONGEST_ROW else held


def _object(line: int, parts: Sequence[bytes], end: int, next_line: int, parse: _Parse) -> Row:
    if sum(map(len, parts)) > LONGEST_ROW:
        return Row(line, None, TOO_LONG, end, next_line)
    return parse(line, b"".join(parts), end, next_line)


def _between(between: bytes) -> str:
    marks = between.translate(None, BLANK)
    if marks.strip(b",[]"):
        return "is no JSON object"
    return "is missing: there is a comma too many" if b",," in marks or b"[," in marks else ""
