"""Text as it comes in at every door: one spelling of what looks the same to a person."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, Literal, TypeVar, cast

T = TypeVar("T")

#: Characters that nobody sees: without width, turning the direction of writing, or drawn as a
#: blank.
_INVISIBLE: Final = (
    "\u00ad\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u2800\u3164\ufeff\uffa0"
)
#: These, and blanks of every kind, no-break ones included.
_BLANKS: Final = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _INVISIBLE
#: Characters of a text that is sorted in no time, whatever it holds.
_SHORT: Final = 500
#: Marks on one letter that are sorted together (UAX #15, Stream-Safe Text Format), and what parts
#: them from more.
_MOST_MARKS: Final = 30
_JOINER: Final = "\N{COMBINING GRAPHEME JOINER}"
_BEYOND_MARKS: Final = 0x1F000
#: What is neither Latin nor its punctuation and signs. Among these there are no marks, and few in
#: the parts of each.
_BEYOND_LATIN: Final = re.compile("[^\\0-\u02ff\u2010-\u20cf\u2100-\u2bff]")


def normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """*text* in a normal form, in time that grows with its length alone. Idempotent.

    Python sorts the marks on a letter in time that grows with the square of their number: where
    more than thirty stand on one, they are parted into groups that are sorted each by itself.
    """
    if text.isascii():
        return text
    if len(text) <= _SHORT or not _BEYOND_LATIN.search(text):
        return unicodedata.normalize(form, text)
    return _parted(unicodedata.normalize(form, _parted(text)))


def character_class(characters: Iterable[str]) -> str:
    """The inside of a character class for *characters*, which come in their order: as ranges it is
    matched faster than one by one.
    """
    ranges: list[list[int]] = []
    for code in map(ord, characters):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def clean_text(text: str) -> str:
    """*text* composed (NFC) and without the blanks around it, also those that nobody sees.
    Idempotent.
    """
    return text.strip() if text.isascii() else normalized("NFC", text).strip(_BLANKS)


def _parted(text: str) -> str:
    return _many_marks().sub(rf"\g<0>{_JOINER}", text)


@cache
def _many_marks() -> "re.Pattern[str]":
    """As many marks as are sorted together, with one more behind them."""
    marks = character_class(filter(_is_mark, map(chr, range(0x300, _BEYOND_MARKS))))
    return re.compile(
        f"[{marks}][{marks}]{{{_MOST_MARKS - 1}}}(?=[{marks}])"
    )  # a first one alone is looked for faster


def _is_mark(c: str) -> bool:
    """Whether *c* is sorted with its neighbours, as it is or in its parts."""
    parts = unicodedata.decomposition(c)
    return bool(unicodedata.combining(c)) or (
        parts[:1].isalnum() and _is_mark(chr(int(parts.split()[0], 16)))
    )


def clean(value: T) -> T:
    """:func:`clean_text` for a text, each text of a tuple, names and texts of a mapping; all else
    as it is.

    Made to be the converter of an attribute.

    Raises:
        ValueError: two names of a mapping become one.
    """
    if isinstance(value, str):
        # A cast would cost a call for every field.
        return clean_text(value)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return cast("T", tuple(map(clean, cast("tuple[Any, ...]", value))))
    if isinstance(value, Mapping):
        names = cast("Mapping[str, Any]", value)
        cleaned = {
            clean_text(name): clean(inner) if isinstance(inner, str) else inner
            for name, inner in names.items()
        }
        if len(cleaned) < len(names):
            raise ValueError("must not have two names that differ in blanks alone")
        return cast("T", cleaned)
    return value
