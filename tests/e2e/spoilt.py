"""A file of items in which forty rows are spoilt, and what is to be said of each."""

import json
from collections.abc import Iterator
from typing import Any, Final

#: Rows that read as JSON, with the pointer at what is wrong.
_FIELDS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"price": "cheap"}, "/price"),
    ({"price": "1.999"}, "/price"),
    ({"price": "-1.00"}, "/price"),
    ({"price": None}, "/price"),
    ({"price": {"amount": "1.00"}}, "/price"),
    ({"price": {"amount": "1.00", "currency": "EUR"}}, "/price"),
    ({"price": True}, "/price"),
    ({"price": ["1.00"]}, "/price"),
    ({"price": ...}, "/price"),
    ({"name": ...}, "/name"),
    ({"name": ""}, "/name"),
    ({"name": "   "}, "/name"),
    ({"name": 7}, "/name"),
    ({"name": "x" * 501}, "/name"),
    ({"quantity": ...}, "/quantity"),
    ({"quantity": -1}, "/quantity"),
    ({"quantity": 1.5}, "/quantity"),
    ({"quantity": "many"}, "/quantity"),
    ({"quantity": 10**10}, "/quantity"),
    ({"sku": ...}, "/sku"),
    ({"sku": ""}, "/sku"),
    ({"colour": "red"}, "/colour"),
    ({"status": "sold"}, "/status"),
    ({"gtins": "4006381333931"}, "/gtins"),
    ({"images": ["javascript:alert(1)"]}, "/images"),
    ({"variants": []}, "/variants"),
    ({"specifications": "heavy"}, "/specifications"),
    ({"description": "\x00"}, "/description"),
)
#: Lines that do not, with a word of what is said of them.
_LINES: Final = (
    (b"not json", "no JSON"),
    (b'{"sku": "half"', "no JSON"),
    (b"[1, 2]", "no JSON object"),
    (b"7", "no JSON object"),
    (b'{"sku": "broken", "name": "\xff\xfe", "price": "1.00", "quantity": 1}', "UTF-8"),
    (b"\xc3\x28", "UTF-8"),
    (b'{"sku": NaN, "sku2": }', "no JSON"),
    (b'"a text"', "no JSON object"),
)
_LONG: Final = 50 * 1024 * 1024
_GOOD: Final = 60
SPOILT: Final = 40


def good_row(no: int) -> dict[str, Any]:
    """A row that nothing is wrong with."""
    return {"sku": f"GOOD-{no}", "name": f"Good thing {no}", "price": "2.50", "quantity": 3}


def spoilt_file() -> tuple[bytes, dict[int, str], int]:
    """The file, the spoilt lines with a pointer or words that must be told of each, and how many
    rows are good.
    """
    lines: list[bytes] = []
    reasons: dict[int, str] = {}
    for no, (line, words) in enumerate(_spoilt()):
        lines.append(json.dumps(good_row(no)).encode())
        lines.append(line)
        reasons[len(lines)] = words
    good = len(lines) - len(reasons)
    lines += [json.dumps(good_row(no)).encode() for no in range(good, _GOOD)]
    lines.append(
        json.dumps(good_row(_GOOD)).encode()[:-20]
    )  # the file ends in the middle of its last row
    reasons[len(lines)] = "no JSON"
    assert len(reasons) == SPOILT
    return b"\n".join(lines), reasons, _GOOD


def _spoilt() -> Iterator[tuple[bytes, str]]:
    for no, (change, pointer) in enumerate(_FIELDS):
        row = {"sku": f"SPOILT-{no}", "name": "Spoilt", "price": "1.00", "quantity": 1} | change
        yield (
            json.dumps({name: value for name, value in row.items() if value is not ...}).encode(),
            pointer,
        )
    yield from _LINES
    yield json.dumps(good_row(0)).encode(), "/sku"  # the same SKU for the second time
    yield json.dumps(good_row(1) | {"price": "9.99"}).encode(), "/sku"
    yield b'{"sku": "LONG", "name": "' + b"x" * _LONG + b'"}', "longer than"
