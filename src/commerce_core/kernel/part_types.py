"""Whether what is handed in can be the part that it is given for; said in words if it cannot."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from inspect import getattr_static
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints


def check_fields(owner: type, values: Mapping[str, object]) -> None:
    """Accept *values*, all or some, that can be the fields of *owner* of these names.

    Raises:
        TypeError: one cannot; the sentence names it and says what it must be.
    """
    kinds, called = _kinds_of(owner), owner.__name__
    for name, value in values.items():
        if name not in kinds:
            raise TypeError(f"{called} has no {name}; it has {', '.join(sorted(kinds))}")
        check_type(f"{called}.{name}", kinds[name], value)


@cache
def _kinds_of(owner: type) -> Mapping[str, Any]:
    return get_type_hints(owner)


def check_type(name: str, kind: Any, value: object) -> None:
    """Accept a *value* that fits the annotation *kind*: of a port it has every method, whether it
    derives from it or not.

    Raises:
        TypeError: it does not fit; the sentence names the part and what it must be.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if value is not None or NoneType not in arguments:
            check_type(name, next(k for k in arguments if k is not NoneType), value)
    elif origin is Mapping:
        parts = _by_name(value)
        if not parts:
            wanted = f"a mapping of at least one name to {_name(arguments[1])}"
            raise TypeError(f"{name} must be {wanted}, not {_shown(value)}")
        for key, part in parts.items():
            check_type(f"{name}[{key!r:.80}]", arguments[1], part)
    elif origin is Sequence:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{name} must be a list of {_name(arguments[0])}, not {_shown(value)}")
        for no, part in enumerate(cast("Sequence[object]", value)):
            check_type(f"{name}[{no}]", arguments[0], part)
    elif origin is Callable:
        if not callable(value):
            raise TypeError(f"{name} must be a function, not {_shown(value)}")
    else:
        _check_instance(name, kind, value)


def _by_name(value: object) -> Mapping[object, object]:
    return cast("Mapping[object, object]", value) if isinstance(value, Mapping) else {}


def _check_instance(name: str, kind: type, value: object) -> None:
    without = ""
    if not isinstance(value, type):
        missing = _missing(kind, value)
        if not missing:
            return
        without = f", which has no {', '.join(missing)}" if missing[0] else ""
    raise TypeError(f"{name} must be an instance of {_name(kind)}, not {_shown(value)}{without}")


def _missing(kind: type, value: object) -> Sequence[str]:
    """What *value* lacks of a port's methods; of another class the class itself, without a name."""
    if getattr(kind, "_is_protocol", False):
        promised: frozenset[str] = getattr(kind, "__abstractmethods__", frozenset())
        return sorted(method for method in promised if not _has(value, method))
    return () if isinstance(value, kind) else ("",)


def _has(value: object, name: str) -> bool:
    """Whether *value* has *name*. A property is not read: it may ask a server."""
    try:
        getattr_static(value, name)
    except AttributeError:
        return hasattr(type(value), "__getattr__") and hasattr(value, name)
    return True


def _name(kind: Any) -> str:
    return str(getattr(kind, "__name__", kind))


def _shown(value: object) -> str:
    """What it is, and never its words: a part may hold a secret."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return type(value).__name__ if value != {} else "an empty one"
