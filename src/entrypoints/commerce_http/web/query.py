"""Query parameters, read as strictly as a body: every wrong, repeated or unknown one is named."""

import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import attrs

from commerce_core.kernel.codec import camel, reader
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.field_problems import escape_pointer
from commerce_http.web.errors import Malformed

T = TypeVar("T")

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(
    _DAY.pattern + r"[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
#: Values of one parameter that may be repeated, and filters with a free name in all.
MOST_VALUES: Final = 10
#: Wrong parameters that are named.
_MOST_NAMED: Final = 20
_TRUTH: Final = {"true": True, "false": False}


@attrs.frozen
class Parameter:
    """How one attribute of a query class is spelled: ``kind`` is ``text``, ``whole``, ``truth``,
    ``list`` or ``open`` (``name.<anything>``).
    """

    name: str
    kind: str


def parameters(kind: type) -> Mapping[str, Parameter]:
    """The parameters of the attrs class *kind*, by their name in the URL."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return {camel(a.name): Parameter(camel(a.name), _kind_of(a.type)) for a in fields}


def _kind_of(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        return _kind_of(next(a for a in typing.get_args(annotation) if a is not type(None)))
    if annotation is bool:
        return "truth"
    if annotation is int:
        return "whole"
    if origin in (tuple, list, Sequence):
        return "list"
    return "open" if origin in (dict, Mapping) else "text"


class QueryReader:
    """Reads query strings into the attrs class *kind*.

    A field of type ``tuple[str, ...]`` may be repeated; one of type ``Mapping[str, tuple[str,
    ...]]`` called ``attributes`` takes ``attributes.<name>=`` for any name. A parameter without a
    value counts as not given.
    """

    def __init__(self, kind: type[T], currency: str) -> None:
        self._kind = kind
        self._parameters = parameters(kind)
        self._open = tuple(p.name for p in self._parameters.values() if p.kind == "open")
        self._reader = reader(currency)

    def read(self, query: bytes) -> Any:
        """The query.

        Raises:
            Malformed: it is not UTF-8.
            Invalid: names every parameter that is unknown, repeated or wrong.
        """
        if not query and not self._open:
            return self._reader.read({}, self._kind)
        try:
            pairs = parse_qsl(
                query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200
            )
        except ValueError as error:
            raise Malformed("the query is not UTF-8, or too long") from error
        data: dict[str, Any] = {}
        problems: list[FieldProblem] = []
        for name, text in pairs:
            if len(problems) == _MOST_NAMED:
                raise Invalid(problems, truncated=True)
            self._take(name, text, data, problems)
        return self._checked(data, problems)

    def _take(
        self, name: str, text: str, data: dict[str, Any], problems: list[FieldProblem]
    ) -> None:
        known = self._parameters.get(name)
        prefix, dot, rest = name.partition(".")
        if dot and rest and prefix in self._open:
            filters: dict[str, list[str]] = data.setdefault(prefix, {})
            if sum(map(len, filters.values())) >= MOST_VALUES:
                problems.append(
                    FieldProblem(
                        f"/{escape_pointer(name)}",
                        f"is more than the {MOST_VALUES} {prefix} that may be given",
                    )
                )
            else:
                filters.setdefault(rest, []).append(text)
        elif known is None or known.kind == "open":
            problems.append(FieldProblem(f"/{escape_pointer(name)}", "is not known here"))
        elif not text:
            return
        elif known.kind == "list":
            values: list[str] = data.setdefault(name, [])
            if len(values) >= MOST_VALUES:
                problems.append(
                    FieldProblem(
                        f"/{escape_pointer(name)}", f"must be given at most {MOST_VALUES} times"
                    )
                )
            else:
                values.append(text)
        elif name in data:
            problems.append(FieldProblem(f"/{escape_pointer(name)}", "must be given once"))
        else:
            data[name] = _coerced(text, known.kind)

    def _checked(self, data: dict[str, Any], problems: list[FieldProblem]) -> Any:
        try:
            made = self._reader.read(data, self._kind)
        except Invalid as error:
            raise Invalid([*problems, *error.problems]) from error
        if problems:
            raise Invalid(problems)
        return made


def _coerced(text: str, kind: str) -> Any:
    """What cannot be coerced stays text, for the reader to refuse with the sentence that fits its
    field.
    """
    if kind == "whole" and _WHOLE.fullmatch(text):
        return int(text)
    return _TRUTH.get(text, text) if kind == "truth" else text


def page_size(default: int) -> Any:
    """The attribute ``size`` of a query: 1 to 100."""

    def check(_: object, _attribute: "attrs.Attribute[int]", value: int) -> None:
        if not 1 <= value <= 100:
            raise ValueError("must be between 1 and 100")

    return attrs.field(
        default=default, validator=check, metadata={"schema": {"minimum": 1, "maximum": 100}}
    )


class Moment:
    """A moment (RFC 3339), or a day of UTC: from its *first* microsecond to its *last*."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first = first
        self.last = last

    @classmethod
    def from_text(cls, text: str) -> "Moment":
        """Read ``2026-11-26`` or ``2026-11-26T21:50:29Z``.

        Raises:
            ValueError: neither of them.
        """
        try:
            if _DAY.fullmatch(text):
                day = datetime.fromisoformat(text).replace(tzinfo=UTC)
                return cls(day, day.replace(hour=23, minute=59, second=59, microsecond=999_999))
            if _MOMENT.fullmatch(text):
                at = datetime.fromisoformat(text.upper()).astimezone(UTC)
                return cls(at, at)
        except (ValueError, OverflowError):
            pass
        raise ValueError(
            "must be a day (2026-11-26) or a moment with its offset (2026-11-26T21:50:29Z; a plus "
            "is written %2B)"
        )


def moment(meaning: str) -> dict[str, Any]:
    """The metadata of a query's :class:`Moment`."""
    return {
        "schema": {
            "description": f"A day of UTC or a moment (RFC 3339): {meaning}.",
            "examples": ["2026-11-26", "2026-11-26T21:50:29Z"],
        }
    }


@attrs.frozen(kw_only=True)
class NoQuery:
    """The query of an operation that takes none: every parameter is unknown."""
