"""Text as it comes in at every door: one spelling of what looks the same to a person."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")

#: Characters without width. Blanks of every other kind, no-break ones included, are known to ``str.strip``.
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"


def clean_text(text: str) -> str:
    """*text* composed (NFC) and without the blanks around it, also those without width. Idempotent."""
    if text.isascii():
        return text.strip()
    before, after = "", unicodedata.normalize("NFC", text)
    while before != after:
        before, after = after, after.strip().strip(_ZERO_WIDTH)
    return after


def clean(value: T) -> T:
    """:func:`clean_text` for a text, each text of a tuple, names and texts of a mapping; all else as it is.

    Made to be the converter of an attribute.

    Raises:
        ValueError: two names of a mapping become one.
    """
    if isinstance(value, str):
        return clean_text(value)  # type: ignore[return-value]  # a cast would be a call in the way of every field
    if isinstance(value, tuple):
        return cast("T", tuple(map(clean, cast("tuple[Any, ...]", value))))
    if isinstance(value, Mapping):
        names = cast("Mapping[str, Any]", value)
        cleaned = {clean_text(name): clean(inner) if isinstance(inner, str) else inner for name, inner in names.items()}
        if len(cleaned) < len(names):
            raise ValueError("must not have two names that differ in blanks alone")
        return cast("T", cleaned)
    return value
