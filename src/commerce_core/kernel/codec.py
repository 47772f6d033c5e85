"""Between values and JSON-ready data.

Two ways, on purpose: :func:`to_data` and :func:`from_data` for what we store and send ourselves,
and :class:`Reader` for untrusted input, which names every wrong field by its JSON pointer.
"""

import functools
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from heapq import nsmallest
from itertools import islice
from typing import Any, Final, TypeGuard, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.cols import is_mapping, is_sequence
from cattrs.gen import make_dict_structure_fn, override

from commerce_core.kernel.bounded import MOST_PROBLEMS, begin_reading, counted, let_go, read_each
from commerce_core.kernel.errors import FieldProblem, Invalid, Rejected
from commerce_core.kernel.events import Event
from commerce_core.kernel.field_problems import below, sentence_of
from commerce_core.kernel.money import Money

T = TypeVar("T")

#: Stands for a field that a change does not mention, where ``None`` means: take it away.
ABSENT: Final[Any] = object()


_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class Unreadable(Rejected):
    """Stored or received data does not have the shape its name promises."""

    code = "unreadable"


def _storage_converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=False)
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    return converter


_STORAGE: Final = _storage_converter()


def to_data(value: object) -> Any:
    """*value* (attrs, containers, plain) as JSON-ready data."""
    return _STORAGE.unstructure(value)


def from_data(data: Any, kind: type[T]) -> T:
    """The *kind* that :func:`to_data` made *data* from.

    Raises:
        Unreadable: *data* has another shape.
    """
    try:
        return _STORAGE.structure(data, kind)
    except Exception as error:  # whatever a constructor raises means the same here
        raise Unreadable(f"not a {kind.__name__}: {type(error).__name__}") from error


def decode_event(name: str, payload: Mapping[str, Any]) -> Event:
    """The event *name* with its *payload*.

    Raises:
        Unreadable: no such event is known here, or the payload does not fit it.
    """
    kind = _events.get(name)
    if kind is None:  # not cached yet
        # The last of a name is imported; attrs made it of another, which is kept until collected.
        _events.update((vars(each).get("name", ""), each) for each in _subclasses(Event))
        kind = _events.get(name)
    if kind is None:
        raise Unreadable(f"no event is called {name!r:.80}")
    return from_data(payload, kind)


_events: Final[dict[str, type[Event]]] = {}


