"""Reads files of items in every supported format, row by row."""

import codecs
from collections.abc import Iterator
from typing import Final

from commerce_core.catalog.model import ImportFormat, Progress, TableStyle
from commerce_core.catalog.service.lines import Fetch
from commerce_core.catalog.service.rows import Row, parsed, read_objects, skimmed
from commerce_core.catalog.service.tables import read_cells_again, read_table

_ANY: Final = TableStyle()


def read_rows(
    format: ImportFormat,
    start: Progress,
    fetch: Fetch,
    requested: TableStyle = _ANY,
    places: int = 2,
) -> Iterator[Row]:
    """The rows of a file from *start* on, lazily.

    Args:
        requested: the table style that the sender named; the rest is detected from its head.
        places: decimals that a price may have.
    """
    if start.offset == 0 and _is_utf_16(fetch(0)[:4]):
        return iter([Row(1, None, "the file is UTF-16: save it as UTF-8", 0, 1, fatal=True)])
    if format is ImportFormat.CSV:
        return read_table(start, fetch, requested, places)
    return read_objects(format, start, fetch)


def skim_rows(
    format: ImportFormat,
    start: Progress,
    fetch: Fetch,
    requested: TableStyle = _ANY,
    places: int = 2,
) -> Iterator[Row]:
    """As :func:`read_rows` where only each row's SKU is needed: faster where possible."""
    if format is ImportFormat.CSV:
        return read_rows(format, start, fetch, requested, places)
    return read_objects(format, start, fetch, skimmed)


def read_again(
    format: ImportFormat, line: int, raw: bytes, progress: Progress, places: int = 2
) -> Row:
    """The row on *line* once more, from its ``raw``."""
    if format is ImportFormat.CSV:
        return read_cells_again(raw, line, progress.header, progress.style or _ANY, places)
    return parsed(line, raw, 0, 0)


def _is_utf_16(first: bytes) -> bool:
    """Whether *first* is how a file begins that has two bytes for a letter, as spreadsheets write
    "Unicode text".
    """
    return first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in first
