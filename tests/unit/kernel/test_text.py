"""Text at the door: what looks the same to a person is the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.kernel.text import clean, clean_text


@pytest.mark.parametrize("text", ["K1", " K1", "K1 ", "K1\u00a0", "\u200bK1", "\ufeffK1\u2060", "\t K1\r\n", "\u3000K1", "K1\u202f\u200b "])
def test_blanks_around_a_text_are_taken_away_whatever_their_kind(text: str) -> None:
    assert clean_text(text) == "K1"


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert clean_text("Cafe\u0301") == clean_text("Caf\u00e9") == "Caf\u00e9"


def test_blanks_inside_a_text_stay() -> None:
    assert clean_text("a\u00a0 b") == "a\u00a0 b"


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        (" a ", "a"),
        ((" a", "b "), ("a", "b")),
        ({" a ": " x ", "n": 5, "l": [" y "]}, {"a": "x", "n": 5, "l": [" y "]}),
        (None, None),
        (5, 5),
    ],
)
def test_texts_are_cleaned_where_they_stand(value: Any, cleaned: Any) -> None:
    assert clean(value) == cleaned


def test_two_names_that_become_one_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in blanks"):
        clean({"a": 1, "a ": 2})