def _subclasses(kind: type[Event]) -> Iterator[type[Event]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def camel(name: str) -> str:
    """``unit_price`` → ``unitPrice``."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether *value* is a JSON object."""
    return isinstance(value, (dict, Mapping))  # most are: it is seen at once


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether *value* is a JSON array."""
    return isinstance(value, list)


def storable(text: str) -> bool:
    """Whether every database can keep *text*: no U+0000, no lone surrogate."""
    return (text.isascii() and "\0" not in text) or _UNSTORABLE.search(text) is None


def storable_text(text: str) -> str:
    """*text* from the outside in a form that every database keeps: what it cannot keep is escaped,
    the rest is cut at 500.
    """
    return (text if storable(text) else text.encode("unicode_escape").decode("ascii"))[:500]


class Reader:
    """Reads what a client sent (decoded JSON, numbers with a point as ``Decimal``) into attrs
    classes.

    Nothing is coerced: a number is no text, ``true`` is no number. Keys are the camelCase of the
    attribute names; unknown keys are refused. A ``Money`` attribute takes
    ``{"amount", "currency"}``, a number or decimal text; the latter two are in *currency*. An
    enumeration of texts is read from one of them, a class with a ``from_text`` by it. Of several
    classes (``A | B``) the one is read that knows most of the keys. Constructors check through
    attrs validators that raise ``ValueError`` with a sentence for a person. Reading stops at
    :data:`MOST_PROBLEMS` wrong fields and at :data:`MOST_NODES` values, however much there is.
    """

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._converter = cattrs.Converter(detailed_validation=True, forbid_extra_keys=True)
        plain: tuple[tuple[type, Callable[[Any, Any], Any]], ...] = (
            (str, _text),
            (StrEnum, _member),
            (int, _integer),
            (bool, _boolean),
            (Decimal, _number),
        )
        for kind, check in plain:
            self._converter.register_structure_hook(kind, check)
        self._converter.register_structure_hook_func(
            lambda kind: kind is Any, lambda value, _: _anything(value)
        )
        self._converter.register_structure_hook_func(
            lambda kind: hasattr(kind, "from_text"),
            lambda text, kind: kind.from_text(_text(text, str)),
        )
        self._converter.register_structure_hook(Money, self._money)
        self._converter.register_structure_hook_factory(is_sequence, self._list_hook)
        self._converter.register_structure_hook_factory(is_mapping, self._mapping_hook)
        self._converter.register_structure_hook_factory(attrs.has, self._class_hook)
        self._converter.register_structure_hook_factory(_is_choice, self._choice_hook)
        self._converter.register_structure_hook_factory(_is_optional, self._optional_hook)

    def read(self, data: Any, kind: type[T]) -> T:
        """*data* as a *kind*.

        Raises:
            Invalid: names every field that is missing, unknown, or has a wrong value; it is
                truncated where there may be more of them.
        """
        reading = begin_reading()
        try:
            return self._converter.structure(data, kind)
        except cattrs.BaseValidationError as error:
            named = list(islice(_problems(error, ""), MOST_PROBLEMS + 1))
            let_go(error)
        except (ValueError, TypeError, KeyError, Rejected) as error:
            raise Invalid.at("", sentence_of(error)) from error
        raise Invalid(
            named[:MOST_PROBLEMS], truncated=len(named) > MOST_PROBLEMS or reading.is_cut_short
        )

    def _class_hook(self, kind: type[T]) -> Callable[[Any, Any], T]:
        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)  # type: ignore[arg-type]
        overrides: dict[str, Any] = {
            a.name: override(rename=camel(a.name), struct_hook=self._checked(a)) for a in fields
        }
        build = make_dict_structure_fn(kind, self._converter, **overrides)
        names = frozenset(camel(a.name) for a in fields)

        def structure(value: Mapping[str, Any], k: Any) -> T:
            # So many are unknown that the others are not worth reading.
            if len(value) > len(names) + MOST_PROBLEMS:
                unknown = islice((name for name in value if name not in names), MOST_PROBLEMS + 1)
                error = cattrs.ForbiddenExtraKeysError("", kind, set(unknown))
                raise cattrs.ClassValidationError(
                    "",
                    [error],
                    kind,  # pyright: ignore[reportCallIssue] (in __new__)
                )
            return build(value, k)

        return _only(Mapping, "must be an object", structure)

    def _choice_hook(self, kind: Any) -> Callable[[Any, Any], Any]:
        """One of several classes: the one that knows most of the keys that are given. An empty
        object lacks what the first requires that requires anything.
        """
        known = [
            (
                {camel(a.name) for a in attrs.fields(one)},
                any(a.default is attrs.NOTHING for a in attrs.fields(one)),
                one,
                self._converter.get_structure_hook(one),
            )
            for one in get_args(kind)
        ]

        def build(value: Any, _: Any) -> Any:
            for names, requires, meant, read_it in known:
                if value.keys() <= names and (value or requires):
                    return read_it(value, meant)
            _, _, meant, read_it = max(known, key=lambda each: len(each[0] & value.keys()))
            return read_it(value, meant)

        return _only(Mapping, "must be an object", build)

    def _optional_hook(self, kind: Any) -> Callable[[Any, Any], Any]:
        (given,) = (one for one in get_args(kind) if one is not types.NoneType)
        build = self._converter.get_structure_hook(given)
        return lambda value, _: None if value is None else build(value, given)

    def _checked(self, attribute: "attrs.Attribute[Any]") -> Callable[[Any, Any], Any] | None:
        """The attribute's own converter and validator run while its value is read, so that every
        wrong field is named.
        """
        validator = attribute.validator
        convert: Callable[[Any], Any] | None = attribute.converter  # type: ignore[assignment]
        if validator is None and convert is None:
            return None
        build = self._converter.get_structure_hook(attribute.type)

        def structure(value: Any, kind: Any) -> Any:
            built = build(value, kind)
            if convert is not None:
                built = convert(built)
            if validator is not None:
                validator(None, attribute, built)
            return built

        return structure

    def _list_hook(self, kind: Any) -> Callable[[Any, Any], Any]:
        of = get_args(kind)[0]
        build = self._converter.get_structure_hook(of)
        # What a class keeps as a tuple must equal what is read from the database.
        into_tuple = get_origin(kind) is tuple

        def structure(values: list[Any], _: Any) -> Any:
            built = read_each(enumerate(values), lambda _, value: build(value, of), kind)
            return tuple(built) if into_tuple else built

        return _only(list, "must be a list", structure)

    def _mapping_hook(self, kind: Any) -> Callable[[Any, Any], Any]:
        key_kind, value_kind = get_args(kind)
        build_key, build = (self._converter.get_structure_hook(k) for k in (key_kind, value_kind))

        def pair(key: Any, value: Any) -> tuple[Any, Any]:
            return build_key(key, key_kind), build(value, value_kind)

        def structure(values: Any, _: Any) -> Any:
            return dict(read_each(values.items(), pair, kind))

        return _only(Mapping, "must be an object", structure)

    def _money(self, value: Any, _: Any) -> Money:
        currency = self._currency
        if is_object(value):
            if set(value) != {"amount", "currency"} or not isinstance(value["currency"], str):
                raise ValueError("must be {amount, currency} and nothing else")
            value, currency = value["amount"], value["currency"]
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
            raise ValueError("must be an amount of money")
        return Money.parse(value, currency)


def _is_choice(kind: Any) -> bool:
    return get_origin(kind) in (types.UnionType, typing.Union) and all(
        attrs.has(one) for one in get_args(kind)
    )


def _is_optional(kind: Any) -> bool:
    return (
        get_origin(kind) in (types.UnionType, typing.Union)
        and len(get_args(kind)) == 2
        and types.NoneType in get_args(kind)
    )


def _only(accepted: Any, otherwise: str, build: Callable[[Any, Any], T]) -> Callable[[Any, Any], T]:
    def structure(value: Any, kind: Any) -> T:
        if not isinstance(value, accepted):
            raise ValueError(otherwise)
        return build(value, kind)

    return structure


@functools.cache
def reader(currency: str) -> Reader:
    """The (shared) reader of a shop whose currency is *currency*."""
    return Reader(currency)


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    if not storable(value):
        raise ValueError("must not contain U+0000 or a lone surrogate")
    return value


def _member(value: Any, kind: type[StrEnum]) -> StrEnum:
    found = next((member for member in kind if member == value), None)
    if found is None:
        raise ValueError(f"must be one of {', '.join(kind)}")
    return found


def _integer(value: Any, _: Any) -> int:
    if (
        isinstance(value, Decimal)
        and value.is_finite()
        and abs(value.adjusted()) < 30
        and value == value.to_integral_value()
    ):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("must be a whole number")
    if not -(2**63) <= value < 2**63:
        raise ValueError("must fit into 64 bits")
    return value


def _boolean(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _number(value: Any, _: Any) -> Decimal:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, Decimal))
        or not Decimal(value).is_finite()
    ):
        raise ValueError("must be a number")
    return Decimal(value)


def _anything(value: Any, depth: int = 0) -> Any:
    """Free JSON (a seller's own attributes), kept verbatim but storable, of bounded depth and
    numbers.
    """
    if depth > 8:
        raise ValueError("is nested too deeply")
    if isinstance(value, str):
        return _text(value, str)
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > 18:
            raise ValueError("must be a number within 64 bits")
        return float(value)
    if isinstance(value, int):
        return value if isinstance(value, bool) else _integer(value, int)
    if is_list(value):
        return [_anything(item, depth + 1) for item in counted(value)]
    if is_object(value):
        return {_text(key, str): _anything(item, depth + 1) for key, item in counted(value.items())}
    return value


def _problems(error: BaseException, pointer: str) -> Iterator[FieldProblem]:
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        for key in nsmallest(MOST_PROBLEMS + 1, error.extra_fields):
            yield FieldProblem(below(pointer, key), "is not known here")
    elif isinstance(error, (cattrs.ClassValidationError, cattrs.IterableValidationError)):
        annotated, bare = error.group_exceptions()
        for inner, note in annotated:
            is_class = isinstance(error, cattrs.ClassValidationError)
            step = camel(note.name) if is_class else str(note.index)  # type: ignore[union-attr]
            yield from _problems(inner, below(pointer, step))
        for inner in bare:
            yield from _problems(inner, pointer)
    elif isinstance(error, Invalid):  # a validator that knows which part is wrong
        yield from (FieldProblem(f"{pointer}{p.pointer}", p.detail) for p in error.problems)
    else:
        yield FieldProblem(pointer, sentence_of(error))
