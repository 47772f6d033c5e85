"""Rows out of bytes of any length: each with the line it begins on and where the next one begins, so that reading can be resumed.

Nothing longer than :data:`LONGEST_ROW` is ever held in memory (acceptance 30).
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from commerce_core.catalog.model import ImportFormat, Progress
from commerce_core.kernel.codec import legible

#: Bytes that one row may have.
LONGEST_ROW: Final = 1 << 20
#: Rows of a table that are put together: more than an item may have variants, so that too many are refused by name.
_MOST_FORMS: Final = 1_000

#: The bytes from an offset to some later point (a whole chunk at most); none behind the end.
Fetch = Callable[[int], bytes]


@attrs.frozen
class Row:
    """What a row says (``data``), or why it cannot be read (``trouble``), and where the next one begins."""

    line: int
    data: dict[str, Any] | None
    trouble: str
    next_offset: int
    next_line: int
    header: tuple[str, ...] = ()


def read_rows(format: ImportFormat, start: Progress, fetch: Fetch) -> Iterator[Row]:
    """The rows of a file from *start* on, lazily."""
    match format:
        case ImportFormat.NDJSON:
            return _read_lines(start, fetch)
        case ImportFormat.JSON:
            return _read_objects(start, fetch)
        case ImportFormat.CSV:
            return _read_table(start, fetch)


# --- lines -----------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Line:
    no: int
    raw: bytes | None  # None: longer than a row may be
    end: int


def _lines(start: Progress, fetch: Fetch) -> Iterator[_Line]:
    no, read = start.line, start.offset
    held: list[bytes] = []
    size = 0

    def taken(piece: bytes, end: int) -> _Line:
        whole = size + len(piece)
        return _Line(no, b"".join([*held, piece]) if whole <= LONGEST_ROW else None, end)

    while data := fetch(read):
        at = 0
        while (end := data.find(b"\n", at)) >= 0:
            yield taken(data[at:end], read + end + 1)
            at, no, size = end + 1, no + 1, 0
            held.clear()
        size += len(data) - at
        if size <= LONGEST_ROW:
            held.append(data[at:])
        else:
            held.clear()
        read += len(data)
    if size:
        yield taken(b"", read)


def _read_lines(start: Progress, fetch: Fetch) -> Iterator[Row]:
    for line in _lines(start, fetch):
        if line.raw is None:
            yield Row(line.no, None, _TOO_LONG, line.end, line.no + 1)
        elif line.raw.strip(_BLANK):
            yield _parsed(line.no, line.raw, line.end, line.no + 1)


# --- objects, in a list or one after another ---------------------------------------------------------------------------

_OUTSIDE: Final = re.compile(rb'["{}\n]')
_INSIDE: Final = re.compile(rb'["\\]')


def _read_objects(start: Progress, fetch: Fetch) -> Iterator[Row]:  # noqa: C901 (a scanner: its branches are its states)
    """Balanced braces make an object; commas and the brackets of a list around it all are passed over, anything else is told of."""
    read, line, begun, depth = start.offset, start.line, start.line, 0
    in_text = escaped = False
    held: list[bytes] = []
    last = b""
    while data := fetch(read):
        at = kept = 0
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
                    if trouble := _between(data[kept : at - 1]):
                        yield Row(line, None, trouble, read + at - 1, line)
                    begun, kept = line, at - 1
                depth += 1
            elif depth:
                depth -= 1
                if depth == 0:
                    yield _object(begun, [*held, data[kept:at]], read + at, line)
                    held, kept = [], at
        read += len(data)
        if depth:
            held = _hold(held, data[kept:])
        elif trouble := _between(data[kept:]):
            yield Row(line, None, trouble, read, line)
        last = data.rstrip(_BLANK)[-1:] or last
    if depth:
        yield Row(begun, None, "the file ends in the middle of it", read, line)
    elif last and last != b"]" and (last in b",[" or fetch(0).lstrip(_BLANK).startswith(b"[")):
        yield Row(line, None, "the file ends before the list does", read, line)


def _hold(held: list[bytes], more: bytes) -> list[bytes]:
    """What is known of an object so far; of one that is too long no more than shows that it is."""
    return [*held, more] if sum(map(len, held)) <= LONGEST_ROW else held


def _object(line: int, parts: Sequence[bytes], end: int, next_line: int) -> Row:
    if sum(map(len, parts)) > LONGEST_ROW:
        return Row(line, None, _TOO_LONG, end, next_line)
    return _parsed(line, b"".join(parts), end, next_line)


def _between(between: bytes) -> str:
    return "is no JSON object" if between.strip(_BLANK + b",[]") else ""


def _parsed(line: int, raw: bytes, end: int, next_line: int) -> Row:
    trouble = ""
    data: dict[str, Any] | None = None
    try:
        data = json.loads(raw.decode("utf-8-sig"), parse_float=_exact, parse_int=_whole, parse_constant=Decimal)
    except UnicodeDecodeError:
        trouble = "is not UTF-8"
    except (ValueError, RecursionError):
        trouble = "is no JSON"
    if not trouble and not isinstance(data, dict):
        data, trouble = None, "is no JSON object"
    return Row(line, data, trouble, end, next_line)


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds: the reader refuses what is not finite, by name
        return Decimal("Infinity")


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) < 30 else Decimal("Infinity")


# --- tables ------------------------------------------------------------------------------------------------------------


def _read_table(start: Progress, fetch: Fetch) -> Iterator[Row]:
    """One row a variant; rows with the same SKU that follow each other are one item."""
    header = start.header
    group: list[dict[str, str]] = []
    group_line = 0
    end, end_line = start.offset, start.line
    for record in _records(start, fetch):
        trouble = record.trouble or _misfit(record.cells, header)
        cells = {name: cell for name, cell in zip(header, record.cells, strict=False) if cell}
        if group and (trouble or len(group) >= _MOST_FORMS or not cells.get("sku") or cells["sku"] != group[0].get("sku")):
            yield Row(group_line, assembled(group), "", end, end_line, header)
            group = []
        if trouble:
            yield Row(record.line, None, trouble, record.end, record.next_line, header)
        elif not header:
            header = tuple(legible(name.strip()) for name in record.cells)
        else:
            group_line = group_line if group else record.line
            group.append(cells)
        end, end_line = record.end, record.next_line
    if group:
        yield Row(group_line, assembled(group), "", end, end_line, header)


def _misfit(cells: Sequence[str], header: Sequence[str]) -> str:
    return f"has {len(cells)} cells, the header has {len(header)}" if header and len(cells) != len(header) else ""


@attrs.frozen
class _Record:
    line: int
    cells: list[str]
    trouble: str
    end: int
    next_line: int


def _records(start: Progress, fetch: Fetch) -> Iterator[_Record]:
    """Records of a CSV file (RFC 4180). A line that is too long or not UTF-8 spoils the record it stands in, and no other."""
    position = [start.offset, start.line]
    trouble = ""

    def feed() -> Iterator[str]:
        nonlocal trouble
        for line in _lines(start, fetch):
            position[:] = [line.end, line.no + 1]
            try:
                text = "" if line.raw is None else line.raw.decode("utf-8-sig" if line.no == 1 else "utf-8")
            except UnicodeDecodeError:
                text, trouble = "", "is not UTF-8"
            if line.raw is None:
                trouble = _TOO_LONG
            yield text + "\n"

    source = feed()
    reader = csv.reader(source, strict=True)
    while True:
        line = position[1]
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells, trouble = [], f"is no CSV: {error}"
            reader = csv.reader(source, strict=True)
        if cells or trouble:
            yield _Record(line, cells, trouble, position[0], position[1])
        trouble = ""


def assembled(group: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The item that some rows of a table spell: dotted names are fields of fields, JSON is read where a cell holds it."""
    data: dict[str, Any] = {}
    for name, cell in group[0].items():
        if name in _FORM or name.startswith("options."):
            continue
        _put(data, name, cell)
    forms = [_form(cells) for cells in group]
    if len(forms) == 1 and not forms[0].keys() & {"variantId", "variant_id", "options"}:
        return data | forms[0]
    return data | {"variants": forms}


