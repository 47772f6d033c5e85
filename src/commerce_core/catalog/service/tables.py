"""Rows out of tables (CSV): how one is written is told from its head, every record is a row of its
own.
"""

import codecs
import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import attrs

from commerce_core.catalog.model import Progress, TableStyle
from commerce_core.catalog.service.cells import EMPTY, bare, decimal_of, plain_number, read_cell
from commerce_core.catalog.service.lines import LONGEST_ROW, TOO_LONG, Fetch, Line, read_lines
from commerce_core.catalog.service.rows import MOST_NODES, Row, nodes
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.text import clean_text

#: Characters that may stand between cells.
DELIMITERS: Final = (",", ";", "\t", "|")
_HEAD: Final = 1 << 16
_MOST_COLUMNS: Final = 1_000
#: Lines that one record may span: of a quote that is never closed no more is read twice.
_MOST_LINES: Final = 500
_WINDOWS: Final = "cp1252"
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
_NO_CELLS: Final[list[str]] = []

_TEXTS: Final = ("name", "description", "brand", "category")
_SOURCES: Final = ("sku", "_id", "created_at", "updated_at", "type", "status")
_LISTS: Final = ("tags", "images", "gtins")
_FREE: Final = ("specifications", "attributes")
_COUNTS: Final = ("quantity", "stock")
_NAMES_OF_FORM: Final = ("variantId", "variant_id", "options", "variantImages", "variantGtins")
_OF_FORM: Final = (*_NAMES_OF_FORM, "price", *_COUNTS, "deleted")
_TWICE: Final = "stands in a column of its own and in that of the whole"
_INNER: Final = {"variantImages": "images", "variantGtins": "gtins"}
_COLUMNS: Final = {name.lower(): name for name in (*_TEXTS, *_SOURCES, *_LISTS, *_FREE, *_OF_FORM)}


def read_table(start: Progress, fetch: Fetch, asked: TableStyle, places: int) -> Iterator[Row]:
    """The rows of a table from *start* on, lazily; a header that cannot be read is the last of
    them.

    Args:
        asked: what the sender says of how the table is written; the rest is told from its head.
        places: decimals that a price may have.
    """
    records = _Records(start, fetch, start.style or _style(fetch, asked))
    header = start.header
    if not header:
        opening = next(iter(records), None)
        if opening is None:
            return
        header = tuple(storable_text(_column(name)) for name in opening.cells)
        if trouble := opening.trouble or _misfit_header(header):
            yield Row(
                opening.line,
                None,
                f"the header cannot be read: {trouble}",
                opening.end,
                opening.next_line,
                fatal=True,
            )
            return
    warning = (
        "is not UTF-8: the file is read as Windows-1252"
        if records.style.encoding == _WINDOWS and not start.header
        else ""
    )
    table = _Table(header, records.style, places)
    records.width = len(header)
    for record in records:
        if record.trouble:
            yield Row(
                record.line,
                None,
                record.trouble,
                record.end,
                record.next_line,
                header,
                style=records.style,
            )
        else:
            yield attrs.evolve(table.row(record), warning=warning)
            warning = ""


def read_cells_again(
    raw: bytes, line: int, header: tuple[str, ...], style: TableStyle, places: int
) -> Row:
    """The row whose ``raw`` was kept."""
    return _Table(header, style, places).row(_Record(line, json.loads(raw), "", 0, 0))


# --- how a table is written -----------------------------------------------------------------------


def _style(fetch: Fetch, asked: TableStyle) -> TableStyle:
    head = b""
    while len(head) < _HEAD and (more := fetch(len(head))):
        head += more
    encoding = _encoding(_letters(head, fetch))
    line_end = "\r" if b"\r" in head and b"\n" not in head else "\n"
    lines = head[:_HEAD].decode(encoding, errors="replace").removeprefix("\ufeff").split(line_end)
    if len(head) >= _HEAD and len(lines) > 1:
        lines.pop()  # it is cut, and so may be a number in it
    said = _said_delimiter(lines[0])
    while lines and (_said_delimiter(lines[0]) or not lines[0].strip()):
        lines = lines[1:]
    lines = [f"{line}\n" for line in lines]
    delimiter = asked.delimiter or said or _delimiter(lines)
    decimal = asked.decimal or _decimal(lines, delimiter)
    return TableStyle(
        delimiter=delimiter,
        decimal=decimal,
        sure=bool(asked.decimal),
        encoding=encoding,
        line_end=line_end,
    )


def _letters(head: bytes, fetch: Fetch) -> bytes:
    """Some of the file from its first letter on that is not ASCII, however far behind its *head*
    that is.
    """
    data, offset = head, len(head)
    while data:
        if first := _NOT_ASCII.search(data):
            return data[first.start() :] + fetch(offset)[:_HEAD]
        data = fetch(offset)
        offset += len(data)
    return b""


