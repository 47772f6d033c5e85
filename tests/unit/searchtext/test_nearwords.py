"""Which words lie near one another."""

from commerce_searchtext.nearwords import edit_distance, likely, only_odd, with_other_letter


def test_swapped_letters_are_one_error() -> None:
    assert edit_distance("lmap", "lamp", 2) == 1
    assert edit_distance("lamp", "desk", 2) == 3


def test_what_is_far_less_common_than_the_best_is_not_meant() -> None:
    assert likely(
        [(1, 40.0, "cabal"), (1, 400.0, "cable"), (1, 39.0, "camel"), (2, 9_000.0, "table")]
    ) == ["cable", "cabal"]
    assert likely([]) == []


def test_words_with_another_first_letter_count_for_less_and_only_beside_oddities() -> None:
    assert only_odd([])
    assert only_odd([(1, 2.0, "mouce")])
    assert not only_odd([(1, 2.0, "mouce"), (1, 3.0, "moose")])
    assert with_other_letter([(1, 800.0, "house")]) == [(1, 160.0, "house")]
