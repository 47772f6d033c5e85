"""Rows out of tables (CSV): how one is written is detected from its head, every record is a row of
its own.
"""

import csv
import json
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import attrs

from commerce_core.catalog.model import Progress, TableStyle
from commerce_core.catalog.service.cells import EMPTY, bare, plain_number, read_cell
from commerce_core.catalog.service.lines import LONGEST_ROW, TOO_LONG, Fetch, Line, read_lines
from commerce_core.catalog.service.rows import MOST_NODES, Row, nodes
from commerce_core.catalog.service.table_style import (
    COUNTS,
    FREE,
    LISTS,
    MOST_LINES,
    NAMES_OF_FORM,
    NO_CELLS,
    OF_FORM,
    SOURCES,
    TEXTS,
    WEIGHTS,
    WINDOWS,
    column,
    declared_delimiter,
    style_of,
)
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.text import clean_text

_MOST_COLUMNS: Final = 1_000

_TWICE: Final = "stands in a column of its own and in that of the whole"
_INNER: Final = {"variantImages": "images", "variantGtins": "gtins", "variantWeight": "weight"}


def read_table(start: Progress, fetch: Fetch, requested: TableStyle, places: int) -> Iterator[Row]:
    """The rows of a table from *start* on, lazily; a header that cannot be read is the last of
    them.

    Args:
        requested: the table style that the sender named; the rest is detected from its head.
        places: decimals that a price may have.
    """
    records = _Records(start, fetch, start.style or style_of(fetch, requested))
    header = start.header
    if not header:
        opening = next(iter(records), None)
        if opening is None:
            return
        header = tuple(storable_text(column(name)) for name in opening.cells)
        if reason := opening.reason or _misfit_header(header):
            yield Row(
                opening.line,
                None,
                f"the header cannot be read: {reason}",
                opening.end,
                opening.next_line,
                fatal=True,
            )
            return
    warning = (
        "is not UTF-8: the file is read as Windows-1252"
        if records.style.encoding == WINDOWS and not start.header
        else ""
    )
    table = _Table(header, records.style, places)
    records.width = len(header)
    for record in records:
        if record.reason:
            yield Row(
                record.line,
                None,
                record.reason,
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
    reason: str
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
        self._reason = ""

    def __iter__(self) -> Iterator[_Record]:
        while (line := self._next_line()) is not None:
            if line.no == 1 and declared_delimiter(self._text(line)):
                continue
            record = self._record(line)
            if record.reason or any(clean_text(cell) for cell in record.cells):
                yield record

    def _record(self, first: Line) -> _Record:
        lines = [first]
        self._reason = ""

        def feed() -> Iterator[str]:
            yield self._text(first) + "\n"
            size = len(first.raw or b"")
            while (
                len(lines) < MOST_LINES
                and size <= LONGEST_ROW
                and (line := self._next_line()) is not None
            ):
                lines.append(line)
                size += len(line.raw or b"")
                yield self._text(line) + "\n"

        cells: list[str] = []
        try:
            cells = next(csv.reader(feed(), delimiter=self.style.delimiter, strict=True), NO_CELLS)
        except csv.Error as error:
            self._reason = self._reason or f"is no CSV: {error}"
        reason = self._reason or self._misfit(cells)
        if reason and len(lines) > 1:
            self._again.extendleft(reversed(lines[1:]))
            reason += (
                f"; it opens a quote, and lines {lines[1].no} to {lines[-1].no}, which "
                "stood in it, are read for themselves"
            )
            lines = lines[:1]
        return _Record(first.no, cells, reason, lines[-1].end, lines[-1].no + 1)

    def _misfit(self, cells: Sequence[str]) -> str:
        if not self.width or len(cells) == self.width or not any(map(clean_text, cells)):
            return ""
        return f"has {len(cells)} cells, the header has {self.width}"

    def _next_line(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._fresh, None)

    def _text(self, line: Line) -> str:
        if line.raw is None:
            self._reason = TOO_LONG
            return ""
        try:
            return line.raw.decode(
                "utf-8-sig"
                if line.no == 1 and self.style.encoding == "utf-8"
                else self.style.encoding
            )
        except UnicodeDecodeError:
            self._reason = (
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
        reason = pointer = ""
        try:
            data = self._item(dict(zip(self.header, record.cells, strict=True)))
        except Invalid as error:
            pointer, reason = error.problems[0].pointer, error.problems[0].detail
        if data is not None and nodes(data) > MOST_NODES:
            data, reason = None, f"holds more than {MOST_NODES} values"
        raw = json.dumps(record.cells).encode()
        return Row(
            record.line,
            data,
            reason,
            record.end,
            record.next_line,
            self.header,
            pointer,
            self.style,
            raw,
        )

    def _item(self, cells: dict[str, str]) -> dict[str, Any]:
        if not any(
            cell and name.partition(".")[0] in NAMES_OF_FORM for name, cell in cells.items()
        ):
            simple = {
                name: cell
                for name, cell in cells.items()
                if cell or name.partition(".")[0] not in NAMES_OF_FORM
            }
            return self._fields(simple, "")
        form = {name: cell for name, cell in cells.items() if name.partition(".")[0] in OF_FORM}
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
        blank = not cell if name in (*TEXTS, *FREE) else not clean_text(cell)
        if blank:
            if name in (
                *TEXTS,
                *LISTS,
                *FREE,
                *WEIGHTS,
                "price",
                "variantImages",
                "variantGtins",
                "options",
            ):
                data.setdefault(name, None)
        elif name in TEXTS or name in SOURCES or name in ("variantId", "variant_id"):
            data[name] = bare(cell)
        elif name == "price":
            data[name] = (
                read_cell(cell)
                if cell.startswith("{")
                else plain_number(cell, self.style, self._places)
            )
        elif name in COUNTS or name in WEIGHTS:
            data[name] = _integer(plain_number(cell, self.style, 0))
        elif name == "deleted":
            if (flag := _truth(cell)) is not False:
                data[name] = flag
        elif name in (*LISTS, "variantImages", "variantGtins") and not cell.startswith("["):
            data[name] = [bare(part.strip()) for part in bare(cell).split("|")]
        elif name in (*FREE, "options"):
            _put_json(data, name, read_cell(cell))
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


def _put_json(data: dict[str, Any], field: str, value: Any) -> None:
    columns, content = _mapping(data.get(field)) or {}, _mapping(value)
    if content is not None:
        if any(name in content and inner is not EMPTY for name, inner in columns.items()):
            raise ValueError(_TWICE)
        value = {**columns, **content}
    data[field] = value


def _mapping(value: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _integer(text: str) -> Any:
    return int(text) if text.isascii() and text.lstrip("+-").isdigit() and len(text) < 30 else text


def _truth(cell: str) -> bool | str:
    word = clean_text(cell).lower()
    return {"true": True, "false": False}.get(word, cell)
