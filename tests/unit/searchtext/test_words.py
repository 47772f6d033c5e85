"""What can be said of words, whichever engine keeps them."""

import pytest

from commerce_searchtext.words import Word, joined, single, spellings


def words(text: str) -> list[Word]:
    """Split at hyphens and spaces: how is the engines' affair."""
    found, start = [], 0
    for part in text.replace("-", " ").split(" "):
        found.append(Word(part, start, start + len(part)))
        start += len(part) + 1
    return found


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("tn-2110", ["tn2110"]),
        ("tn 2110", ["tn2110"]),
        ("wi-fi", ["wifi"]),
        ("smart watch", []),
        ("a-b-c", ["ab", "bc", "abc"]),
    ],
)
def test_words_that_stand_close_are_written_as_one(text: str, spelled: list[str]) -> None:
    assert [j.text for j in joined(text, words(text))] == spelled


def test_what_is_typed_may_be_in_one_word_with_its_neighbour() -> None:
    assert spellings("smart watch 3g", words("smart watch 3g")) == {
        (0, 2): "smartwatch",
        (1, 3): "watch3g",
    }


@pytest.mark.parametrize(
    ("word", "one"), [("tvs", "tv"), ("dvds", "dvd"), ("desks", None), ("bus", None), ("tv", None)]
)
def test_an_abbreviation_has_a_singular(word: str, one: str | None) -> None:
    assert single(word) == one
