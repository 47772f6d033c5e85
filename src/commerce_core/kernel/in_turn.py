"""Several things to do of which one that fails keeps no other from its turn."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def each_in_turn(things: Iterable[T], act: Callable[[T], R]) -> list[R]:
    """What *act* comes to for each; the first failure is raised when all had their turn."""
    done: list[R] = []
    failed: Exception | None = None
    for thing in things:
        try:
            done.append(act(thing))
        except Exception as error:  # noqa: BLE001 (one must not block the others)
            failed = failed or error
    if failed is not None:
        raise failed
    return done
