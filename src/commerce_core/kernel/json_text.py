"""JSON from outside, read exactly: numbers with a point as ``Decimal``, and no name twice in one
object.
"""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final

from commerce_core.kernel.codec import is_list, is_object
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.field_problems import below

#: Names that stand twice are named in an error up to this many.
_MOST_NAMED: Final = 100
_INFINITY: Final = Decimal("Infinity")
_TWICE: Final = object()


class _Repeated(Exception):
    """Some object has a name twice."""


def decode_json(text: str) -> Any:
    """*text* as plain data.

    What is no JSON number (``NaN``) and what is beyond all bounds becomes a ``Decimal`` that is not
    finite, for a reader to refuse by name.

    Raises:
        ValueError: not JSON.
        RecursionError: nested too deeply.
        Invalid: an object has a name twice; of two values none may win silently.
    """
    try:
        return _decoder.decode(text)
    except _Repeated:
        found = [
            FieldProblem(pointer, "stands more than once")
            for pointer in islice(_repeated(_marking.decode(text), ""), _MOST_NAMED + 1)
        ]
        raise Invalid(found[:_MOST_NAMED], truncated=len(found) > _MOST_NAMED) from None


def decode_roughly(text: str) -> Any:
    """*text* as plain data several times as fast as :func:`decode_json`: numbers are not exact, and
    of a name that stands twice the last value wins. Whatever :func:`decode_json` takes is taken.

    Raises:
        ValueError: not JSON.
        RecursionError: nested too deeply.
    """
    return _rough.decode(text)


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds
        return _INFINITY


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) < 30 else _INFINITY


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Repeated
    return made


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        made[name] = _TWICE if name in made else value
    return made


def _repeated(data: Any, pointer: str) -> Iterator[str]:
    if data is _TWICE:
        yield pointer
    elif is_object(data):
        for name, value in data.items():
            yield from _repeated(value, below(pointer, name))
    elif is_list(data):
        for i, value in enumerate(data):
            yield from _repeated(value, below(pointer, str(i)))


_NUMBERS: Final[dict[str, Any]] = {
    "parse_float": _exact,
    "parse_int": _integer,
    "parse_constant": Decimal,
}
#: All in the interpreter's own code; of whole numbers it refuses to make very long ones.
_rough: Final = json.JSONDecoder(parse_int=float)
_decoder: Final = json.JSONDecoder(object_pairs_hook=_once, **_NUMBERS)
_marking: Final = json.JSONDecoder(object_pairs_hook=_marked, **_NUMBERS)
