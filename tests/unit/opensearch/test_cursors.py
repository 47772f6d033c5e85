"""Cursors say where a list goes on, and forged ones are refused."""

from datetime import UTC, datetime

import pytest

from commerce_core.kernel.paging import BadCursor, encode_cursor
from commerce_core.search import Sort
from commerce_opensearch.cursors import Cursor

CURSOR = Cursor(
    pit="abc",
    since=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    digest="d",
    synonyms="s",
    after=(1.5, "item"),
)


def test_a_cursor_comes_back_as_it_was() -> None:
    assert Cursor.decode(CURSOR.encode(), Sort.RELEVANCE) == CURSOR


@pytest.mark.parametrize(
    "forged",
    [
        CURSOR.encode()[:-3],
        encode_cursor("search", "d", "s", -1, "abc", 1.5, "item"),
        encode_cursor("search", "d", "s", 1 << 60, "abc", 1.5, "item"),
        encode_cursor("search", "d", "s", 1, "abc", float("nan"), "item"),
        encode_cursor("search", "d", "s", 1, "abc", "1.5", "item"),
        encode_cursor("search", "d", "s", 1, "abc", 1.5, 7, "item"),
    ],
)
def test_a_forged_cursor_is_refused(forged: str) -> None:
    with pytest.raises(BadCursor):
        Cursor.decode(forged, Sort.RELEVANCE)


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(BadCursor):
        Cursor.decode(CURSOR.encode(), Sort.NEWEST)
