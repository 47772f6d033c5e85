"""Pages and the opaque cursors between them."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import attrs

from commerce_core.kernel.codec import storable
from commerce_core.kernel.errors import Rejected

T = TypeVar("T")
_ANOTHER_LIST: Final = "not a cursor of this list"


class BadCursor(Rejected):
    """Not a cursor that this list gave out."""

    code = "bad-cursor"


class CursorExpired(Rejected):
    """A cursor of this list whose pinned state is gone: start again from the first page."""

    code = "cursor-expired"


@attrs.frozen
class Page(Generic[T]):
    """Some items of a list and where it goes on (``None``: this was the last page)."""

    items: Sequence[T]
    next_cursor: str | None = None


def cut_page(
    kind: str,
    found: Sequence[T],
    size: int,
    place: Callable[[T], tuple[str | int | float | datetime, ...]],
) -> Page[T]:
    """The first *size* of *found* in the list *kind*, of which one more was asked for: where that
    is there, the list goes on behind the *place* of the last one shown.
    """
    if len(found) <= size:
        return Page(found)
    return Page(found[:size], encode_cursor(kind, *place(found[size - 1])))


def encode_cursor(kind: str, *position: str | int | float | datetime) -> str:
    """An opaque, URL-safe text for *position* in the list *kind*."""
    values = [v.isoformat() if isinstance(v, datetime) else v for v in position]
    raw = json.dumps([kind, *values], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(kind: str, cursor: str, *types: type) -> list[Any]:
    """The position that :func:`encode_cursor` was given; every value has the given type, and a
    ``datetime`` its offset.

    Raises:
        BadCursor: anything else.
    """
    try:
        raw = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        found, *position = json.loads(raw)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise BadCursor("not a cursor") from error
    if found != kind or len(position) != len(types):
        raise BadCursor(_ANOTHER_LIST)
    return [_value(v, t) for v, t in zip(position, types, strict=True)]


def _value(value: Any, kind: type) -> Any:
    """*value* as one of the given type, and nothing that a database chokes on: a cursor can be
    forged.
    """
    if kind is datetime:
        return _moment(_value(value, str))
    if type(value) is not kind:
        raise BadCursor(_ANOTHER_LIST)
    if not (storable(value) if isinstance(value, str) else _is_storable_number(value)):
        raise BadCursor(_ANOTHER_LIST)
    return value


def _is_storable_number(value: Any) -> bool:
    return not isinstance(value, (int, float)) or -(2**63) <= value < 2**63


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadCursor(_ANOTHER_LIST) from error
    if moment.tzinfo is None:
        raise BadCursor(_ANOTHER_LIST)
    return moment
