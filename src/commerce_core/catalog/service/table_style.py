"""How a table (CSV) is written, detected from its head."""

import codecs
import csv
import re
from collections.abc import Sequence
from typing import Final

from commerce_core.catalog.model import TableStyle
from commerce_core.catalog.service.cells import decimal_of
from commerce_core.catalog.service.lines import Fetch
from commerce_core.kernel.text import clean_text

#: Characters that may stand between cells.
DELIMITERS: Final = (",", ";", "\t", "|")
_HEAD: Final = 1 << 16
#: Lines that one record may span: of a quote that is never closed no more is read twice.
MOST_LINES: Final = 500
WINDOWS: Final = "cp1252"
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
NO_CELLS: Final[list[str]] = []
TEXTS: Final = ("name", "description", "brand", "category", "taxClass")
SOURCES: Final = ("sku", "_id", "created_at", "updated_at", "type", "status")
LISTS: Final = ("tags", "images", "gtins")
FREE: Final = ("specifications", "attributes", "metadata")
COUNTS: Final = ("quantity", "stock")
WEIGHTS: Final = ("weight", "variantWeight")
NAMES_OF_FORM: Final = (
    "variantId",
    "variant_id",
    "options",
    "variantImages",
    "variantGtins",
    "variantWeight",
)
OF_FORM: Final = (*NAMES_OF_FORM, "price", *COUNTS, "deleted")
_COLUMNS: Final = {
    name.lower(): name for name in (*TEXTS, *SOURCES, *LISTS, *FREE, "weight", *OF_FORM)
}


def style_of(fetch: Fetch, requested: TableStyle) -> TableStyle:
    """The style of the table behind *fetch*; what was *requested* takes precedence."""
    head = b""
    while len(head) < _HEAD and (more := fetch(len(head))):
        head += more
    encoding = _encoding(_letters(head, fetch))
    line_end = "\r" if b"\r" in head and b"\n" not in head else "\n"
    lines = head[:_HEAD].decode(encoding, errors="replace").removeprefix("\ufeff").split(line_end)
    if len(head) >= _HEAD and len(lines) > 1:
        lines.pop()  # it is cut, and so may be a number in it
    declared = declared_delimiter(lines[0])
    while lines and (declared_delimiter(lines[0]) or not lines[0].strip()):
        lines = lines[1:]
    lines = [f"{line}\n" for line in lines]
    delimiter = requested.delimiter or declared or _delimiter(lines)
    decimal = requested.decimal or _decimal(lines, delimiter)
    return TableStyle(
        delimiter=delimiter,
        decimal=decimal,
        sure=bool(requested.decimal),
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
        return "utf-8" if any(_in_utf_8(line) for line in letters[:_HEAD].splitlines()) else WINDOWS
    return "utf-8"


def _in_utf_8(line: bytes) -> bool:
    try:
        return not line.isascii() and bool(line.decode())
    except UnicodeDecodeError:
        return False


def declared_delimiter(line: str) -> str:
    """The delimiter that a first line like ``sep=;`` declares."""
    text = line.rstrip("\r\n").strip('"')
    return text[4] if len(text) == 5 and text[:4].lower() == "sep=" else ""


def _delimiter(lines: Sequence[str]) -> str:
    """The character by which the header has a column for SKUs; of several the one that makes the
    most columns.
    """

    def names(delimiter: str) -> tuple[bool, int]:
        try:
            header = next(
                csv.reader(lines[:MOST_LINES], delimiter=delimiter, strict=True), NO_CELLS
            )
        except csv.Error:
            return False, 0
        return bool({"sku", "_id"} & set(map(column, header))), len(header)

    return max(DELIMITERS, key=names)


def _decimal(lines: Sequence[str], delimiter: str) -> str:
    """The decimal mark that prices and counts show, if none shows another one."""
    shown: set[str] = set()
    try:
        for cells in csv.DictReader(lines, delimiter=delimiter):
            named = {
                column(name): cell
                for name, cell in cells.items()
                if isinstance(name, str) and isinstance(cell, str)
            }
            shown |= {decimal_of(named[name]) for name in ("price", *COUNTS) if name in named}
    except csv.Error:
        return ""
    shown.discard("")
    return shown.pop() if len(shown) == 1 else ""


def column(cell: str) -> str:
    """What a column is called: the shop's own names in whatever case they are written, a seller's
    own as they are.
    """
    field, dot, inner = clean_text(cell).partition(".")
    field = clean_text(field)
    return _COLUMNS.get(field.lower(), field) + dot + clean_text(inner)
