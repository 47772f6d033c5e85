"""Ids under control."""

import itertools

from commerce_core.kernel.ids import IdFactory


class CountingIds(IdFactory):
    """Ids that look like UUIDv7 and count up from one: the same in every run."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> str:
        return f"019b7000-0000-7000-8000-{next(self._numbers):012x}"
