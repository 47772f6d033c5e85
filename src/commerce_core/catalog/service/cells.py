"""Cells of a table and the values they stand for, both ways: what is written here is read here as
the same value.
"""

import json
import re
from decimal import Decimal
from typing import Any, Final

from commerce_core.catalog.model import TableStyle
from commerce_core.kernel.json_text import decode_json
from commerce_core.kernel.text import clean_text

#: Stands for a name of a free mapping whose cell is empty: it is taken away, and a new item does
#: not get it.
EMPTY: Final[Any] = object()

_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d{0,18})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?")
#: What a spreadsheet takes for a formula; a sign of ours stands before it, and one more before each
#: that is there.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def harmless(cell: str) -> str:
    """*cell* so that no spreadsheet computes it: an apostrophe before what would be a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def bare(cell: str) -> str:
    """*cell* without the apostrophe of :func:`harmless`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def read_cell(cell: str) -> Any:
    """The value of a cell in a free mapping: JSON where it is a list, an object, a quoted text or a
    constant, else text.

    A number is taken for one only in the form in which we would write it: ``1.5`` is, ``1.50``,
    ``007`` and a serial of twenty digits are texts.

    Raises:
        Invalid: JSON in the cell has a name twice.
    """
    if cell in ("true", "false", "null") or cell[:1] in ("[", "{", '"'):
        try:
            return decode_json(cell)
        except (ValueError, RecursionError):
            return cell
    if (text := bare(cell)) is not cell:
        return text
    return _number(cell) if _NUMBER.fullmatch(cell) else cell


def written_cell(value: Any) -> str:
    """The cell that :func:`read_cell` reads as *value*."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    cell = harmless(value)
    return (
        cell
        if cell and isinstance(read := _read_again(cell), str) and read == value
        else json.dumps(value, ensure_ascii=False)
    )


def _read_again(cell: str) -> Any:
    try:
        return read_cell(cell)
    except Exception:  # noqa: BLE001 (JSON that is refused: it has to be quoted)
        return None


def _number(cell: str) -> Any:
    if cell.lstrip("-").isdigit():
        integer = int(cell)
        return integer if str(integer) == cell and -(2**63) <= integer < 2**63 else cell
    exact = Decimal(cell)
    return exact if repr(float(cell)) == cell and abs(exact.adjusted()) <= 18 else cell


# --- numbers as people write them -----------------------------------------------------------------

_WRITTEN: Final = re.compile(r"([+-]?)(\d[\d.,'\u2019\s]*)")
_SPACED: Final = re.compile(r"\d{1,3}(?:['\u2019\s]\d{3})+(?:[.,]\d+)?")
_GROUPED: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+|\d{1,2}(?:[.,]\d{2})+[.,]\d{3}")
_SHORTENED: Final = re.compile(r"[+-]?[\d.,]+[eE][+-]?\d+")
_MARKS: Final = re.compile("[.,]")


def decimal_of(cell: str) -> str:
    """The decimal mark that *cell* shows beyond doubt; nothing where it shows none."""
    written = _WRITTEN.fullmatch(clean_text(cell))
    if written is None:
        return ""
    marks = _MARKS.findall(written[2])
    if len(set(marks)) == 2:
        return str(marks[-1])
    if len(marks) > 1:
        return _other(marks[0])
    if marks and not _may_be_thousands(*_MARKS.split(written[2])):
        return str(marks[0])
    return ""


def plain_number(cell: str, style: TableStyle, places: int) -> str:
    """A number as ``Decimal`` reads it, from one with thousands marks, in the *style* of its table.

    What is no such number is given back for the reader to refuse.

    Args:
        places: decimals that the number may have; with three a point before three digits is no
            thousands mark.

    Raises:
        ValueError: a mark may be for thousands as well as for decimals, or is not the table's own;
            or there is an exponent, by which spreadsheets shorten what does not fit into a cell.
    """
    text = clean_text(cell)
    written = _WRITTEN.fullmatch(text)
    if written is None:
        if _SHORTENED.fullmatch(text):
            raise ValueError("is shortened: write all its digits")
        return text
    sign, digits = written[1], written[2]
    spaced = _SPACED.fullmatch(digits) is not None
    digits = re.sub(r"['\u2019\s]", "", digits) if spaced else digits
    marks = _MARKS.findall(digits)
    if not marks:
        return sign + digits
    if len(marks) > 1:
        return sign + _grouped(digits, marks, style)
    head, tail = _MARKS.split(digits)
    if style.sure:
        return sign + _by_rule(head, tail, marks[0], style)
    if (
        spaced
        or not _may_be_thousands(head, tail)
        or (places == 3 and marks[0] == "." and style.decimal != ",")
    ):
        return f"{sign}{head}.{tail}"
    if style.decimal and style.decimal != marks[0]:
        return sign + head + tail
    raise ValueError(
        f"may be {head}{tail} or {head}.{tail}: say with decimal=. or decimal=, how the numbers of "
        "this file are written"
    )


def _grouped(digits: str, marks: list[str], style: TableStyle) -> str:
    """Several marks: the last one is for decimals if it differs from those before it."""
    decimal = marks[-1] if marks[-1] != marks[0] else _other(marks[0])
    integer, _, tail = digits.rpartition(decimal) if marks[-1] != marks[0] else (digits, "", "")
    if not _GROUPED.fullmatch(integer) or len(set(_MARKS.findall(integer))) > 1:
        return digits
    if style.sure and decimal != style.decimal:
        raise ValueError(f"has another decimal mark than the file's {style.decimal}")
    return _MARKS.sub("", integer) + (f".{tail}" if tail else "")


def _by_rule(head: str, tail: str, mark: str, style: TableStyle) -> str:
    if mark == style.decimal:
        return f"{head}.{tail}"
    if not _may_be_thousands(head, tail):
        raise ValueError(f"has another decimal mark than the file's {style.decimal}")
    return head + tail


def _may_be_thousands(head: str, tail: str) -> bool:
    return len(tail) == 3 and len(head) <= 3 and not head.startswith("0")


def _other(mark: str) -> str:
    return "," if mark == "." else "."
