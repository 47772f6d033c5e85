"""Cursors are opaque, and anything that is none of ours is refused."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.kernel.paging import BadCursor, decode_cursor, encode_cursor


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    st.integers(-(2**63), 2**63 - 1),
)
def test_a_position_is_read_back(text: str, number: int) -> None:
    cursor = encode_cursor("list", text, number)
    assert decode_cursor("list", cursor, str, int) == [text, number]
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#")


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("list", text, str)


def forged(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    [
        forged("other", "x"),
        forged("list"),
        forged("list", "x", "y"),
        forged("list", 5),
        forged("list", True),
        forged("list", None),
        forged("list", ["x"]),
        forged("list", "a\x00"),
        forged("list", "\ud800"),
        base64.urlsafe_b64encode(b'{"a": 1}').decode(),
        base64.urlsafe_b64encode(b"7").decode(),
        base64.urlsafe_b64encode(b"[" * 50_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("list", cursor, str)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(2**63, int), (float("nan"), float), (float("inf"), float), (1, float), (1.0, int)],
)
def test_a_number_that_no_database_takes_is_refused(value: Any, kind: type) -> None:
    with pytest.raises(BadCursor):
        decode_cursor("list", forged("list", value), kind)


def test_a_moment_is_read_back_with_its_offset() -> None:
    at = datetime(2026, 11, 27, 12, 30, 15, 123_456, tzinfo=UTC)
    assert decode_cursor("list", encode_cursor("list", at, "x"), datetime, str) == [at, "x"]


@pytest.mark.parametrize("value", ["", "yesterday", "2026-11-27T12:30:15", "2026-13-01", 5, None])
def test_what_is_no_moment_or_has_no_offset_is_refused(value: Any) -> None:
    raw = base64.urlsafe_b64encode(json.dumps(["list", value]).encode()).rstrip(b"=").decode()
    with pytest.raises(BadCursor):
        decode_cursor("list", raw, datetime)
