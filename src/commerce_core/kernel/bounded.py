"""Bounds on reading untrusted input: the number of wrong fields and of values."""

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import attrs
import cattrs
from cattrs.errors import IterableValidationNote

T = TypeVar("T")

#: Wrong fields that are named; reading stops at the last of them.
MOST_PROBLEMS: Final = 100
#: Values that one body may hold, of lists and objects all that is in them; reading stops at the
#: last of them.
MOST_NODES: Final = 10_000


class TooMuch(ValueError):
    """There are more values than are read."""

    def __init__(self) -> None:
        super().__init__(
            f"and what follows is not read: more than {MOST_NODES:,} values are not taken"
        )


@attrs.define
class Reading:
    """How far one body is read."""

    left: int = MOST_NODES
    is_cut_short: bool = False

    def count(self) -> None:
        """One more value.

        Raises:
            TooMuch: it is one too many.
        """
        self.left -= 1
        if self.left < 0:
            self.is_cut_short = True
            raise TooMuch


_under_way: Final[ContextVar[Reading]] = ContextVar("reading")


def begin_reading() -> Reading:
    """Begin a body: from now on this thread or task counts what it reads of it."""
    reading = Reading()
    _under_way.set(reading)
    return reading


def counted(values: Iterable[T]) -> Iterator[T]:
    """*values*, each counted before it is read.

    Raises:
        TooMuch: there is one too many.
    """
    reading = _under_way.get()
    for value in values:
        reading.count()
        yield value


def read_each(
    pairs: Iterable[tuple[Any, Any]], build: Callable[[Any, Any], T], kind: Any
) -> list[T]:
    """What *build* makes of each step and value. Every wrong one is named, up to the bound."""
    built: list[T] = []
    errors: list[Exception] = []
    reading = _under_way.get()
    for step, value in pairs:
        if len(errors) == MOST_PROBLEMS:
            reading.is_cut_short = True
            break
        try:
            reading.count()
            built.append(build(step, value))
        except Exception as error:  # noqa: BLE001 (reported with its place)
            error.add_note(IterableValidationNote(f"at {step!r:.50}", step, None))
            errors.append(error)
            if isinstance(error, TooMuch):
                break
    if errors:
        raise cattrs.IterableValidationError(
            f"while reading {kind!r}",
            errors,
            kind,  # pyright: ignore[reportCallIssue] (in __new__)
        )
    return built


def let_go(error: BaseException) -> None:
    """Forget where *error* and those in it were raised: these places hold all that was read, and
    are held by them in turn.
    """
    error.__traceback__ = error.__context__ = None
    for inner in error.exceptions if isinstance(error, cattrs.BaseValidationError) else ():
        let_go(inner)
