"""Metadata: a JSON object that an embedding team keeps with a thing of the shop. The shop stores
and shows it, and reads nothing into it.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from commerce_core.kernel.codec import ABSENT, is_list, is_object

#: Names in one metadata object, those of objects in it not counted.
MOST_NAMES: Final = 50
#: Characters of one name.
LONGEST_NAME: Final = 100
#: Bytes of the whole, as JSON.
MOST_BYTES: Final = 8_192
#: Objects and lists in one another, the outermost included.
DEEPEST: Final = 5

NO_METADATA: Final[Mapping[str, Any]] = {}

#: What the document says of it.
SCHEMA: Final[Mapping[str, Any]] = {"schema": {"maxProperties": MOST_NAMES}}


def check_metadata(metadata: Mapping[str, Any]) -> None:
    """Check the bounds.

    Raises:
        ValueError: there are too many names, or one is empty or too long; it is nested too deeply,
            or too large.
    """
    if not metadata:
        return
    if len(metadata) > MOST_NAMES or not all(0 < len(name) <= LONGEST_NAME for name in metadata):
        raise ValueError(f"must have at most {MOST_NAMES} names of 1 to {LONGEST_NAME} characters")
    if _depth(metadata) > DEEPEST:
        raise ValueError(f"must be nested at most {DEEPEST} deep")
    # What is no JSON stands for nothing: a cell of a table that empties a name.
    text = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"), default=lambda _: None)
    if len(text.encode()) > MOST_BYTES:
        raise ValueError(f"must have at most {MOST_BYTES:,} bytes")


def bounded_metadata(_: object, _attribute: Any, value: Mapping[str, Any] | None) -> None:
    """The validator of an attribute that holds metadata, or ``None`` or ABSENT."""
    if value is not None and value is not ABSENT:
        check_metadata(value)


def merged(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396: objects are merged name by name, everything else is replaced, ``null`` takes
    away.
    """
    after = dict(before)
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        elif is_object(value):
            known = after.get(name)
            after[name] = merged(known if is_object(known) else {}, value)
        else:
            after[name] = value
    return after


def joined(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Two into one without a decision by the user: *ours* counts for a name that both have, and
    alone where both together go beyond the bounds.
    """
    if not theirs or not ours:
        return ours or theirs
    both = {**theirs, **ours}
    try:
        check_metadata(both)
    except ValueError:
        return ours
    return both


def _depth(value: Any) -> int:
    inside = value.values() if is_object(value) else value if is_list(value) else None
    return 0 if inside is None else 1 + max(map(_depth, inside), default=0)
