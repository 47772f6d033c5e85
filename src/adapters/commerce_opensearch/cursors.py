"""Cursors: a state of the index, and the last hit that was shown."""

import math
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from commerce_core.kernel.paging import BadCursor, decode_cursor, encode_cursor
from commerce_core.search import Sort

_KIND: Final = "search"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = 1 << 52


@attrs.frozen(kw_only=True)
class Cursor:
    """Where a list goes on: behind the hit with the sort values *after*, in the state *pit*, which
    was pinned at *since*.
    """

    pit: str
    since: datetime
    digest: str
    synonyms: str
    after: tuple[float | int | str, ...]

    def encode(self) -> str:
        """The cursor as it is given out."""
        micros = (self.since - _EPOCH) // timedelta(microseconds=1)
        return encode_cursor(_KIND, self.digest, self.synonyms, micros, self.pit, *self.after)

    @classmethod
    def decode(cls, text: str, sort: Sort) -> "Cursor":
        """Read what :meth:`encode` gave for the order *sort*.

        Raises:
            BadCursor: it is something else.
        """
        between = () if sort is Sort.RELEVANCE else (int,)
        digest, synonyms, micros, pit, *after = decode_cursor(
            _KIND, text, str, str, int, str, float, *between, str
        )
        if not 0 <= micros < _LATEST or not math.isfinite(after[0]):
            raise BadCursor("not a cursor of this list")
        return cls(
            pit=pit,
            since=_EPOCH + timedelta(microseconds=micros),
            digest=digest,
            synonyms=synonyms,
            after=tuple(after),
        )