def _encoding(letters: bytes) -> str:
    """UTF-8, unless some bytes are not and no line has letters that are."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(letters[:_HEAD], final=len(letters) < _HEAD)
    except UnicodeDecodeError:
        return (
            "utf-8" if any(_in_utf_8(line) for line in letters[:_HEAD].splitlines()) else _WINDOWS
        )
    return "utf-8"


def _in_utf_8(line: bytes) -> bool:
    try:
        return not line.isascii() and bool(line.decode())
    except UnicodeDecodeError:
        return False


def _said_delimiter(line: str) -> str:
    """What a first line like ``sep=;`` says."""
    text = line.rstrip("\r\n").strip('"')
    return text[4] if len(text) == 5 and text[:4].lower() == "sep=" else ""


def _delimiter(lines: Sequence[str]) -> str:
    """The character by which the header has a column for SKUs; of several the one that makes the
    most columns.
    """

    def names(delimiter: str) -> tuple[bool, int]:
        try:
            header = next(
                csv.reader(lines[:_MOST_LINES], delimiter=delimiter, strict=True), _NO_CELLS
            )
        except csv.Error:
            return False, 0
        return bool({"sku", "_id"} & set(map(_column, header))), len(header)

    return max(DELIMITERS, key=names)


def _decimal(lines: Sequence[str], delimiter: str) -> str:
    """The decimal mark that prices and counts show, if none shows another one."""
    shown: set[str] = set()
    try:
        for cells in csv.DictReader(lines, delimiter=delimiter):
            named = {
                _column(name): cell
                for name, cell in cells.items()
                if isinstance(name, str) and isinstance(cell, str)
            }
            shown |= {decimal_of(named[name]) for name in ("price", *_COUNTS) if name in named}
    except csv.Error:
        return ""
    shown.discard("")
    return shown.pop() if len(shown) == 1 else ""


def _column(cell: str) -> str:
    """What a column is called: the shop's own names in whatever case they are written, a seller's
    own as they are.
    """
    field, dot, inner = clean_text(cell).partition(".")
    field = clean_text(field)
    return _COLUMNS.get(field.lower(), field) + dot + clean_text(inner)


def _misfit_header(header: Sequence[str]) -> str:
    if len(header) > _MOST_COLUMNS:
        return f"it has more than {_MOST_COLUMNS} columns"
    if twice := {name for name in header if name and header.count(name) > 1}:
        return f"{', '.join(sorted(twice)[:5])} stands there more than once"
    if not {"sku", "_id"} & set(header):
        return "the first line must name the columns, sku among them"
    return ""


# --- records --------------------------------------------------------------------------------------


@attrs.frozen
class _Record:
    line: int
    cells: list[str]
    trouble: str
    end: int
    next_line: int


class _Records:
    """Records of a CSV file (RFC 4180) behind a place in it, blank ones left out.

    A record that cannot be read costs its first line alone: those that a quote had swallowed are
        read again, each for itself.
    """

    def __init__(self, start: Progress, fetch: Fetch, style: TableStyle) -> None:
        self.style = style
        self.width = 0
        self._fresh = read_lines(start.offset, start.line, fetch, style.line_end.encode())
        self._again: deque[Line] = deque()
        self._trouble = ""

    def __iter__(self) -> Iterator[_Record]:
        while (line := self._next_line()) is not None:
            if line.no == 1 and _said_delimiter(self._text(line)):
                continue
            record = self._record(line)
            if record.trouble or any(clean_text(cell) for cell in record.cells):
                yield record

    def _record(self, first: Line) -> _Record:
        lines = [first]
        self._trouble = ""

        def feed() -> Iterator[str]:
            yield self._text(first) + "\n"
            size = len(first.raw or b"")
            while (
                len(lines) < _MOST_LINES
                and size <= LONGEST_ROW
                and (line := self._next_line()) is not None
            ):
                lines.append(line)
                size += len(line.raw or b"")
                yield self._text(line) + "\n"

        cells: list[str] = []
        try:
            cells = next(csv.reader(feed(), delimiter=self.style.delimiter, strict=True), _NO_CELLS)
        except csv.Error as error:
            self._trouble = self._trouble or f"is no CSV: {error}"
        trouble = self._trouble or self._misfit(cells)
        if trouble and len(lines) > 1:
            self._again.extendleft(reversed(lines[1:]))
            trouble += (
                f"; it opens a quote, and lines {lines[1].no} to {lines[-1].no}, which "
                "stood in it, are read for themselves"
            )
            lines = lines[:1]
        return _Record(first.no, cells, trouble, lines[-1].end, lines[-1].no + 1)

    def _misfit(self, cells: Sequence[str]) -> str:
        if not self.width or len(cells) == self.width or not any(map(clean_text, cells)):
            return ""
        return f"has {len(cells)} cells, the header has {self.width}"

    def _next_line(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._fresh, None)

    def _text(self, line: Line) -> str:
        if line.raw is None:
            self._trouble = TOO_LONG
            return ""
        try:
            return line.raw.decode(
                "utf-8-sig"
                if line.no == 1 and self.style.encoding == "utf-8"
                else self.style.encoding
            )
        except UnicodeDecodeError:
            self._trouble = (
                "is not UTF-8"
                if self.style.encoding == "utf-8"
                else "is neither UTF-8 nor Windows-1252"
            )
            return ""


# --- a record's item ------------------------------------------------------------------------------


class _Table:
    """Makes rows of records: dotted names are fields of fields, JSON is read where a cell holds
    it.
    """

    def __init__(self, header: tuple[str, ...], style: TableStyle, places: int) -> None:
        self.header = header
        self.style = style
        self._places = places

    def row(self, record: _Record) -> Row:
        """The row that *record* spells."""
        data: dict[str, Any] | None = None
        trouble = pointer = ""
        try:
            data = self._item(dict(zip(self.header, record.cells, strict=True)))
        except Invalid as error:
            pointer, trouble = error.problems[0].pointer, error.problems[0].detail
        if data is not None and nodes(data) > MOST_NODES:
            data, trouble = None, f"holds more than {MOST_NODES} values"
        raw = json.dumps(record.cells).encode()
        return Row(
            record.line,
            data,
            trouble,
            record.end,
            record.next_line,
            self.header,
            pointer,
            self.style,
            raw,
        )

    def _item(self, cells: dict[str, str]) -> dict[str, Any]:
        if not any(
            cell and name.partition(".")[0] in _NAMES_OF_FORM for name, cell in cells.items()
        ):
            simple = {
                name: cell
                for name, cell in cells.items()
                if cell or name.partition(".")[0] not in _NAMES_OF_FORM
            }
            return self._fields(simple, "")
        form = {name: cell for name, cell in cells.items() if name.partition(".")[0] in _OF_FORM}
        data = self._fields({name: cell for name, cell in cells.items() if name not in form}, "")
        return data | {
            "variants": [
                {_INNER.get(k, k): v for k, v in self._fields(form, "/variants/0").items()}
            ]
        }

    def _fields(self, cells: dict[str, str], at: str) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, cell in cells.items():
            field, dot, inner = name.partition(".")
            try:
                if dot:
                    _put_inner(data, field, inner, read_cell(cell) if cell else EMPTY)
                else:
                    self._put(data, name, cell)
            except ValueError as error:
                raise Invalid.at(f"{at}/{name}", str(error)) from error
            except Invalid as error:
                inside = [
                    FieldProblem(f"{at}/{name.replace('.', '/')}{p.pointer}", p.detail)
                    for p in error.problems
                ]
                raise Invalid(inside) from error
        return data

    def _put(self, data: dict[str, Any], name: str, cell: str) -> None:
        blank = not cell if name in (*_TEXTS, *_FREE) else not clean_text(cell)
        if blank:
            if name in (
                *_TEXTS,
                *_LISTS,
                *_FREE,
                "price",
                "variantImages",
                "variantGtins",
                "options",
            ):
                data.setdefault(name, None)
        elif name in _TEXTS or name in _SOURCES or name in ("variantId", "variant_id"):
            data[name] = bare(cell)
        elif name == "price":
            data[name] = (
                read_cell(cell)
                if cell.startswith("{")
                else plain_number(cell, self.style, self._places)
            )
        elif name in _COUNTS:
            data[name] = _whole(plain_number(cell, self.style, 0))
        elif name == "deleted":
            if (said := _truth(cell)) is not False:
                data[name] = said
        elif name in (*_LISTS, "variantImages", "variantGtins") and not cell.startswith("["):
            data[name] = [bare(part.strip()) for part in bare(cell).split("|")]
        elif name in (*_FREE, "options"):
            _put_whole(data, name, read_cell(cell))
        else:
            data[name] = read_cell(cell)


def _put_inner(data: dict[str, Any], field: str, name: str, value: Any) -> None:
    inner = _mapping(data.get(field))
    if inner is None:
        if data.get(field) is not None:
            return  # no object: the reader refuses it
        inner = data[field] = {}
    if name in inner and value is not EMPTY:
        raise ValueError(_TWICE)
    inner.setdefault(name, value)


def _put_whole(data: dict[str, Any], field: str, value: Any) -> None:
    columns, whole = _mapping(data.get(field)) or {}, _mapping(value)
    if whole is not None:
        if any(name in whole and inner is not EMPTY for name, inner in columns.items()):
            raise ValueError(_TWICE)
        value = {**columns, **whole}
    data[field] = value


def _mapping(value: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _whole(text: str) -> Any:
    return int(text) if text.isascii() and text.lstrip("+-").isdigit() and len(text) < 30 else text


def _truth(cell: str) -> bool | str:
    word = clean_text(cell).lower()
    return {"true": True, "false": False}.get(word, cell)
