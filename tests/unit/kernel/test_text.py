"""Text at the door: what looks the same to a person is the same."""

import time
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.kernel.text import clean, clean_text, normalized


@pytest.mark.parametrize(
    "text",
    [
        "K1",
        " K1",
        "K1 ",
        "K1\u00a0",
        "\u200bK1",
        "\ufeffK1\u2060",
        "\t K1\r\n",
        "\u3000K1",
        "K1\u202f\u200b ",
        "K1\u200e",
        "\u200fK1",
        "\u202aK1\u202c",
        "\u2068K1\u2069",
        "K1\u061c",
        "K1\u00ad",
        "\u2800K1\u3164",
        "K1\u180e \u200e",
    ],
)
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


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    "marks", ["\u0301\u0323", "\u0344\u0323", "\u0f73\u0f71", "\u0f73", "\U0001d16d\u0316"]
)
def test_a_letter_with_any_number_of_marks_is_read_in_time_that_grows_with_their_number_alone(
    form: Any, marks: str
) -> None:
    begun = time.process_time()
    once = normalized(form, "a" + marks * 50_000)
    assert time.process_time() - begun < 1.0, "sorted together they take several seconds"
    assert normalized(form, once) == once


@given(
    st.lists(
        st.sampled_from(
            ["a", "é", "e\u0301\u0323", "o\u0344", "\u0f40\u0f73", "\u1100\u1161", "\u00a0", "ﬁ"]
        ),
        min_size=501,
        max_size=600,
    )
)
def test_a_long_text_is_normalized_as_a_short_one_is(letters: list[str]) -> None:
    text = "".join(letters)
    assert normalized("NFC", text) == normalize("NFC", text)


@pytest.mark.parametrize("blanks", ["\u00a0\u200b", "\u200b \ufeff", "\u3000\u2060\t"])
def test_blanks_of_changing_kinds_around_a_text_take_no_longer_than_those_of_one_kind(
    blanks: str,
) -> None:
    around = blanks * 100_000
    begun = time.process_time()
    assert clean_text(f"{around}é{around}") == "é"
    assert time.process_time() - begun < 0.5, "one kind after the other they take seconds"