_FORM: Final = ("variantId", "variant_id", "price", "quantity", "stock", "options", "variantImages", "variantGtins")
_OF_A_FORM: Final = {"variantImages": "images", "variantGtins": "gtins"}
_TEXTS: Final = (
    "sku",
    "name",
    "description",
    "brand",
    "category",
    "status",
    "type",
    "variantId",
    "variant_id",
    "_id",
    "created_at",
    "updated_at",
)
_TOO_LONG: Final = f"is longer than {LONGEST_ROW} bytes"
_BLANK: Final = b" \t\r\n\xef\xbb\xbf"


def _form(cells: dict[str, str]) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for name, cell in cells.items():
        if name in _FORM or name.startswith("options."):
            _put(form, _OF_A_FORM.get(name, name), cell)
    return form


def _put(data: dict[str, Any], name: str, cell: str) -> None:
    field, dot, rest = name.partition(".")
    if dot:
        inner = data.setdefault(field, {})
        if isinstance(inner, dict):
            inner[rest] = _value(cell)
    elif name in _TEXTS:
        data[name] = cell
    elif name == "price":
        data[name] = _value(cell) if cell.startswith("{") else cell
    elif name in ("tags", "images", "gtins") and not cell.startswith("["):
        data[name] = [part.strip() for part in cell.split("|")]
    else:
        data[name] = _value(cell)


def _value(cell: str) -> Any:
    try:
        return json.loads(cell, parse_float=_exact, parse_int=_whole, parse_constant=lambda _: cell)
    except (ValueError, RecursionError):
        return cell
