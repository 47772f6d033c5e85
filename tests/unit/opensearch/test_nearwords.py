"""Which of the dictionary's words somebody may have meant."""

from typing import Any

import pytest

from commerce_opensearch.nearwords import nearest, suggesters


def response(**options: dict[str, int]) -> dict[str, Any]:
    """An answer of the engine's dictionary: for words with the same first letter (``same``) and
    with any (``other``).
    """
    names = {"same": "0.1", "other": "0.0"}
    return {
        names[name]: [
            {
                "options": [
                    {"text": text, "freq": freq, "score": 0.5} for text, freq in found.items()
                ]
            }
        ]
        for name, found in options.items()
    }


def test_the_nearest_word_counts_and_of_equally_near_ones_the_most_common() -> None:
    assert nearest("0", "laptpo", response(same={"laptop": 900, "laptops": 5_000})) == ("laptop",)
    assert nearest("0", "cabel", response(same={"cable": 500, "cabal": 400, "camel": 20})) == (
        "cable",
        "cabal",
    )


def test_another_first_letter_counts_only_where_the_same_one_leaves_oddities() -> None:
    answer = response(same={"mouce": 1}, other={"house": 800})
    assert nearest("0", "mouse", answer) == ("house",)
    assert nearest("0", "mouse", response(same={"moose": 90}, other={"house": 800})) == ("moose",)


def test_neither_the_word_itself_nor_one_with_digits_is_near() -> None:
    assert nearest("0", "lamps", response(same={"lamps": 9, "lamp5": 9})) == ()


@pytest.mark.parametrize(
    ("word", "edits"), [("abc", None), ("tn2110", None), ("desk", 1), ("keyboard", 2)]
)
def test_short_words_and_numbers_have_nothing_near_them(word: str, edits: int | None) -> None:
    suggested = suggesters("0", word)
    assert {s["term"]["max_edits"] for s in suggested.values()} == ({edits} if edits else set())
